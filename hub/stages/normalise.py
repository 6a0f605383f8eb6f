"""T1: source records, their prepared form and their blocking keys, committed before anybody compares.

Of any two records, whichever commits its keys second sees the first in T2, so that no pair is missed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from hub.flow import Message
from hub.ids import new_id
from hub.sql import columns, rows
from matching.block import keys as blocking_keys
from matching.canonical import to_nested
from matching.model import MatchModel
from matching.normalise import normalise
from matching.records import CanonicalRecord

_BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Version:
    """One version of one source record. ``(occurred_at, content_hash)`` orders versions."""

    message: Message
    record: CanonicalRecord
    occurred_at: datetime
    content_hash: bytes
    canonical: bytes

    @classmethod
    def of(cls, message: Message, record: CanonicalRecord) -> Version:
        nested = to_nested(record)
        canonical = json.dumps(nested, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        content = {key: value for key, value in nested.items() if key not in ("occurred_at", "version")}
        digest = blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).digest()
        # What is partial yields to any whole version, so that it can only add (consents) or hold a place.
        if record.partial:
            return cls(message, record, _BEFORE_ALL, digest, canonical)
        # A missing source time is the receipt time, fixed when the message was acknowledged.
        return cls(message, record, record.occurred_at or message.received_at, digest, canonical)

    @property
    def place(self) -> tuple[int, str]:
        return self.message.system_id, self.record.source_id

    @property
    def order(self) -> tuple[datetime, bytes]:
        return self.occurred_at, self.content_hash


def blocking_scope(scope: str, kind: str) -> str:
    """What a blocking key carries: nothing is compared across scopes, nor persons with organisations."""
    return f"{scope}/{kind}"


def upsert(versions: Sequence[Version], *, model_id: int, model: MatchModel) -> dict[int, int]:
    """Write the versions in the present transaction; message id → record id.

    Idempotent: a version that is held already, or is older than the one held, changes no live row.
    """
    latest: dict[tuple[int, str], Version] = {}
    for version in versions:
        held = latest.get(version.place)
        if held is None or version.order > held.order:
            latest[version.place] = version
    # One order for all workers, so that two batches with the same records cannot deadlock.
    ordered = [latest[place] for place in sorted(latest)]
    changed = _upsert_records(ordered)
    ids = {
        (system_id, source_id): record_id
        for record_id, system_id, source_id in rows(
            """
            SELECT r.id, r.system_id, r.source_id FROM hub_sourcerecord r
            JOIN unnest(%b::smallint[], %b::text[]) AS n(system_id, source_id)
              ON r.system_id = n.system_id AND r.source_id = n.source_id
            """,
            [v.place[0] for v in ordered],
            [v.place[1] for v in ordered],
        )
    }
    updated = [ids[place] for place, inserted in changed.items() if not inserted]
    fresh = [(ids[v.place], v) for v in ordered if v.place in changed]
    _keep_versions(versions, ids)
    _keep_consents(versions, ids)
    rows(
        "INSERT INTO hub_crosswalk (record_id) SELECT unnest(%b::bigint[]) ON CONFLICT DO NOTHING",
        sorted(ids[place] for place, inserted in changed.items() if inserted),
    )
    prepare([(record_id, v.message.scope, v.record) for record_id, v in fresh], model_id=model_id, model=model,
            replaced=updated)  # fmt: skip
    return {version.message.id: ids[version.place] for version in versions}


def _upsert_records(ordered: Sequence[Version]) -> dict[tuple[int, str], bool]:
    """Write the newest versions; place → whether the record is new, for those that changed."""
    found = rows(
        """
        INSERT INTO hub_sourcerecord AS r (system_id, source_id, kind, occurred_at, content_hash, canonical,
                                           deleted, message_id, first_seen_at, updated_at)
        SELECT n.*, now(), now()
        FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::timestamptz[], %b::bytea[], %b::bytea[],
                    %b::boolean[], %b::bigint[])
             AS n(system_id, source_id, kind, occurred_at, content_hash, canonical, deleted, message_id)
        ON CONFLICT (system_id, source_id) DO UPDATE
        SET kind = EXCLUDED.kind, occurred_at = EXCLUDED.occurred_at, content_hash = EXCLUDED.content_hash,
            canonical = EXCLUDED.canonical, deleted = EXCLUDED.deleted, message_id = EXCLUDED.message_id,
            updated_at = now()
        WHERE (EXCLUDED.occurred_at, EXCLUDED.content_hash) > (r.occurred_at, r.content_hash)
        RETURNING system_id, source_id, xmax = 0
        """,
        *columns(
            (
                (*v.place, v.record.kind, v.occurred_at, v.content_hash, v.canonical, v.record.deleted, v.message.id)
                for v in ordered
            ),
            8,
        ),
    )
    return {(system_id, source_id): inserted for system_id, source_id, inserted in found}


def prepare(
    records: Sequence[tuple[int, str, CanonicalRecord]],
    *,
    model_id: int,
    model: MatchModel,
    replaced: Sequence[int],
) -> None:
    """Write the prepared form and the blocking keys of ``(record id, scope, record)`` under a model.

    ``replaced`` are the records that had some before. Keys they lost stay as dead rows until T3 has seen
    that they left.
    """
    if replaced:
        rows("UPDATE hub_blockingkey SET live = false WHERE record_id = ANY(%b::bigint[]) AND model_id = %s AND live",
             list(replaced), model_id)  # fmt: skip
    gone = [record_id for record_id, _, record in records if record.deleted]
    if gone:
        rows("DELETE FROM hub_prepared WHERE record_id = ANY(%b::bigint[]) AND model_id = %s", gone, model_id)
    prepared = [
        (record_id, blocking_scope(scope, record.kind), normalise(record, model))
        for record_id, scope, record in records
        if not record.deleted
    ]
    rows(
        """
        INSERT INTO hub_prepared AS p (record_id, model_id, rev, key_data, data)
        SELECT n.record_id, %s::smallint, n.rev, n.key_data, n.data
        FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[]) AS n(record_id, rev, key_data, data)
        ON CONFLICT (record_id, model_id) DO UPDATE
        SET rev = EXCLUDED.rev, key_data = EXCLUDED.key_data, data = EXCLUDED.data
        """,
        model_id,
        *columns(((record_id, p.rev, p.key_data, p.encode()) for record_id, _, p in prepared), 4),
    )
    rows(
        """
        INSERT INTO hub_blockingkey AS k (model_id, key, record_id, rule, live)
        SELECT %s::smallint, n.key, n.record_id, n.rule, true
        FROM unnest(%b::bigint[], %b::bigint[], %b::smallint[]) AS n(record_id, key, rule)
        ORDER BY n.key, n.record_id
        ON CONFLICT (model_id, key, record_id) DO UPDATE SET live = true, rule = EXCLUDED.rule WHERE NOT k.live
        """,
        model_id,
        *columns(
            sorted(
                {
                    (record_id, key): (record_id, key, rule)
                    for record_id, scope, p in prepared
                    for rule, key in blocking_keys(p, model, scope)
                }.values()
            ),
            3,
        ),
    )


def _keep_versions(versions: Sequence[Version], ids: Mapping[tuple[int, str], int]) -> None:
    rows(
        """
        INSERT INTO hub_recordversion (record_id, occurred_at, content_hash, message_id, recorded_at)
        SELECT n.*, now() FROM unnest(%b::bigint[], %b::timestamptz[], %b::bytea[], %b::bigint[]) AS n
        ON CONFLICT (record_id, occurred_at, content_hash) DO NOTHING
        """,
        *columns(((ids[v.place], v.occurred_at, v.content_hash, v.message.id) for v in versions), 4),
    )


_CONSENT_TEXTS = ("purpose", "channel", "contact_point", "state", "brand", "jurisdiction", "legal_basis", "proof")


def _keep_consents(versions: Sequence[Version], ids: Mapping[tuple[int, str], int]) -> None:
    """Add the statements of every version, also of one that came too late to be current: a ledger only grows."""
    statements = [_statement(ids[v.place], consent, v) for v in versions for consent in v.record.consents]
    if statements:
        rows(
            """
            INSERT INTO hub_consentstatement (public_id, record_id, fingerprint, captured_at, purpose, channel,
                                              contact_point, state, brand, jurisdiction, legal_basis, proof,
                                              recorded_at)
            SELECT n.*, now()
            FROM unnest(%b::text[], %b::bigint[], %b::bytea[], %b::timestamptz[], %b::text[], %b::text[], %b::text[],
                        %b::text[], %b::text[], %b::text[], %b::text[], %b::text[]) AS n
            ON CONFLICT (record_id, fingerprint) DO NOTHING
            """,
            *columns(statements, 12),
        )


def _statement(record_id: int, consent: Mapping[str, Any], version: Version) -> tuple[Any, ...]:
    texts = [str(consent.get(key) or "") for key in _CONSENT_TEXTS]
    said = consent.get("captured_at")
    captured = (
        datetime.fromisoformat(said)
        if isinstance(said, str)
        else (version.record.occurred_at or version.message.received_at)
    )
    captured = captured if captured.tzinfo else captured.replace(tzinfo=UTC)
    digest = blake2b("\0".join([*texts, captured.isoformat()]).encode(), digest_size=16).digest()
    return (new_id("cs"), record_id, digest, captured, *texts)
