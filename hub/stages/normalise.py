"""T1: source records, their prepared form and their blocking keys, committed before anybody compares.

Of any two records, whichever commits its keys second sees the first in T2, so that no pair is missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from hub import forgotten, keyring
from hub.flow import Message
from hub.sealing import CANONICAL, PREPARED, seal
from hub.sql import columns, rows, slices
from matching.block import keys as blocking_keys
from matching.canonical import sealed
from matching.model import MatchModel
from matching.normalise import Prepared, normalise
from matching.prepared import fingerprint
from matching.records import CanonicalRecord

_BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Version:
    """One version of one source record. ``(occurred_at, content_hash)`` orders versions."""

    message: Message
    record: CanonicalRecord
    occurred_at: datetime
    content_hash: bytes
    canonical: bytes  # in clear

    @classmethod
    def of(cls, message: Message, record: CanonicalRecord) -> Version:
        canonical, digest = sealed(record)
        # What is partial yields to any whole version, so that it can only add (consents) or hold a place.
        if record.partial:
            return cls(message, record, _BEFORE_ALL, digest, canonical)
        # A missing source time is the receipt time, fixed when the message was acknowledged.
        return cls(message, record, record.occurred_at or message.received_at, digest, canonical)

    @property
    def address(self) -> bytes:
        return self.message.address

    @property
    def order(self) -> tuple[datetime, bytes]:
        return self.occurred_at, self.content_hash


def blocking_scope(scope: str, kind: str) -> str:
    """What a blocking key carries: nothing is compared across scopes, nor persons with organisations."""
    return f"{scope}/{kind}"


@dataclass(frozen=True, slots=True)
class Taken:
    """What T1 wrote: ``record_of`` by message id, the records that are new to the hub, and the blocking keys of
    those whose prepared form was written just now, as (rule, key) by record id."""

    record_of: Mapping[int, int]
    inserted: frozenset[int]
    keys: Mapping[int, Sequence[tuple[int, int]]]


def keys_for(versions: Sequence[Version]) -> tuple[Mapping[bytes, bytes], frozenset[int]]:
    """The keys to seal these versions with, by address, and the places of those that nothing may be written of any
    more: their record was erased, or they are older than the erasure of the same customer under another address.

    To be called in the transaction that writes them, under the lock that an erasure takes alone.
    """
    taken = keyring.take([v.address for v in versions])
    gone = {i for i, v in enumerate(versions) if v.address in taken.forgotten}
    known = forgotten.refused([(v.message.scope, v.record, v.occurred_at) for v in versions])
    if known - gone:
        # Taken in before the erasure, by somebody who was cut off: what stands is not refused by halves.
        stands = {m for (m,) in rows("SELECT message_id FROM hub_sourcerecord WHERE address = ANY(%b::bytea[])",
                                     [versions[i].address for i in known])}  # fmt: skip
        known -= {i for i in known if versions[i].message.id in stands}
    if known - gone:
        _destroy_unused([versions[i].address for i in known - gone], but=[versions[i].message.id for i in known])
    return taken.keys, frozenset(gone | known)


def _destroy_unused(addresses: Sequence[bytes], *, but: Sequence[int]) -> None:
    """The keys of records that were never taken in, so that no copy of their messages, whose ids are ``but``, can be
    read either.

    A key that seals something else is left. Another message is looked for before the record is: one that is resolved
    meanwhile, in this batch or by another worker, was waiting or has its record by then.
    """
    used = rows(
        "SELECT address FROM hub_inboxmessage WHERE status IN (0, 3) AND address = ANY(%b::bytea[]) "
        "AND id <> ALL(%b::bigint[])",
        list(addresses), list(but),
    )  # fmt: skip
    used += rows("SELECT address FROM hub_sourcerecord WHERE address = ANY(%b::bytea[])", list(addresses))
    keyring.destroy(set(addresses) - {bytes(a) for (a,) in used})


def upsert(versions: Sequence[Version], *, sealed_by: Mapping[bytes, bytes], model_id: int, model: MatchModel) -> Taken:
    """Write the versions in the present transaction, sealed by the keys of their addresses.

    Idempotent: a version that is held already, or is older than the one held, changes no live row.
    """
    latest: dict[bytes, Version] = {}
    for version in versions:
        held = latest.get(version.address)
        if held is None or version.order > held.order:
            latest[version.address] = version
    # One order for all workers, so that two batches with the same records cannot deadlock.
    ordered = [latest[address] for address in sorted(latest)]
    changed = _upsert_records(ordered, sealed_by)
    ids = {address: record_id for address, (record_id, _) in changed.items()}
    ids |= _ids([address for address in latest if address not in ids])
    _keep_versions(versions, ids)
    fresh = [
        Fresh(ids[v.address], v.message.scope, v.record, sealed_by[v.address]) for v in ordered if v.address in changed
    ]
    inserted = frozenset(record_id for record_id, new in changed.values() if new)
    keys = prepare(fresh, model_id=model_id, model=model)
    return Taken({version.message.id: ids[version.address] for version in versions}, inserted, keys)


def _ids(addresses: Sequence[bytes]) -> dict[bytes, int]:
    if not addresses:
        return {}
    return dict(rows("SELECT address, id FROM hub_sourcerecord WHERE address = ANY(%b::bytea[])", list(addresses)))


def _upsert_records(ordered: Sequence[Version], sealed_by: Mapping[bytes, bytes]) -> dict[bytes, tuple[int, bool]]:
    """Write the newest versions; address → (record id, whether it is new), for those that changed."""
    found = rows(
        """
        WITH written AS (
            INSERT INTO hub_sourcerecord AS r (address, system_id, kind, occurred_at, content_hash, canonical,
                                               deleted, message_id, first_seen_at, updated_at)
            SELECT n.*, now(), now()
            FROM unnest(%b::bytea[], %b::smallint[], %b::text[], %b::timestamptz[], %b::bytea[], %b::bytea[],
                        %b::boolean[], %b::bigint[])
                 AS n(address, system_id, kind, occurred_at, content_hash, canonical, deleted, message_id)
            ON CONFLICT (address) DO UPDATE
            SET kind = EXCLUDED.kind, occurred_at = EXCLUDED.occurred_at, content_hash = EXCLUDED.content_hash,
                canonical = EXCLUDED.canonical, deleted = EXCLUDED.deleted, message_id = EXCLUDED.message_id,
                updated_at = now()
            WHERE (EXCLUDED.occurred_at, EXCLUDED.content_hash) > (r.occurred_at, r.content_hash)
            RETURNING r.address, r.id, r.xmax = 0 AS inserted
        ), placed AS (
            INSERT INTO hub_crosswalk (record_id) SELECT id FROM written WHERE inserted ON CONFLICT DO NOTHING
        )
        SELECT address, id, inserted FROM written
        """,
        *columns(
            (
                (v.address, v.message.system_id, v.record.kind, v.occurred_at, v.content_hash,
                 seal(sealed_by[v.address], v.canonical, CANONICAL), v.record.deleted, v.message.id)
                for v in ordered
            ),
            8,
        ),
    )  # fmt: skip
    return {address: (record_id, new) for address, record_id, new in found}


@dataclass(frozen=True, slots=True, repr=False)
class Fresh:
    """A record that is to be prepared, and its key."""

    id: int
    scope: str
    record: CanonicalRecord
    key: bytes


def prepare(records: Sequence[Fresh], *, model_id: int, model: MatchModel) -> dict[int, list[tuple[int, int]]]:
    """Write the prepared form and the blocking keys of records under a model; gives the keys. What a record had
    before and lost is kept in ``gone`` until T3 has settled it."""
    # Rows are locked by record id, as T3 locks them.
    forget([r.id for r in records if r.record.deleted], beside=[r.id for r in records], model_id=model_id)
    live = sorted((r for r in records if not r.record.deleted), key=lambda r: r.id)
    prepared = [(r.id, normalise(r.record, model)) for r in live]
    data = [p.encode() for _, p in prepared]
    keys = {
        r.id: blocking_keys(p, model, blocking_scope(r.scope, r.record.kind))
        for r, (_, p) in zip(live, prepared, strict=True)
    }
    distinct = {record_id: sorted({key for _, key in found}) for record_id, found in keys.items()}
    written = rows(
        """
        INSERT INTO hub_prepared AS p (record_id, model_id, rev, key_data, data, keys, gone, moved, moved_rules)
        SELECT n.record_id, %s::smallint, n.rev, n.key_data, n.data, (%b::bigint[])[n.first : n.last], '{}', '{}', '{}'
        FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[], %b::int[], %b::int[])
             AS n(record_id, rev, key_data, data, first, last)
        ON CONFLICT (record_id, model_id) DO UPDATE
        SET rev = EXCLUDED.rev, key_data = EXCLUDED.key_data, data = EXCLUDED.data, keys = EXCLUDED.keys,
            gone = ARRAY(SELECT unnest(p.keys || p.gone) EXCEPT SELECT unnest(EXCLUDED.keys))
        RETURNING record_id, gone, xmax = 0
        """,
        model_id,
        [key for record_id, _ in prepared for key in distinct[record_id]],
        *columns(
            (
                (r.id, fingerprint(form), p.key_data, seal(r.key, form, PREPARED), *ends)
                for r, (_, p), form, ends in zip(
                    live, prepared, data, slices(distinct[r] for r, _ in prepared), strict=True
                )
            ),
            6,
        ),
    )
    _drop_keys([(record_id, key) for record_id, gone, _ in written for key in gone], model_id=model_id)
    # Where nothing can be there yet, PostgreSQL need not look for it: half of the cost.
    for new, clash in ((True, ""), (False, "ON CONFLICT DO NOTHING")):
        if ids := [record_id for record_id, _, inserted in written if inserted == new]:
            rows(
                f"""
                INSERT INTO hub_blockingkey (model_id, key, record_id)
                SELECT %s::smallint, n.key, n.record_id FROM unnest(%b::bigint[], %b::bigint[]) AS n(key, record_id)
                {clash}
                """,
                model_id,
                *_by_key({record_id: distinct[record_id] for record_id in ids}),
            )
    return keys


def _by_key(keys: Mapping[int, Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Keys and their records, in the order of the index."""
    key = np.fromiter((key for found in keys.values() for key in found), dtype=np.int64)
    record = np.repeat(np.fromiter(keys, dtype=np.int64), [len(found) for found in keys.values()])
    order = np.lexsort((record, key))
    return key[order], record[order]


