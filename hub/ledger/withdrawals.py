"""Withdrawals that no live record carries: they hold for the contact point that they named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.ledger.statements import NOWHERE, Held, Row
from hub.sql import rows
from matching.consent import Statement, bears_on


@dataclass(frozen=True, slots=True, repr=False)
class Forsaken:
    """A withdrawal whose record was deleted at its source or erased: it holds for the contact point that it named."""

    token: bytes
    public_id: str
    purpose: str
    channel: str
    brand: str
    captured_at: datetime
    effective_from: datetime | None
    effective_to: datetime | None

    @classmethod
    def of(cls, row: Row) -> Forsaken:
        s = row.statement
        return cls(row.token, s.id, s.purpose, s.channel, s.brand, s.captured_at, s.effective_from, s.effective_to)

    def at(self, contact_point: str, jurisdiction: str = "") -> Statement:
        """The statement, at the contact point in the spelling of whoever has it now."""
        return Statement(
            self.public_id, self.purpose, self.channel, contact_point, self.brand, "withdrawn", self.captured_at,
            self.effective_from, self.effective_to, jurisdiction,
        )  # fmt: skip


_SAID = """s.point, s.public_id, s.purpose, s.channel, s.brand, s.captured_at, s.effective_from, s.effective_to
    FROM hub_consentstatement s"""
_OF_DELETED = f"SELECT {_SAID} JOIN hub_sourcerecord r ON r.id = s.record_id AND r.deleted"
_OF_ERASED = (
    "SELECT point, statement, purpose, channel, brand, captured_at, effective_from, effective_to FROM hub_suppression"
)
# What was forsaken at an instant: recorded by then, of a record that had left its golden record by then, or that never
# came to one because it was deleted when it was first seen.
_FORSAKEN_THEN = f"""
    SELECT {_SAID} JOIN hub_sourcerecord r ON r.id = s.record_id
    WHERE s.point = ANY(%b::bytea[]) AND s.point <> '' AND s.state = 'withdrawn' AND s.recorded_at <= %s
          AND NOT EXISTS (SELECT 1 FROM hub_crosswalk c WHERE c.record_id = r.id AND c.golden_id IS NOT NULL
                                                             AND c.linked_at <= %s)
          AND NOT EXISTS (SELECT 1 FROM hub_pastlink l WHERE l.record_id = r.id AND l.since <= %s AND l.until > %s)
          AND (EXISTS (SELECT 1 FROM hub_pastlink l WHERE l.record_id = r.id AND l.until <= %s)
               OR (r.deleted AND NOT EXISTS (SELECT 1 FROM hub_pastlink l WHERE l.record_id = r.id)))
    UNION ALL
    {_OF_ERASED} WHERE point = ANY(%b::bytea[]) AND captured_at <= %s
    ORDER BY 6, 2
"""


def forsaken(tokens: Collection[bytes], *, at: datetime | None = None) -> dict[bytes, list[Forsaken]]:
    """The withdrawals at these contact points that no live record carries, or carried ``at`` an instant. Since when
    one of an erased customer is forsaken is not known: it counts from when it was said."""
    out: dict[bytes, list[Forsaken]] = defaultdict(list)
    wanted = sorted(set(tokens) - {NOWHERE})
    if wanted and at is not None:
        for row in rows(_FORSAKEN_THEN, wanted, at, at, at, at, at, wanted, at):
            out[bytes(row[0])].append(Forsaken(*row))
    elif wanted:
        for row in rows(
            f"""
            {_OF_DELETED}
            WHERE s.point = ANY(%b::bytea[]) AND s.point <> '' AND s.state = 'withdrawn'
            UNION ALL
            {_OF_ERASED} WHERE point = ANY(%b::bytea[])
            ORDER BY 6, 2
            """,
            wanted,
            wanted,
        ):
            out[bytes(row[0])].append(Forsaken(*row))
    return out


def suppressions() -> dict[bytes, list[Forsaken]]:
    """The withdrawals of customers who were erased, by contact point."""
    out: dict[bytes, list[Forsaken]] = {}
    for row in rows(f"{_OF_ERASED} ORDER BY captured_at, statement"):
        out.setdefault(bytes(row[0]), []).append(Forsaken(*row))
    return out


def all_forsaken() -> list[Forsaken]:
    """The withdrawals that no live record carries, in a fixed order."""
    return [
        Forsaken(bytes(token), *rest)
        for token, *rest in rows(
            f"""
            {_OF_DELETED}
            WHERE s.point <> '' AND s.state = 'withdrawn'
            UNION ALL
            {_OF_ERASED} ORDER BY 6 DESC, 2
            """
        )
    ]


def with_forsaken(found: Sequence[Held], at: Mapping[bytes, Sequence[Forsaken]]) -> list[Statement]:
    """What was said of one customer, with what still holds at the contact points at which something was granted."""
    said = [one.statement for one in found]
    if not at:
        return said
    places = {one.token: one.statement for one in found if one.grants}
    for token, place in places.items():
        for one in at.get(token, ()):
            withdrawn = one.at(place.contact_point, place.jurisdiction)
            if bears_on(withdrawn, said):
                said.append(withdrawn)
    return said
