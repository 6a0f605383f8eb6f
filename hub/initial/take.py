"""A first load, first half: messages become source records, as T1 makes them, in rows ready to be copied.

Nothing is written here. The functions are those of T1; a version that is not the last of its record is kept as a
version alone.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from hub import ledger
from hub.copying import (
    FALSE,
    NO_SMALLINTS,
    TRUE,
    Extent,
    Spools,
    bigints,
    int2,
    int8,
    microseconds,
    row,
)
from hub.errors import ERASED, InvalidRecord
from hub.flow import Message
from hub.sealing import CANONICAL, PREPARED, STATEMENT, seal
from hub.sql import rows
from hub.stages import ingest, normalise
from hub.stages.normalise import Version
from matching.block import keys as blocking_keys
from matching.model import MatchModel
from matching.normalise import normalise as normalised
from matching.prepared import Prepared, fingerprint
from matching.table import Table


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be loaded: messages in the order of their records, and the ids that the records get.

    ``messages[first[i]:first[i + 1]]`` are those of ``record_ids[i]``, oldest first. Records stand in the order of
    their addresses, as in T1, so that the index on these grows at its end.
    """

    messages: np.ndarray
    first: np.ndarray
    record_ids: np.ndarray
    model_id: int
    model: MatchModel
    moment: datetime

    def __len__(self) -> int:
        return len(self.record_ids)


@dataclass(slots=True, repr=False)
class Taken:
    """What came of some records (places in the plan).

    Rows to copy, by table; then by record: whether it is live, deleted or could not be read (``state``), its source
    system, the message that it has its form from, the one that a golden record names as its cause, and where its
    canonical form and its statements are kept. ``key``, ``holder`` (place in the plan), ``rule`` and ``rev`` are of
    the live ones, and so is the table of their columns, which is pickled at ``table``. ``forsaken`` are the
    withdrawals of the deleted ones.
    """

    places: range
    tables: dict[str, Extent]
    state: np.ndarray
    system: np.ndarray
    message: np.ndarray
    cause: np.ndarray
    occurred: np.ndarray
    kept: np.ndarray
    table: Extent
    key: np.ndarray
    holder: np.ndarray
    rule: np.ndarray
    rev: np.ndarray
    dead: list[tuple[int, dict[str, Any]]]
    forsaken: list[ledger.Forsaken]


LIVE, DELETED, UNREAD = 1, 2, 0


@dataclass(slots=True, repr=False)
class _Out:
    """Rows of each table, and what is kept of each record."""

    sourcerecord: list[bytes] = field(default_factory=list)
    recordversion: list[bytes] = field(default_factory=list)
    consentstatement: list[bytes] = field(default_factory=list)
    prepared: list[bytes] = field(default_factory=list)

    def written(self, spools: Spools, number: int) -> dict[str, Extent]:
        return {name: spools.add(number, b"".join(getattr(self, name))) for name in self.__slots__}


