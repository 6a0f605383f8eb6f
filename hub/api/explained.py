"""Explanations as a client may be told them: without the values, records and evidence that are kept back from it."""

from __future__ import annotations

from typing import Any

from hub.api.released import Listener, notes
from hub.visibility import View
from matching.evidence import told as evidence
from matching.retelling import retell


def golden(said: dict[str, Any], profile: dict[str, Any], who: Listener) -> dict[str, Any]:
    """How a golden record was put together (``said``), with the origins of those values, and the links of those
    records, that may be told; ``profile`` is its stored profile."""
    view = who.view or View()
    whole = {**profile, "provenance": said["provenance"]}
    released = who.gate.told(whole, who.region, provenance=said["provenance"]) if who.gate else whole
    known = {f"{linked['source_system']}:{linked['source_id']}" for linked in released.get("crosswalk", ())}
    told = view.told(released)

    def among(pairs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**one, "a": view.record(one["a"]), "b": view.record(one["b"])}
            for one in pairs
            if {one["a"], one["b"]} <= known
        ]

    return {
        **said,
        "records": [view.record(record) for record in said["records"] if record in known],
        "links": [{**one, "explanation": evidence(one["explanation"], view)} for one in among(said["links"])],
        "judgements": among(said["judgements"]),
        "provenance": told["provenance"],
        "because": retell(told["provenance"]),
        **notes(told),
    }


def candidate(said: dict[str, Any], view: View) -> dict[str, Any]:
    """A candidate (SHAPES: Resolve) with the evidence that the client may see."""
    told = {**said, "explanation": evidence(said["explanation"], view)}
    return {**told, "group": evidence(said["group"], view)} if "group" in said else told
