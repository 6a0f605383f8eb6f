"""What damages are made with, and where they are noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.models import GoldenRecord
from hub.sql import rows

Damage = Callable[[], str]
# Damage, the invariant that it breaks, and a part of what is said of it.
DAMAGES: list[tuple[Damage, int, str]] = []


def breaks(invariant: int, says: str) -> Callable[[Damage], Damage]:
    """The damage must be named under ``invariant``, with ``says`` in the text and its answer as the subject."""

    def add(damage: Damage) -> Damage:
        DAMAGES.append((damage, invariant, says))
        return damage

    return add


def one(sql: str, *params: Any) -> Any:
    return rows(sql, *params)[0][0]


def record(sql: str) -> str:
    """The address of a breach at the record whose id ``sql`` returns."""
    return f"record {one(sql)}"


def live(number: int = 0) -> GoldenRecord:
    return GoldenRecord.objects.filter(state=0).order_by("id")[number]


def retired() -> GoldenRecord:
    found = GoldenRecord.objects.filter(state=1, last_members__len__gt=0).order_by("id")
    return next(g for g in found if rows("SELECT 1 FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) "
                                         "AND golden_id IS NOT NULL", g.last_members))  # fmt: skip
