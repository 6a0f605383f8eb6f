"""A consent statement: what somebody said once about one use of one means of contact.

    Statement
      ├─ purpose, channel, contact_point, brand          its scope
      ├─ state, captured_at, effective_from, effective_to
      └─ jurisdiction, legal_basis, double_opt_in, source, proof, text_version

The scope may be wide: purpose or channel ``*`` is every one, no brand is every brand, and no contact point is the
whole person, that is each contact point that the person has or will have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from matching.contactpoints import ANY, brand_key, channel_key, point_key, purpose_key

GRANTED, WITHDRAWN, PENDING, UNKNOWN = "granted", "withdrawn", "pending", "unknown"
STATES = (GRANTED, WITHDRAWN, PENDING, UNKNOWN)
# The later in this order, the more restrictive; of two statements of one instant it wins.
RESTRICTIVE = {state: place for place, state in enumerate((GRANTED, UNKNOWN, PENDING, WITHDRAWN))}

# Purpose, channel and brand as they compare: what a later statement must share to undo an earlier one.
Scope = tuple[str, str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """One statement of the ledger. ``id`` is its public id, ``cs_…``; times are aware, ``effective_to`` exclusive."""

    id: str
    purpose: str
    channel: str
    contact_point: str
    brand: str
    state: str
    captured_at: datetime
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    jurisdiction: str = ""
    legal_basis: str = ""
    double_opt_in: bool = False
    source: str = ""
    proof: str = ""
    text_version: str = ""
    scope: Scope = field(init=False, compare=False)
    point: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        scope = purpose_key(self.purpose), channel_key(self.channel), brand_key(self.brand)
        object.__setattr__(self, "scope", scope)
        object.__setattr__(self, "point", point_key(self.contact_point, self.jurisdiction))

    @property
    def wide(self) -> bool:
        """Whether it is said of every purpose or of every channel."""
        return ANY in self.scope[:2]

    @property
    def starts(self) -> datetime:
        return self.effective_from or self.captured_at

    def stands(self, at: datetime) -> bool:
        """Whether it is in effect at the instant, by its own range."""
        return self.starts <= at and (self.effective_to is None or at < self.effective_to)

    def __repr__(self) -> str:
        return f"Statement({self.id})"
