"""Ingest: a payload becomes an inbox message; a message becomes the canonical record it holds.

The payload is mapped at the door, so that the sender hears at once what is wrong with it, and again when
it is resolved, because what is kept is the payload itself: a mapping that was wrong can be corrected and
its messages replayed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from hub.errors import InvalidRecord
from hub.ids import new_id, new_ids
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.ports import mapping as registered_mapping
from hub.sql import columns, count, rows
from matching.canonical import from_flat, from_nested, to_nested
from matching.cells import RecordError
from matching.jsontext import loads
from matching.records import CanonicalRecord


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one payload. ``problem`` is an RFC 9457 object without personal data."""

    index: int
    status: str  # accepted | duplicate | rejected
    message_id: str | None = None
    source_id: str | None = None
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """One record that passed the door, not yet stored."""

    index: int
    part: int
    record: CanonicalRecord
    payload: bytes


def flat_to_nested(row: Mapping[str, Any], *, source_system: str | None = None) -> dict[str, Any]:
    """A flat row as nested canonical JSON; raises ``InvalidRecord``."""
    try:
        return to_nested(from_flat(row, source_system=source_system))
    except RecordError as error:
        raise InvalidRecord(str(error), field=error.field) from error


def read(payload: Any, *, system: str, mapping: str) -> list[CanonicalRecord]:
    """The canonical records in one decoded payload of the source ``system``; raises ``InvalidRecord``.

    ``mapping`` names the connector whose shape the payload has; empty means canonical JSON.
    """
    try:
        nested = registered_mapping(mapping).to_nested(payload) if mapping else [payload]
        return [_whole(from_nested(item, source_system=system)) for item in nested]
    except RecordError as error:
        raise InvalidRecord(str(error), field=error.field) from error
    except KeyError as error:
        if mapping and error.args == (mapping,):
            raise InvalidRecord("The source names a connector that is not installed.", field="connector") from error
        raise InvalidRecord("The payload lacks a field that its mapping needs.", field="record") from error
    except (ValueError, TypeError, AttributeError) as error:
        # A mapping's own error names the field and holds no value; any other says only where it arose.
        field = getattr(error, "field", None)
        text = str(error) if field else f"The payload has not the shape of {mapping or 'a record'}."
        raise InvalidRecord(text, field=field or "record") from error


_OF_A_PARTIAL = frozenset(("source_id", "kind", "partial", "consents", "relations", "occurred_at", "version"))


def _whole(record: CanonicalRecord) -> CanonicalRecord:
    """The record; refused where it holds some changed fields only. A change of consent alone is a statement of
    the ledger and needs no more."""
    if not record.partial:
        return record
    if to_nested(record).keys() - _OF_A_PARTIAL:
        raise RecordError("record", "holds changed fields only: fetch the whole record from its system and send that")
    return record


def read_stored(payload: bytes, *, system: str, mapping: str) -> list[CanonicalRecord]:
    """As ``read``, for the bytes that the inbox kept."""
    return read(loads(payload), system=system, mapping=mapping)


def problem(error: InvalidRecord) -> dict[str, Any]:
    """The RFC 9457 object for a payload that was refused."""
    return {
        "type": "/problems/invalid-record",
        "title": "The record cannot be taken as it is",
        "status": 422,
        "detail": str(error),
        "field": str(error.context.get("field", "record")),
    }


def sort_out(payloads: Sequence[Any], *, source: SourceSystem, mapping: str) -> tuple[list[Received], list[Receipt]]:
    """The records that can be taken, and a receipt for each payload that cannot."""
    taken: list[Received] = []
    refused: list[Receipt] = []
    for index, payload in enumerate(payloads):
        try:
            records = read(payload, system=source.code, mapping=mapping)
        except InvalidRecord as error:
            refused.append(Receipt(index, "rejected", problem=problem(error)))
            continue
        kept = kept_bytes(payload)
        taken += [Received(index, part, record, kept) for part, record in enumerate(records)]
    return taken, refused


