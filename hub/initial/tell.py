"""A first load, second half: clusters become golden records and the events that tell of them, as T3 makes them, in
rows ready to be copied."""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson

from hub import keyring, ledger, policies
from hub.copying import Extent, Spools, bigints, int2, int4, int8, microseconds, row
from hub.flow import Assignment, Cause, Draft, Golden, Home
from hub.ids import new_ids
from hub.sealing import CANONICAL, STATEMENT, unseal
from hub.stages import publish, survive
from matching.canonical import from_nested

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ADDRESS = 16


@dataclass(frozen=True, slots=True)
class System:
    """What a golden record takes from a source system."""

    code: str
    kind: str
    scope: str


@dataclass(frozen=True, slots=True, repr=False)
class Records:
    """What was kept of the live records, by row: see ``Taken``."""

    ids: np.ndarray
    message: np.ndarray
    system: np.ndarray
    cause: np.ndarray
    occurred: np.ndarray
    # Spool, start, length of the sealed canonical form and of the sealed statements; the address is in front of them.
    kept: np.ndarray


@dataclass(frozen=True, slots=True)
class Chosen:
    """Reviews: the number of the doubt, and the places of the two golden records, lesser first; sorted by these."""

    doubt: np.ndarray
    one: np.ndarray
    two: np.ndarray


@dataclass(frozen=True, slots=True)
class Told:
    """Reviews with their public ids; those ``first[place]`` to ``first[place + 1]`` are told of at that golden record,
    the lesser of their two."""

    public_ids: np.ndarray
    two: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, chosen: Chosen, public_ids: Sequence[str], number: int) -> Told:
        ids = np.array(public_ids, dtype="S") if public_ids else np.empty(0, dtype="S1")
        return cls(ids, chosen.two, np.searchsorted(chosen.one, np.arange(number + 1)))

    def at(self, place: int) -> list[tuple[str, int]]:
        """(public id, place of the other golden record) of the reviews told of at this one."""
        part = slice(self.first[place], self.first[place + 1])
        return [(i.decode(), y) for i, y in zip(self.public_ids[part].tolist(), self.two[part].tolist(), strict=True)]


@dataclass(frozen=True, slots=True, repr=False)
class Clusters:
    """``rows[first[i]:first[i + 1]]`` are the live records of the golden record with ``ids[i]``, by record id."""

    rows: np.ndarray
    first: np.ndarray
    ids: np.ndarray
    public_ids: np.ndarray
    told: Told


@dataclass(slots=True, repr=False)
class _Out:
    goldenrecord: list[bytes] = field(default_factory=list)
    goldenterm: list[bytes] = field(default_factory=list)
    outboxevent: list[bytes] = field(default_factory=list)
    opened: list[bytes] = field(default_factory=list)

    def written(self, spools: Spools, number: int) -> dict[str, Extent]:
        return {name: spools.add(number, b"".join(getattr(self, name))) for name in self.__slots__}


