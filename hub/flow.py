"""What flows between the database halves of the stages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Ruling:
    """A judgement in force."""

    a: int
    b: int
    judgement: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two clusters that a steward should look at, by the pair of records that raised it."""

    a: int
    b: int
    weight: int
    conflict: str


@dataclass(frozen=True, slots=True)
class Home:
    """A cluster and its golden record. ``before`` are the record ids that the golden record had until now."""

    members: frozenset[int]
    golden: int
    public_id: str
    origin: str  # kept | reclaimed | new
    version: int
    sequence: int
    before: frozenset[int]


@dataclass(frozen=True, slots=True)
class Leaver:
    """A golden record that lost all its members, and where they went."""

    golden: int
    public_id: str
    version: int
    sequence: int
    before: frozenset[int]


@dataclass(frozen=True, slots=True)
class Assignment:
    homes: tuple[Home, ...]
    leavers: tuple[Leaver, ...]

    def came_from(self, home: Home) -> list[Leaver]:
        """The golden records that ended in this one."""
        return [leaver for leaver in self.leavers if leaver.before & home.members]

    def split_off(self, home: Home) -> list[Home]:
        """The golden records, not live before, that took members of this one."""
        return [h for h in self.homes if h is not home and h.origin != "kept" and h.members & home.before]


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """An event that is to be written; its sequence number is given when it is. ``after`` are the golden
    records whose earlier events must be delivered first."""

    golden: int
    subject: str
    type: str
    data: dict[str, Any]
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Golden:
    """What a cluster says: profile, crosswalk, effective consents, provenance, and what it is found by."""

    kind: str
    scope: str
    profile: dict[str, Any]
    crosswalk: list[dict[str, str]]
    consents: list[dict[str, str]]
    provenance: dict[str, Any]
    terms: frozenset[str]

    @property
    def content_hash(self) -> bytes:
        """16 bytes over all that a version of the golden record says."""
        said = [self.kind, self.profile, self.crosswalk, self.consents, self.provenance]
        return blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).digest()