def kept_bytes(payload: Any) -> bytes:
    """A decoded payload as the inbox keeps it, UTF-8 JSON."""
    try:
        return orjson.dumps(payload)
    except (TypeError, ValueError):  # a number beyond 64 bits, half a character
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), default=str)
        return body.encode("utf-8", "replace")


def dedupe_key(payload: bytes, *, source_pk: int, mapping: str, part: int) -> bytes:
    """16 bytes by which the same payload is known when it comes again.

    Only for a payload with a source time: the same bytes with one are the same statement. Without one they may
    be news: A, B, A.
    """
    digest = blake2b(f"{source_pk}\0{mapping}\0{part}\0".encode(), digest_size=16)
    digest.update(payload)
    return digest.digest()


def _dedupe(item: Received, *, source: SourceSystem, mapping: str) -> bytes | None:
    if item.record.occurred_at is None:
        return None
    return dedupe_key(item.payload, source_pk=source.pk, mapping=mapping, part=item.part)


@dataclass(slots=True, repr=False)
class Sheaf:
    """Records of one source that passed the door, by the column. ``dedupe`` is None without a source time."""

    source_ids: list[str] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    dedupe: list[bytes | None] = field(default_factory=list)

    def add(self, source_id: str, part: int, payload: bytes, dedupe: bytes | None) -> None:
        self.source_ids.append(source_id)
        self.parts.append(part)
        self.payloads.append(payload)
        self.dedupe.append(dedupe)


def store_sheaf(sheaf: Sheaf, *, source_pk: int, lane: Lane, mapping: str) -> int:
    """Insert the messages in the present transaction; how many there are that were not held already."""
    return count(
        f"{_INSERT} ON CONFLICT (dedupe) DO NOTHING", source_pk, mapping, int(lane),
        new_ids("msg", len(sheaf.payloads)), sheaf.source_ids, sheaf.parts, sheaf.payloads, sheaf.dedupe,
    )  # fmt: skip


# Sorted, so that two loads with the same payloads cannot deadlock.
_INSERT = """
    INSERT INTO hub_inboxmessage (public_id, system_id, source_id, mapping, part, payload, dedupe, lane,
                                  status, received_at, attempts, next_attempt_at)
    SELECT n.public_id, %s::smallint, n.source_id, %s, n.part, n.payload, n.dedupe, %s::smallint,
           0, now(), 0, now()
    FROM unnest(%b::text[], %b::text[], %b::smallint[], %b::bytea[], %b::bytea[])
         WITH ORDINALITY AS n(public_id, source_id, part, payload, dedupe, place)
    ORDER BY n.dedupe NULLS LAST, n.place
"""


def store(items: Sequence[Received], *, source: SourceSystem, lane: Lane, mapping: str) -> list[Receipt]:
    """Insert the messages in the present transaction; a payload held already gives its first message's id."""
    if not items:
        return []
    seen: dict[bytes, str] = {}
    fresh: list[tuple[Any, ...]] = []
    ids: list[tuple[Received, bytes | None, str]] = []
    for item in items:
        key = _dedupe(item, source=source, mapping=mapping)
        public_id = seen.get(key) if key else None
        if public_id is None:
            public_id = new_id("msg")
            fresh.append((public_id, item.record.source_id, item.part, item.payload, key))
            if key:
                seen[key] = public_id
        ids.append((item, key, public_id))
    inserted = rows(
        f"{_INSERT} ON CONFLICT (dedupe) DO NOTHING RETURNING public_id",
        source.pk,
        mapping,
        int(lane),
        *columns(fresh, 5),
    )
    stored = {row[0] for row in inserted}
    repeated = [key for _, key, public_id in ids if public_id not in stored and key]
    first = dict(
        rows("SELECT dedupe, public_id FROM hub_inboxmessage WHERE dedupe = ANY(%b::bytea[])", repeated)
        if repeated
        else []
    )
    return [
        Receipt(item.index, "accepted", public_id, item.record.source_id)
        if public_id in stored
        else Receipt(item.index, "duplicate", first[key] if key else public_id, item.record.source_id)
        for item, key, public_id in ids
    ]