class Telling:
    """The job of one process: golden records by their places, as rows in the spool of its ``number``. ``opened`` are
    events too, to be copied after all the others."""

    def __init__(
        self, clusters: Clusters, records: Records, systems: Mapping[int, System], *, rules: policies.Active,
        moment: datetime, kept: Spools, spools: Spools, number: int, gone: Mapping[bytes, Sequence[ledger.Forsaken]],
    ) -> None:  # fmt: skip
        self._rules = rules
        self._clusters, self._records, self._systems = clusters, records, systems
        self._moment, self._now = moment, int8(microseconds(moment))
        self._kept, self._spools, self._number, self._gone = kept, spools, number, gone

    def __call__(self, places: range) -> dict[str, Extent]:
        out, clusters = _Out(), self._clusters
        opened = int(clusters.told.first[places.stop] - clusters.told.first[places.start])
        ids = iter(new_ids("evt", 2 * len(places) + opened))
        keys = self._keys(places)
        for place in places:
            rows = clusters.rows[clusters.first[place] : clusters.first[place + 1]].tolist()
            members = [self._read(r, keys) for r in rows]
            found = [one for _, said in members for one in said]
            golden = survive.view([m for m, _ in members], ledger.with_forsaken(found, self._gone), self._rules)
            record_ids = self._records.ids[rows].tolist()
            name = clusters.public_ids[place].decode()
            home = Home(frozenset(record_ids), int(clusters.ids[place]), name, "new", 0, 0, frozenset())
            causes = {r: c.decode() for r, c in zip(record_ids, self._records.cause[rows].tolist(), strict=True)}
            cause = Cause("record", "", causes)
            drafts = publish.tell(home, golden, Assignment((home,), (), self._moment), {}, cause)
            asked = self._opened(place, home, golden, cause)
            self._add_golden(out, home, golden, cause, len(drafts) + len(asked))
            for sequence, draft in enumerate(drafts, 1):
                out.outboxevent.append(self._event(next(ids), draft, sequence))
            for sequence, draft in enumerate(asked, len(drafts) + 1):
                out.opened.append(self._event(next(ids), draft, sequence))
        return out.written(self._spools, self._number)

    def _keys(self, places: range) -> dict[bytes, bytes]:
        """The keys of all records of these golden records, by address."""
        rows = self._clusters.rows[self._clusters.first[places.start] : self._clusters.first[places.stop]].tolist()
        starts = self._records.kept[rows, :2].tolist()
        return keyring.keys([self._kept.read(Extent(spool, start, _ADDRESS)) for spool, start in starts])

    def _read(self, place: int, keys: Mapping[bytes, bytes]) -> tuple[survive.Row, list[ledger.Held]]:
        records = self._records
        spool, start, length, more = records.kept[place].tolist()
        data = self._kept.read(Extent(spool, start, _ADDRESS + length + more))
        key = keys[data[:_ADDRESS]]
        system = self._systems[int(records.system[place])]
        canonical = unseal(key, data[_ADDRESS : _ADDRESS + length], CANONICAL)
        found = survive.Row.of(
            int(records.ids[place]), key, from_nested(orjson.loads(canonical), source_system=system.code),
            message=int(records.message[place]), source_kind=system.kind, scope=system.scope,
            occurred_at=_moment(records.occurred[place]),
        )  # fmt: skip
        said = unseal(key, data[_ADDRESS + length :], STATEMENT) if more else b""
        statements = marshal.loads(said) if said else []  # noqa: S302 - our own file, without a name
        return found, [ledger.unpacked(one, self._moment) for one in statements]

    def _opened(self, place: int, home: Home, golden: Golden, cause: Cause) -> list[Draft]:
        names = self._clusters.public_ids
        return [
            Draft(
                home.golden,
                home.public_id,
                "review.opened",
                {
                    "crosswalk": golden.crosswalk,
                    "golden_id": home.public_id,
                    "version": 1,
                    "changed": [],
                    "cause": cause.of(home.members),
                    "review_id": review,
                    "golden_ids": [home.public_id, names[other].decode()],
                },
                holders=tuple(golden.members),
                key=golden.key,
            )
            for review, other in self._clusters.told.at(place)
        ]

    def _add_golden(self, out: _Out, home: Home, golden: Golden, cause: Cause, events: int) -> None:
        why = cause.of(home.members)
        out.goldenrecord.append(
            row(
                int8(home.golden), home.public_id.encode(), golden.kind.encode(), golden.scope.encode(), int2(0),
                int4(1), int4(events), publish.body(home, golden, version=1, updated_at=self._moment),
                publish.provenance(golden), golden.content_hash, why["type"].encode(), why["ref"].encode(),
                int4(golden.policy), bigints(golden.members), bigints(golden.messages), bigints(()), self._now,
                self._now,
            )
        )  # fmt: skip
        gid = int8(home.golden)
        out.goldenterm += [row(gid, int8(token)) for token in sorted(golden.terms)]

    def _event(self, public_id: str, draft: Draft, sequence: int) -> bytes:
        return row(
            public_id.encode(), draft.type.encode(), int8(draft.golden), draft.subject.encode(), int4(sequence),
            bigints((draft.golden,)), bigints(draft.holders), publish.event_data(draft.data, draft.key), self._now,
        )  # fmt: skip


def _moment(microseconds_: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds_))
