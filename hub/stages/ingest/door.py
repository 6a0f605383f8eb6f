"""What a payload says, and whether it is let in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from django.utils import timezone

from hub import keyring
from hub.errors import ERASED, InvalidRecord
from hub.flow import Message
from hub.models import SourceSystem
from hub.ports import mapping as registered_mapping
from hub.sealing import PAYLOAD
from matching.canonical import from_flat, from_nested, to_nested
from matching.cells import RecordError
from matching.consentdoor import refuse_future
from matching.jsontext import dumps, loads
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
    """One record that passed the door, not yet stored: ``part`` of ``payload`` as ``mapping`` reads it. ``dedupe`` is
    None without a source time."""

    index: int
    part: int
    record: CanonicalRecord
    payload: bytes
    mapping: str
    dedupe: bytes | None

    @property
    def withdraws(self) -> bool:
        """Whether it withdraws consent, and so goes ahead of its lane."""
        return any(said["state"] == "withdrawn" for said in self.record.consents)


def flat_to_nested(row: Mapping[str, Any], *, source_system: str | None = None) -> dict[str, Any]:
    """A flat row as nested canonical JSON; raises ``InvalidRecord``."""
    try:
        return to_nested(from_flat(row, source_system=source_system))
    except RecordError as error:
        raise InvalidRecord(str(error), field=error.field) from error


def read(payload: Any, *, system: str, mapping: str, received_at: datetime | None = None) -> list[CanonicalRecord]:
    """The canonical records in one decoded payload of the source ``system``; raises ``InvalidRecord``.

    ``mapping`` names the connector whose shape the payload has; empty means canonical JSON. With ``received_at`` a
    consent from the future is refused.
    """
    try:
        nested = registered_mapping(mapping).to_nested(payload) if mapping else [payload]
        records = [_whole(from_nested(item, source_system=system)) for item in nested]
        if received_at is not None:
            for record in records:
                refuse_future(record, received_at)
        return records
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
    """As ``read``, for the bytes that the inbox kept, opened."""
    return read(loads(payload), system=system, mapping=mapping)


class Erased(InvalidRecord):
    """The record that the message was about is gone, and its payload cannot be read any more."""


def record_in(message: Message, payload: bytes | None) -> CanonicalRecord:
    """The record that a message is about; ``payload`` as ``opened`` gave it. Raises ``InvalidRecord``."""
    if payload is None:
        raise Erased
    try:
        return read_stored(payload, system=message.system, mapping=message.mapping)[message.part]
    except IndexError:
        raise InvalidRecord("The payload lost this part.") from None


def opened(messages: Sequence[Message]) -> list[bytes | None]:
    """The payload of each message; None where its record was erased."""
    return keyring.opened([(m.address, m.payload) for m in messages], PAYLOAD)


def problem(error: InvalidRecord) -> dict[str, Any]:
    """The RFC 9457 object for a payload that was refused."""
    if isinstance(error, Erased):
        return dict(ERASED)
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
    now = timezone.now()
    for index, payload in enumerate(payloads):
        try:
            records = read(payload, system=source.code, mapping=mapping, received_at=now)
        except InvalidRecord as error:
            refused.append(Receipt(index, "rejected", problem=problem(error)))
            continue
        kept = kept_bytes(payload)
        for part, record in enumerate(records):
            dedupe = None
            if record.occurred_at is not None:
                dedupe = dedupe_key(kept, source_pk=source.pk, mapping=mapping, part=part)
            if len(records) == 1:
                taken.append(Received(index, part, record, kept, mapping, dedupe))
            else:
                # Sealed under the key of one record, a payload must not hold the values of another.
                taken.append(Received(index, 0, record, dumps(to_nested(record)), "", dedupe))
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
