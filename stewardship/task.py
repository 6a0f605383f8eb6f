"""One review as the page draws it: both sides, field rows, reasons, and what a merge would give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import inquiry, selectors
from hub.errors import HubError
from hub.models import Crosswalk, GoldenRecord, Review
from stewardship import evidence, fields, outcome
from stewardship.difference import mask

Address = tuple[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    id: int
    system: str
    source_id: str
    updated_at: datetime
    raised_it: bool
    said: dict[str, Any]

    @property
    def address(self) -> str:
        return f"{self.system}:{self.source_id}"


@dataclass(frozen=True, slots=True, repr=False)
class Side:
    letter: str
    golden_id: str
    version: int
    live: bool
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Consent:
    purpose: str
    channel: str
    state: str
    contact_point: str


@dataclass(frozen=True, slots=True, repr=False)
class Task:
    review: Review
    left: Side
    right: Side
    rows: list[fields.Row]
    reasons: evidence.Reasons | None
    outcome: list[outcome.Outcome]
    consents: list[Consent]
    revealed: frozenset[str]

    @property
    def versions(self) -> str:
        """What the decision is made on, as JSON: golden id → version."""
        return json.dumps({side.golden_id: side.version for side in (self.left, self.right)})

    @property
    def keys(self) -> list[str]:
        return sorted({row.key for row in self.rows} | {row.key for row in self.outcome})

    @property
    def record_ids(self) -> list[int]:
        return sorted(record.id for side in (self.left, self.right) for record in side.records)


def read(review: Review, *, revealed: frozenset[str] = frozenset()) -> Task:
    """Everything about ``review`` as it stands now."""
    pair = {review.record_a_id, review.record_b_id}
    members = _members([review.golden_a_id, review.golden_b_id], pair)
    left = _side("A", review.golden_a, members.get(review.golden_a_id, []))
    right = _side("B", review.golden_b, members.get(review.golden_b_id, []))
    profile, provenance, consents = _merged(left, right)
    return Task(
        review=review,
        left=left,
        right=right,
        rows=fields.compare(_said(left), _said(right), revealed=revealed),
        reasons=_reasons(review),
        outcome=outcome.rows(profile, provenance, revealed=revealed),
        consents=[_consent(c, shown="emails" in revealed and "phones" in revealed) for c in consents],
        revealed=revealed,
    )


def waterfall(review: Review) -> evidence.Waterfall | None:
    """The match weight and what it is made of; None where the records are not comparable just now."""
    try:
        return evidence.waterfall(inquiry.explain_pair(*selectors.pair_of(review)))
    except HubError:
        return None


def _reasons(review: Review) -> evidence.Reasons | None:
    try:
        return evidence.reasons(inquiry.explain_pair(*selectors.pair_of(review)))
    except HubError:
        return None


def _members(goldens: list[int], pair: set[int]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    held = list(Crosswalk.objects.filter(golden_id__in=goldens).select_related("record"))
    said = selectors.records([row.record_id for row in held])
    for row in sorted((row for row in held if row.record_id in said), key=lambda row: said[row.record_id].address):
        record = said[row.record_id]
        made = Record(row.record_id, record.source_system, record.source_id, row.record.updated_at,
                      row.record_id in pair, selectors.nested(record))  # fmt: skip
        found.setdefault(row.golden_id or 0, []).append(made)
    return found


def _side(letter: str, golden: GoldenRecord, records: list[Record]) -> Side:
    # The record that raised the question comes first: it is the one that the reasons speak of.
    ordered = tuple(sorted(records, key=lambda r: not r.raised_it))
    return Side(letter, golden.public_id, golden.version, golden.state == GoldenRecord.State.LIVE, ordered)


def _said(side: Side) -> dict[str, dict[str, Any]]:
    return {record.address: record.said for record in side.records}


def _merged(left: Side, right: Side) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    if not (left.live and right.live):
        return {}, {}, []
    given = inquiry.preview_merge([left.golden_id, right.golden_id])
    return given["profile"], given["provenance"], given["consents"]


def _consent(said: dict[str, Any], *, shown: bool) -> Consent:
    point = str(said.get("contact_point") or "")
    return Consent(said["purpose"], said["channel"], said["state"], point if shown else mask(point))
