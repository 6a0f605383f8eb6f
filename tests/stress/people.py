"""Named people for the cases by name, and what the hub holds of them."""

from __future__ import annotations

import time
from typing import Any

from hub import pipeline
from hub.models import Judgement
from hub.selectors import crosswalk_rows
from hub.sql import rows
from hub.stages.seal import seal
from tests.integration.pipeline import world

Address = tuple[str, str]


def alice(source_id: str, **more: Any) -> dict[str, Any]:
    return _person(source_id, "Alice", "Meyer", "1971-01-11", **more)


def bob(source_id: str, **more: Any) -> dict[str, Any]:
    return _person(source_id, "Bob", "Schmidt", "1982-02-12", **more)


def charlie(source_id: str, **more: Any) -> dict[str, Any]:
    return _person(source_id, "Charlie", "Okonkwo", "1993-03-13", **more)


def _person(source_id: str, given: str, family: str, born: str, *, at: int = 0, **more: Any) -> dict[str, Any]:
    """``at`` is the second of the source's time."""
    return {
        "source_id": source_id,
        "name": {"given": given, "family": family},
        "birth_date": born,
        "emails": [{"value": f"{given}.{family}@mail.example.com".lower()}],
        "occurred_at": f"2026-01-01T00:00:{at:02d}Z",
        **more,
    }


def tell(*records: dict[str, Any], system: str = "crm") -> None:
    """Into the inbox, and no further."""
    world.send([(system, record) for record in records])


def take(*records: dict[str, Any], system: str = "crm") -> None:
    """Into the inbox, and resolved, one after the other: of their golden ids the first is the oldest, for in one batch
    they are given in the order of keyed hashes, which no two hubs share."""
    for record in records:
        tell(record, system=system)
        settle()


def settle() -> None:
    """Resolve what waits, that of others who gave it back included."""
    while rows("SELECT 1 FROM hub_inboxmessage WHERE status = 0 LIMIT 1"):
        rows("UPDATE hub_inboxmessage SET next_attempt_at = now() WHERE status = 0 AND next_attempt_at > now()")
        if not pipeline.drain():
            time.sleep(0.01)  # another worker has it
    while seal():
        pass


def judge(a: Address, b: Address, verdict: str) -> Judgement:
    return pipeline.judge(a=a, b=b, judgement=verdict)


def take_back(judgement: Judgement) -> None:
    pipeline.retract(judgement, by="system")


def clusters(system: str = "crm") -> set[frozenset[str]]:
    """The clusters by source id; of another system than ``system`` by system and source id."""
    prefix = f"{system}:"
    return {frozenset(name.removeprefix(prefix) for name in group) for group in world.partition()}


def golden_ids() -> dict[str, str]:
    """Address → golden id of every live record."""
    return {f"{system}:{source_id}": golden for system, source_id, golden in crosswalk_rows()}


def groups(*members: str) -> set[frozenset[str]]:
    """``groups("12", "3")``: records 1 and 2 together, 3 alone."""
    return {frozenset(group) for group in members}