def keys_of(record_ids: Sequence[int], *, model_id: int, model: MatchModel) -> dict[int, list[tuple[int, int]]]:
    """The (rule, key)s of records whose prepared form is held."""
    if not record_ids:
        return {}
    found = rows(
        """
        SELECT p.record_id, s.scope, r.kind, r.address, p.data FROM hub_prepared p
        JOIN hub_sourcerecord r ON r.id = p.record_id JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE p.record_id = ANY(%b::bigint[]) AND p.model_id = %s AND p.data <> ''
        """,
        list(record_ids),
        model_id,
    )
    forms = keyring.opened([(address, data) for *_, address, data in found], PREPARED)
    return {
        record_id: blocking_keys(Prepared.decode(form), model, blocking_scope(scope, kind))
        for (record_id, scope, kind, *_), form in zip(found, forms, strict=True)
        if form is not None
    }


def forget(record_ids: Sequence[int], *, beside: Sequence[int], model_id: int) -> None:
    """Forget the prepared form of deleted records: its keys are left for T3 to settle. Rows of ``beside`` are locked
    too, in one order."""
    if record_ids:
        rows(
            "SELECT 1 FROM hub_prepared WHERE record_id = ANY(%b::bigint[]) AND model_id = %s "
            "ORDER BY record_id FOR UPDATE",
            sorted(beside),
            model_id,
        )
        lost = rows(
            """
            UPDATE hub_prepared SET rev = 0, key_data = 0, data = '', gone = keys || gone, keys = '{}'
            WHERE record_id = ANY(%b::bigint[]) AND model_id = %s RETURNING record_id, gone
            """,
            sorted(record_ids),
            model_id,
        )
        _drop_keys([(record_id, key) for record_id, gone in lost for key in gone], model_id=model_id)


def _drop_keys(found: Sequence[tuple[int, int]], *, model_id: int) -> None:
    if found:
        rows(
            """
            DELETE FROM hub_blockingkey k USING unnest(%b::bigint[], %b::bigint[]) AS n(record_id, key)
            WHERE k.model_id = %s AND k.key = n.key AND k.record_id = n.record_id
            """,
            *columns(found, 2),
            model_id,
        )


def _keep_versions(versions: Sequence[Version], ids: Mapping[bytes, int]) -> None:
    rows(
        """
        INSERT INTO hub_recordversion (record_id, occurred_at, content_hash, message_id, recorded_at)
        SELECT n.*, now() FROM unnest(%b::bigint[], %b::timestamptz[], %b::bytea[], %b::bigint[]) AS n
        ON CONFLICT (record_id, occurred_at, content_hash) DO NOTHING
        """,
        *columns(((ids[v.address], v.occurred_at, v.content_hash, v.message.id) for v in versions), 4),
    )
