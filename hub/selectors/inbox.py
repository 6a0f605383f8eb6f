"""Where an inbox message is, for whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import NotFound
from hub.events import rfc3339
from hub.keyring import opened
from hub.models import InboxMessage
from hub.ports import mapping
from hub.sealing import PAYLOAD
from hub.sql import rows
from matching.jsontext import loads


def message(public_id: str) -> dict[str, Any]:
    """Where an inbox message is (SHAPES: Ingest); raises ``NotFound``."""
    found = (
        InboxMessage.objects.filter(public_id=public_id)
        .values("status", "address", "payload", "mapping", "part", "received_at", "resolved_at", "problem",
                "system__code", "record__crosswalk__golden__public_id")
        .first()
    )  # fmt: skip
    if found is None:
        raise NotFound("No message has this id.")
    return {
        "message_id": public_id,
        "source_system": found["system__code"],
        "source_id": _source_id(found),
        "status": InboxMessage.Status(found["status"]).label,
        "golden_id": found["record__crosswalk__golden__public_id"],
        "received_at": rfc3339(found["received_at"]),
        "resolved_at": rfc3339(found["resolved_at"]) if found["resolved_at"] else None,
        "problem": found["problem"],
    }


def _source_id(message: Mapping[str, Any]) -> str | None:
    """The source id in a message's payload; None where that cannot be read any more."""
    (payload,) = opened([(bytes(message["address"]), bytes(message["payload"]))], PAYLOAD)
    if payload is None:
        return None
    said = loads(payload)
    if message["mapping"]:
        try:
            said = mapping(message["mapping"]).to_nested(said)[message["part"]]
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            return None  # a mapping that was wrong then or is now
    return str(said["source_id"])


def outcome_of(public_id: str) -> tuple[int, str | None]:
    """(status, golden id) of an inbox message, by one prepared statement: somebody waits for it."""
    ((status, golden_id),) = rows(
        """
        SELECT m.status, g.public_id FROM hub_inboxmessage m
        LEFT JOIN hub_crosswalk c ON c.record_id = m.record_id LEFT JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE m.public_id = %s
        """,
        public_id,
    )
    return status, golden_id
