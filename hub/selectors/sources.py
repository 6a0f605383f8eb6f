"""Source records, what was said of two of them, and the crosswalk from them to golden records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from hub.errors import NotFound, Stale
from hub.keyring import address, opened, unsealed
from hub.models import Judgement, Review
from hub.sealing import CANONICAL, GOLDEN, REASON
from hub.sql import rows
from matching.canonical import from_nested, to_nested
from matching.jsontext import loads
from matching.records import CanonicalRecord


def records(record_ids: Collection[int]) -> dict[int, CanonicalRecord]:
    """These source records in canonical form, deleted ones too; one that was erased is left out."""
    found = rows(
        "SELECT r.id, s.code, r.address, r.canonical FROM hub_sourcerecord r "
        "JOIN hub_sourcesystem s ON s.id = r.system_id WHERE r.id = ANY(%b::bigint[])",
        list(record_ids),
    )
    said = opened([(address, canonical) for *_, address, canonical in found], CANONICAL)
    return {
        record: from_nested(loads(canonical), source_system=code)
        for (record, code, *_), canonical in zip(found, said, strict=True)
        if canonical
    }


def pair_of(review: Review) -> tuple[tuple[str, str], tuple[str, str]]:
    """The addresses (system, source id) of the two records that raised a review; raises ``Stale``."""
    said = records([review.record_a_id, review.record_b_id])
    if len(said) < 2:
        raise Stale("One of the records was erased: take the next task.")
    a, b = said[review.record_a_id], said[review.record_b_id]
    return (a.source_system, a.source_id), (b.source_system, b.source_id)


def reason_of(judgement: Judgement) -> str:
    """Why it was judged so, as somebody typed it; empty where that cannot be read any more."""
    if not judgement.reason:
        return ""
    (said,) = unsealed([([judgement.a_id, judgement.b_id], bytes(judgement.reason))], REASON)
    return said.decode() if said else ""


def nested(record: CanonicalRecord) -> dict[str, Any]:
    """A record as nested canonical JSON."""
    return to_nested(record)


def names_of(record_ids: Collection[int]) -> dict[int, str]:
    """``system:source_id`` of each of these source records."""
    return {record: said.address for record, said in records(record_ids).items()}


def crosswalk(system: str, source_id: str) -> dict[str, Any]:
    """The golden id of a live record and the other addresses of the same customer; raises ``NotFound``."""
    found = crosswalk_many([(system, source_id)])
    if not found[0]:
        raise NotFound("No live source record has this address.")
    return found[0]


def crosswalk_many(addresses: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
    """As ``crosswalk`` for many, in their order; None where there is none."""
    found = rows(
        """
        SELECT n.place, g.public_id, g.holders, g.body
        FROM unnest(%b::bytea[]) WITH ORDINALITY AS n(address, place)
        JOIN hub_sourcerecord r ON r.address = n.address
        JOIN hub_crosswalk c ON c.record_id = r.id
        JOIN hub_goldenrecord g ON g.id = c.golden_id
        """,
        [address(system, source_id) for system, source_id in addresses],
    )
    bodies = unsealed([(members, body) for *_, members, body in found], GOLDEN)
    answers: list[dict[str, Any] | None] = [None] * len(addresses)
    for (place, golden_id, *_), body in zip(found, bodies, strict=True):
        system, source_id = addresses[place - 1]
        own = {"source_system": system, "source_id": source_id}
        others = [other for other in loads(body)["crosswalk"] if other != own] if body else []
        answers[place - 1] = {"golden_id": golden_id, **own, "others": others}
    return answers
