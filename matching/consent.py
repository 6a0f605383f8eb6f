"""Consent: the state that a cluster's statements give, pure.

Same contact point, purpose, channel and brand: the latest statement wins and a withdrawal wins ties.
Across contact points of one customer the most restrictive state counts. Absence says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

# The later in this order, the more restrictive; of two statements of one instant it wins.
_RESTRICTIVE = ("granted", "unknown", "pending", "withdrawn")


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """One statement of the ledger. ``id`` is its public id, ``cs_…``."""

    id: str
    purpose: str
    channel: str
    contact_point: str
    brand: str
    state: str
    captured_at: datetime

    @property
    def place(self) -> tuple[str, str, str, str]:
        return self.purpose, self.channel, self.contact_point, self.brand


def effective(statements: Iterable[Statement]) -> list[Statement]:
    """The statement that decides for each purpose, channel, contact point and brand, in that order."""
    deciding: dict[tuple[str, str, str, str], Statement] = {}
    for statement in statements:
        held = deciding.get(statement.place)
        if held is None or _rank(statement) > _rank(held):
            deciding[statement.place] = statement
    return [deciding[place] for place in sorted(deciding)]


def strictest(statements: Iterable[Statement], *, purpose: str, channel: str) -> Statement | None:
    """What counts for this purpose and channel over all contact points; None where nothing was ever said."""
    asked = [s for s in effective(statements) if (s.purpose, s.channel) == (purpose, channel)]
    return max(asked, key=lambda s: (_RESTRICTIVE.index(s.state), s.captured_at, s.id), default=None)


def _rank(statement: Statement) -> tuple[datetime, int, str]:
    return statement.captured_at, _RESTRICTIVE.index(statement.state), statement.id
