"""What flows between the database halves of the stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A claimed message: ``payload`` is the raw JSON as received."""

    id: int
    public_id: str
    system_id: int
    system: str
    scope: str
    mapping: str
    part: int
    payload: bytes
    received_at: datetime
    attempts: int
    token: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Why golden records changed: ``type`` record, judgement, policy, model or erasure; ``ref`` a public id."""

    type: str
    ref: str
    by_record: dict[int, str] = field(default_factory=dict)

    def of(self, members: frozenset[int]) -> dict[str, str]:
        """The cause as an event names it, for the cluster with these record ids."""
        own = sorted(self.by_record[m] for m in members if m in self.by_record)
        return {"type": self.type, "ref": own[-1] if own else self.ref}
