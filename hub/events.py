"""Events as receivers see them: a CloudEvents 1.0 envelope around a fact about one golden record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hub.models import OutboxEvent

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


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def envelope(event: OutboxEvent) -> dict[str, Any]:
    """The event's body, the same in the feed and in webhooks."""
    return {
        "specversion": "1.0",
        "id": event.public_id,
        "source": "/concord",
        "type": event.type,
        "subject": event.subject,
        "time": rfc3339(event.time),
        "datacontenttype": "application/json",
        "dataschema": f"/api/v1/schema/events/{event.type}/1",
        "sequence": event.sequence,
        "data": json.loads(bytes(event.data)),
    }
