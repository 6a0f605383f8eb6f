"""What the store holds sealed, in clear, for tests that look at it."""

from __future__ import annotations

import json
from typing import Any

from hub import keyring, selectors
from hub.models import GoldenRecord, InboxMessage, OutboxEvent, SourceRecord
from hub.sealing import EVENT, GOLDEN, PAYLOAD, seal
from matching.canonical import to_nested


def record_at(system: str, source_id: str) -> SourceRecord:
    return SourceRecord.objects.get(address=keyring.address(system, source_id))


def addresses(**wanted: Any) -> dict[int, tuple[str, str]]:
    """(system, source id) of the source records that the filter ``wanted`` lets through, by id."""
    ids = list(SourceRecord.objects.filter(**wanted).values_list("id", flat=True))
    return {r: (said.source_system, said.source_id) for r, said in selectors.records(ids).items()}


def nested(record: SourceRecord) -> dict[str, Any]:
    return to_nested(selectors.records([record.pk])[record.pk])


def payload(message: InboxMessage) -> Any:
    (said,) = keyring.opened([(bytes(message.address), bytes(message.payload))], PAYLOAD)
    assert said is not None
    return json.loads(said)


def data(event: OutboxEvent) -> Any:
    (said,) = keyring.unsealed([(event.holders, bytes(event.data))], EVENT)
    assert said is not None
    return json.loads(said)


def body(golden: GoldenRecord) -> dict[str, Any]:
    (said,) = keyring.unsealed([(golden.holders, bytes(golden.body))], GOLDEN)
    assert said is not None
    found: dict[str, Any] = json.loads(said)
    return found


def sealed(golden: GoldenRecord, value: Any, what: bytes = GOLDEN) -> bytes:
    """``value`` as it would be stored with this golden record."""
    key = keyring.joint_of(golden.holders, keyring.keys_of(golden.holders))
    assert key is not None
    return seal(key, json.dumps(value).encode(), what)
