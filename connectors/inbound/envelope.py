"""A webhook's topic and time, kept with its payload.

Shopify says in headers what a payload means (created or deleted) and when it happened. The inbox keeps
payloads only, so the webhook door wraps them: ``{"_webhook": {"topic", "triggered_at"}, "payload": …}``.
A bare payload, as from a batch export, has no envelope and is read as the record's present state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.inbound.parts import as_text, instant, require_object

_KEY = "_webhook"


@dataclass(frozen=True, slots=True)
class Notice:
    """What the headers said: ``topic`` in the vendor's spelling, ``triggered_at`` RFC 3339 in UTC."""

    topic: str | None = None
    triggered_at: str | None = None


def wrap(payload: Any, *, topic: str | None = None, triggered_at: str | None = None) -> dict[str, Any]:
    """The payload with its notice, as the inbox should keep it."""
    return {_KEY: {"topic": topic, "triggered_at": triggered_at}, "payload": payload}


def unwrap(payload: Any) -> tuple[Notice, Mapping[str, Any]]:
    """The notice (empty without an envelope) and the vendor's payload; raises ``MappingError``."""
    data = require_object(payload)
    if _KEY not in data:
        return Notice(), data
    said = require_object(data[_KEY], _KEY)
    notice = Notice(as_text(said.get("topic"), "topic"), instant(said.get("triggered_at"), "triggered_at"))
    return notice, require_object(data.get("payload"))
