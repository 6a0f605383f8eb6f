"""What was sent to an endpoint, and each try: ids, times and classes of failure, no word of a customer or receiver."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.errors import NotFound
from hub.events import rfc3339
from hub.models import Delivery, Endpoint
from hub.sql import rows

_LABELS = {state.value: state.label for state in Delivery.State}
_TRIES = 100
_COLUMNS = (
    "delivery_id", "webhook_id", "type", "golden_id", "sequence", "position", "state", "attempts", "error", "event_at",
    "next_attempt_at", "delivered_at", "replayed_at",
)  # fmt: skip
_SELECT = """
    SELECT d.event_id, d.id, d.public_id, e.public_id, e.type, e.subject, e.sequence, d.position, d.state, d.attempts,
           d.error, e.time, CASE WHEN d.state = 0 THEN d.next_attempt_at END, d.delivered_at, d.replayed_at
    FROM hub_delivery d JOIN hub_outboxevent e ON e.id = d.event_id
"""


def page(
    endpoint: Endpoint, *, state: str = "", after: int = 0, limit: int, newest_first: bool = False
) -> tuple[list[dict[str, Any]], int | None]:
    """Deliveries in the order of their events (or the other way round) behind the place ``after``, and the place to go
    on from, if there may be more."""
    # Written out, so that the index of dead letters is seen to fit.
    only = " ".join(f"AND d.state = {value}" for value, label in _LABELS.items() if label == state)
    beyond, way = ("<", "DESC") if newest_first else (">", "ASC")
    found = rows(
        f"{_SELECT} WHERE d.endpoint_id = %s AND d.event_id {beyond} %s {only} ORDER BY d.event_id {way} LIMIT %s",
        endpoint.pk,
        after or (2**63 - 1 if newest_first else 0),
        limit,
    )
    return [_shown(row) for row in found], found[-1][0] if len(found) == limit else None


def one(endpoint: Endpoint, public_id: str) -> dict[str, Any]:
    """A delivery with its last tries, the newest first; raises ``NotFound``."""
    found = rows(f"{_SELECT} WHERE d.endpoint_id = %s AND d.public_id = %s", endpoint.pk, public_id)
    if not found:
        raise NotFound("The endpoint has no delivery of this id.")
    tries = rows(
        "SELECT at, status_code, error, milliseconds FROM hub_attempt WHERE delivery_id = %s ORDER BY id DESC LIMIT %s",
        found[0][1],
        _TRIES,
    )
    names = ("at", "status_code", "error", "milliseconds")
    return {**_shown(found[0]), "tries": [_json(names, row) for row in tries]}


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    shown = _json(_COLUMNS, row[2:])
    return {**shown, "state": _LABELS[shown["state"]]}


def _json(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    told = (rfc3339(value) if isinstance(value, datetime) else value for value in values)
    return dict(zip(names, told, strict=True))
