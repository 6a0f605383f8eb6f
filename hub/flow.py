"""What flows between the database halves of the stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any

from hub.sealing import joint
from matching.canonical import rfc3339
from matching.jsontext import dumps
from matching.model import MatchModel


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A claimed message: ``payload`` is the raw JSON as received, sealed under the key of the record at ``address``."""

    id: int
    public_id: str
    system_id: int
    address: bytes
    system: str
    scope: str
    mapping: str
    part: int
    payload: bytes
    received_at: datetime
    attempts: int
    token: int
    trace: bytes | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why golden records changed: ``type`` record, judgement, policy, model or erasure; ``ref`` a public id.
    ``traces`` are those of the messages that are causes, by public id (see ``hub.trace``)."""

    type: str
    ref: str
    by_record: dict[int, str] = field(default_factory=dict)
    traces: Mapping[str, bytes] = field(default_factory=dict)

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
class Link:
    """An edge that counts while both versions are current. ``weight`` in milli-bits."""

    a: int
    b: int
    weight: int
    conflict: str
    a_rev: int
    b_rev: int

    def joins(self, model: MatchModel) -> bool:
        """Whether it can hold a component together; a group joins when its mean passes the cut."""
        return self.weight > min(model.cut_mb, 0) and not self.conflict


@dataclass(frozen=True, slots=True)
class Region:
    """``inner`` records are clustered anew; ``outer`` are the neighbours across edges that do not join. ``golden``
    is the golden record of each that is in one, ``native`` the one that it would be in without judgements where that
    is another, ``live`` are those of ``inner`` that are not deleted."""

    inner: frozenset[int]
    outer: frozenset[int]
    live: frozenset[int]
    golden: Mapping[int, int]
    native: Mapping[int, int]
    links: tuple[Link, ...]
    rulings: tuple[Ruling, ...]


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
    """A golden record that lost all its members (``before``). It redirects to where ``last`` are: the same, unless
    only judgements took its records from it."""

    golden: int
    public_id: str
    version: int
    sequence: int
    before: frozenset[int]
    last: frozenset[int]


@dataclass(frozen=True, slots=True)
class Natives:
    """What changes of the ids that would be without judgements (``matching.assign``). ``links``: the native id of each
    record that has another one now, None for one that has it no more. ``spare``: (lent, members) of ids that no record
    has natively, None for one that some has again. ``last``: by whom a retired id redirects from now on."""

    links: Mapping[int, int | None] = field(default_factory=dict)
    spare: Mapping[int, tuple[bool, list[int]] | None] = field(default_factory=dict)
    last: Mapping[int, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """Who keeps, takes back or newly gets which golden record. ``moment`` is the time of whatever follows from it,
    taken under the locks: of two transactions at one golden record, the second has the later one."""

    homes: tuple[Home, ...]
    leavers: tuple[Leaver, ...]
    moment: datetime
    natives: Natives = Natives()

    def came_from(self, home: Home) -> list[Leaver]:
        """The golden records that ended in this one."""
        found = {place for record in home.members if (place := self._left_by.get(record)) is not None}
        return [self.leavers[place] for place in sorted(found)]

    def split_off(self, home: Home) -> list[Home]:
        """The golden records, not live before, that took members of this one."""
        found = {place for record in home.before if (place := self._taken_by.get(record)) is not None}
        return [taker for place in sorted(found) if (taker := self.homes[place]) is not home]

    # By record, because a change of model has homes by the ten thousand: (place among leavers), (among homes).
    @cached_property
    def _left_by(self) -> dict[int, int]:
        return {record: place for place, leaver in enumerate(self.leavers) for record in leaver.before}

    @cached_property
    def _taken_by(self) -> dict[int, int]:
        return {record: i for i, home in enumerate(self.homes) if home.origin != "kept" for record in home.members}


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """An event that is to be written; its sequence number is given when it is. ``after`` are the golden
    records whose earlier events must be delivered first; ``holders`` the records that its data speak of, under whose
    joint ``key`` they are sealed."""

    golden: int
    subject: str
    type: str
    data: dict[str, Any]
    after: tuple[int, ...] = ()
    holders: tuple[int, ...] = ()
    key: bytes = b""


@dataclass(frozen=True, repr=False)
class Golden:
    """What a cluster says: profile, crosswalk, effective consents, provenance, and what it is found by (blind
    tokens). ``holders`` are its records by id, with their keys; ``messages`` those that they have their form from, in
    the order of their ids; ``policy`` is the version by which they survived;
    ``origins`` says which record each value came from, where not everybody may be told every value.

    Each part is made JSON once, with sorted keys, and serves the stored body, the events and the hash alike.
    """

    kind: str
    scope: str
    profile: dict[str, Any]
    crosswalk: list[dict[str, str]]
    consents: list[dict[str, str]]
    provenance: dict[str, Any]
    terms: frozenset[int]
    holders: Mapping[int, bytes]
    messages: tuple[int, ...]
    policy: int
    origins: Mapping[str, str] | None = None

    @cached_property
    def key(self) -> bytes:
        """What is said of all its records together is sealed under this."""
        return joint(self.holders.values())

    @property
    def members(self) -> list[int]:
        """The ids of its records, ascending."""
        return sorted(self.holders)

    @cached_property
    def _written(self) -> tuple[bytes, bytes, bytes, bytes, bytes]:
        parts = dumps(self.profile), dumps(self.crosswalk), dumps(self.consents), dumps(self.provenance)
        # JSON without spaces holds no line break, so that no two sets of parts join to the same bytes.
        said = b"\n".join((self.kind.encode(), *parts))
        # Keyed, because it stays with past versions: without their records' keys nobody can try values against it.
        return *parts, blake2b(said, digest_size=16, key=self.key).digest()

    @property
    def profile_json(self) -> bytes:
        return self._written[0]

    @property
    def crosswalk_json(self) -> bytes:
        return self._written[1]

    @property
    def provenance_json(self) -> bytes:
        return self._written[3]

    @property
    def content_hash(self) -> bytes:
        """16 bytes over all that a version of the golden record says, keyed by its records' joint key."""
        return self._written[4]

    def body(self, public_id: str, *, version: int, updated_at: datetime) -> bytes:
        """The golden profile as the API sends it (SHAPES: Golden profile), UTF-8 JSON; ``updated_at`` is aware."""
        head = {"golden_id": public_id, "kind": self.kind, "version": version, "updated_at": rfc3339(updated_at)}
        return b'%b,"profile":%b,"crosswalk":%b,"consents":%b}' % (
            dumps(head)[:-1], *self._written[:3],
        )  # fmt: skip
