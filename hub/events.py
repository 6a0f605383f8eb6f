"""Events as receivers see them: a CloudEvents 1.0 envelope around a fact about one golden record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub import trace
from hub.keyring import unsealed
from hub.models import OutboxEvent
from hub.restrictions import restricted
from hub.sealing import EVENT
from matching.jsontext import loads

TYPES = (
    "golden.created",
    "golden.updated",
    "golden.merged",
    "golden.split",
    "golden.erased",
    "consent.changed",
    "review.opened",
    "review.decided",
)

# What an endpoint is sent when somebody wants to see whether it works: about nobody, and outside every order.
TEST = "endpoint.test"


@dataclass(frozen=True, slots=True, repr=False)
class Fact:
    """An event as it is read for receivers: what ``OutboxEvent`` has, where thousands are read a second."""

    id: int
    public_id: str
    type: str
    subject: str
    sequence: int
    time: datetime
    golden_id: int
    holders: Sequence[int]
    data: bytes
    trace: bytes | None


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def opened(events: Sequence[OutboxEvent | Fact]) -> list[dict[str, Any]]:
    """The data of each event. Of one that speaks of an erased record nothing can be read any more: its place in the
    order is kept, and what it said is not."""
    found = unsealed([(event.holders, bytes(event.data)) for event in events], EVENT)
    kept_back = restricted({event.golden_id for event in events})
    return [
        _released(loads(data), event.golden_id in kept_back)
        if data is not None
        else {"golden_id": event.subject, "version": 0, "changed": [], "redacted": True}
        for event, data in zip(events, found, strict=True)
    ]


def _released(data: dict[str, Any], kept_back: bool) -> dict[str, Any]:
    """``data``; of a golden record under restriction nothing but which one it is. A snapshot follows when it is
    lifted."""
    if not kept_back:
        return data
    return {key: data[key] for key in ("golden_id", "version", "cause") if key in data} | {
        "changed": [], "restricted": True,
    }  # fmt: skip


def envelope(event: OutboxEvent | Fact, data: Mapping[str, Any]) -> dict[str, Any]:
    """The event's body, the same in the feed and in webhooks; ``data`` as ``opened`` gave them, or
    what of them a receiver may be told (``hub.release``)."""
    body: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.public_id,
        "source": "/concord",
        "type": event.type,
        "subject": event.subject,
        "time": rfc3339(event.time),
        "datacontenttype": "application/json",
        "dataschema": f"/api/v1/schema/events/{event.type}/1",
        "sequence": event.sequence,
        "data": {key: value for key, value in data.items() if key != "origins"},
    }
    if event.trace:  # CloudEvents' Distributed Tracing extension
        body["traceparent"] = trace.written(event.trace)
    return body