class Taking:
    """The job of one process: rows go to the spool of its ``number``, canonical forms to that of ``kept``."""

    def __init__(self, plan: Plan, spools: Spools, number: int, kept: Spools) -> None:
        self._plan, self._spools, self._number, self._kept = plan, spools, number, kept
        self._now = int8(microseconds(plan.moment))
        self._model_id = int2(plan.model_id)

    def __call__(self, places: range) -> Taken:
        plan, n = self._plan, len(places)
        read, dead = self._read(plan.messages[plan.first[places.start] : plan.first[places.stop]])
        order = list(read)
        held, gone = normalise.keys_for([read[message] for message in order])
        for place in gone:  # erased, or older than the erasure of the same customer
            del read[order[place]]
            dead.append((order[place], dict(ERASED)))
        out = _Out()
        state, system = np.zeros(n, dtype=np.int8), np.zeros(n, dtype=np.int16)
        cause, occurred = np.zeros(n, dtype="S32"), np.zeros(n, dtype=np.int64)
        message = np.zeros(n, dtype=np.int64)
        kept = np.full((n, 4), self._number, dtype=np.int64)
        prepared: list[Prepared] = []
        keys: list[tuple[int, int, int]] = []
        revs: list[int] = []
        blobs: list[bytes] = []
        forsaken: list[ledger.Forsaken] = []
        at = 0
        for i, place in enumerate(places):
            record_id = int(plan.record_ids[place])
            said = plan.messages[plan.first[place] : plan.first[place + 1]].tolist()
            versions = [version for message in said if (version := read.get(message)) is not None]
            if not versions:
                continue
            best = versions[0]
            for version in versions[1:]:
                best = version if version.order > best.order else best
            key = held[best.address]
            canonical = seal(key, best.canonical, CANONICAL)
            statements = self._add_record(out, record_id, best, canonical, versions, key)
            state[i] = DELETED if best.record.deleted else LIVE
            system[i] = best.message.system_id
            message[i] = best.message.id
            cause[i] = versions[-1].message.public_id.encode()
            occurred[i] = microseconds(best.occurred_at)
            if best.record.deleted:
                forsaken += [ledger.Forsaken.of(s) for s in statements if s.statement.state == "withdrawn" and s.token]
                continue
            more = seal(key, marshal.dumps([s.packed() for s in statements]), STATEMENT) if statements else b""
            kept[i, 1:] = at, len(canonical), len(more)
            blobs += (best.address, canonical, more)
            at += len(best.address) + len(canonical) + len(more)
            p = normalised(best.record, plan.model)
            prepared.append(p)
            found = blocking_keys(p, plan.model, normalise.blocking_scope(best.message.scope, best.record.kind))
            keys += [(k, place, rule) for rule, k in found]
            revs.append(self._add_prepared(out, record_id, key, p, sorted({k for _, k in found})))
        written = out.written(self._spools, self._number)
        kept[:, 1] += self._kept.add(self._number, b"".join(blobs)).start
        columns = [np.array(column, dtype=np.int64) for column in zip(*keys, strict=True)] if keys else [_NONE] * 3
        table = self._spools.add(self._number, pickle.dumps(Table.of(prepared), pickle.HIGHEST_PROTOCOL))
        return Taken(
            places, written, state, system, message, cause, occurred, kept, table,
            columns[0], columns[1].astype(np.int32), columns[2].astype(np.uint8), np.array(revs, dtype=np.int64), dead,
            forsaken,
        )  # fmt: skip

    def _read(self, messages: np.ndarray) -> tuple[dict[int, Version], list[tuple[int, dict[str, Any]]]]:
        """The versions in these messages, and why the others cannot be read."""
        found: dict[int, Version] = {}
        dead: list[tuple[int, dict[str, Any]]] = []
        held = rows(
            """
            SELECT m.id, m.public_id, m.system_id, m.address, s.code, s.scope, m.mapping, m.part, m.payload,
                   m.received_at, m.attempts
            FROM hub_inboxmessage m JOIN hub_sourcesystem s ON s.id = m.system_id WHERE m.id = ANY(%b::bigint[])
            """,
            messages.tolist(),
        )
        read = [Message(*(*fields, 0)) for fields in held]
        for message, payload in zip(read, ingest.opened(read), strict=True):
            try:
                found[message.id] = Version.of(message, ingest.record_in(message, payload))
            except InvalidRecord as error:
                dead.append((message.id, ingest.problem(error)))
        return found, dead

    def _add_record(
        self, out: _Out, record_id: int, best: Version, canonical: bytes, versions: Sequence[Version], key: bytes
    ) -> list[ledger.Row]:
        """Rows of the record, its versions and its statements; gives the statements."""
        rid, now = int8(record_id), self._now
        out.sourcerecord.append(
            row(rid, best.address, int2(best.message.system_id), best.record.kind.encode(),
                int8(microseconds(best.occurred_at)), best.content_hash, canonical,
                TRUE if best.record.deleted else FALSE, int8(best.message.id), now, now)
        )  # fmt: skip
        once: set[tuple[datetime, bytes]] = set()
        for version in versions:
            if version.order not in once:
                once.add(version.order)
                out.recordversion.append(
                    row(
                        rid,
                        int8(microseconds(version.occurred_at)),
                        version.content_hash,
                        int8(version.message.id),
                        now,
                    )
                )
        statements: dict[bytes, ledger.Row] = {}
        for version in versions:
            otherwise = version.record.occurred_at or version.message.received_at
            for consent in version.record.consents:
                said = ledger.row_of(record_id, consent, key=key, otherwise=otherwise)
                if said.fingerprint not in statements:
                    statements[said.fingerprint] = said
                    out.consentstatement.append(row(*_fields(said.stored(key)), now))
        return list(statements.values())

    def _add_prepared(self, out: _Out, record_id: int, key: bytes, p: Prepared, keys: Sequence[int]) -> int:
        data = p.encode()
        rev = fingerprint(data)
        out.prepared.append(
            row(
                int8(record_id),
                self._model_id,
                int8(rev),
                int8(p.key_data),
                seal(key, data, PREPARED),
                bigints(keys),
                _EMPTY,
                _EMPTY,
                NO_SMALLINTS,
            )
        )
        return rev


_NONE = np.empty(0, dtype=np.int64)
_EMPTY = bigints(())


def _fields(values: Sequence[Any]) -> Iterator[bytes | None]:
    """The values of a row as COPY takes them, each by its kind."""
    for value in values:
        if value is None or isinstance(value, bytes):
            yield value
        elif isinstance(value, bool):
            yield TRUE if value else FALSE
        elif isinstance(value, int):
            yield int8(value)
        else:
            yield int8(microseconds(value)) if isinstance(value, datetime) else value.encode()
