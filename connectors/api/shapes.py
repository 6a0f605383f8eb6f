"""JSON Schemas of what the doors of endpoints and deliveries take and answer."""

from __future__ import annotations

from typing import Any

from connectors.outbound.endpoints import LONGEST_OVERLAP, OVERLAP
from hub.events import TYPES
from hub.models import Delivery, Endpoint

Schema = dict[str, Any]

ENDPOINT_ID: Schema = {"type": "string", "pattern": "^we_[0-9a-z]{26}$"}
DELIVERY_ID: Schema = {"type": "string", "pattern": "^dl_[0-9a-z]{26}$"}
TIME: Schema = {"type": "string", "format": "date-time"}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
EVENTS: Schema = {"type": "array", "items": {"type": "string", "enum": list(TYPES)}}
NAMES: Schema = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 200}}
COUNT: Schema = {"type": "integer", "minimum": 0}
STATES = [state.label for state in Delivery.State]

_WISHES: Schema = {
    "url": {"type": "string"},
    "events": {**EVENTS, "description": "Types of events that it gets; none means all."},
    "description": {"type": "string"},
    "region": {"type": "string", "description": "Where it is: see release by region."},
    "within": {**NAMES, "description": "Scopes whose customers it hears of; `*` alone means all."},
    "hidden": {**NAMES, "description": "Attributes that it is never told."},
    "masked": {**NAMES, "description": "Attributes that it is told the mask of."},
    "only": {**NAMES, "description": "The attributes that it is told, and no others; none means all."},
    "purpose": {"type": "string", "description": "Contact points are told where this use of them is granted: a purpose"
                " of consent, or `purpose:channel`."},
}  # fmt: skip
SHOWN: Schema = {
    "type": "object",
    "required": ["endpoint_id", *_WISHES, "state", "disabled_at", "disabled_reason", "secrets", "created_at"],
    "properties": {
        "endpoint_id": ENDPOINT_ID,
        **_WISHES,
        "state": {"type": "string", "enum": list(Endpoint.State.values)},
        "disabled_at": MAYBE_TIME,
        "disabled_reason": {"type": "string", "description": "Why the hub disabled it: `gone` or `failing`."},
        "secrets": {**COUNT, "description": "How many sign: more than one while a rotation overlaps."},
        "created_at": TIME,
    },
}
MADE: Schema = {
    **SHOWN,
    "required": [*SHOWN["required"], "secret"],
    "properties": {**SHOWN["properties"], "secret": {"type": "string", "pattern": "^whsec_"}},
}


def _maybe(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


_CHANGED: Schema = {
    "url": {"type": "string", "minLength": 1, "maxLength": 2000},
    "events": {**_maybe(EVENTS), "maxItems": 100},
    "description": {"type": ["string", "null"], "maxLength": 1000},
    "region": {"type": ["string", "null"], "maxLength": 8},
    **{name: {**_maybe(NAMES), "maxItems": 100} for name in ("within", "hidden", "masked", "only")},
    "purpose": {"type": ["string", "null"], "maxLength": 200},
}
ASKED: Schema = {"type": "object", "required": ["url"], "properties": _CHANGED, "additionalProperties": False}
CHANGE: Schema = {"type": "object", "properties": _CHANGED, "additionalProperties": False}
PAGE: Schema = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {"items": {"type": "array", "items": SHOWN}, "next": {"type": ["string", "null"]}},
}
ROTATE: Schema = {
    "type": "object",
    "properties": {
        "overlap_seconds": {
            "type": ["integer", "null"], "minimum": 0, "maximum": int(LONGEST_OVERLAP.total_seconds()),
            "description": f"How long the present secret signs beside the new one: {int(OVERLAP.total_seconds())} "
            "unless said otherwise; 0 after a leak.",
        }
    },
    "additionalProperties": False,
}  # fmt: skip
TRIED: Schema = {
    "type": "object",
    "required": ["webhook_id", "delivered", "status_code", "error", "milliseconds"],
    "properties": {
        "webhook_id": {"type": "string"},
        "delivered": {"type": "boolean"},
        "status_code": {"type": ["integer", "null"]},
        "error": {"type": "string", "description": "A class of failure; empty where it was taken."},
        "milliseconds": COUNT,
    },
}
HEALTH: Schema = {
    "type": "object",
    "required": ["endpoint_id", "state", "failing_since", "resting_until", "last_delivered_at", "waiting",
                 "oldest_waiting_at", "dead_letters", "behind", "to_come"],
    "properties": {
        "endpoint_id": ENDPOINT_ID,
        "state": {"type": "string", "enum": list(Endpoint.State.values)},
        "failing_since": MAYBE_TIME,
        "resting_until": MAYBE_TIME,
        "last_delivered_at": MAYBE_TIME,
        "waiting": {**COUNT, "description": "Deliveries to come, counted up to 100,000."},
        "oldest_waiting_at": {**MAYBE_TIME, "description": "When the oldest event that waits happened."},
        "dead_letters": COUNT,
        "behind": {**COUNT, "description": "Golden records of which it got nothing since a dead letter."},
        "to_come": {
            **COUNT,
            "description": "Events of which no delivery was made yet, because it is disabled or left alone.",
        },
    },
}  # fmt: skip
_DELIVERY: Schema = {
    "delivery_id": DELIVERY_ID,
    "webhook_id": {"type": "string", "description": "The event's id."},
    "type": {"type": "string"},
    "golden_id": {"type": "string"},
    "sequence": COUNT,
    "position": COUNT,
    "state": {"type": "string", "enum": STATES},
    "attempts": COUNT,
    "error": {"type": "string", "description": "The class of the last failure; empty: none yet."},
    "event_at": TIME,
    "next_attempt_at": MAYBE_TIME,
    "delivered_at": MAYBE_TIME,
    "replayed_at": MAYBE_TIME,
}
DELIVERY: Schema = {"type": "object", "required": list(_DELIVERY), "properties": _DELIVERY}
DELIVERIES: Schema = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {"items": {"type": "array", "items": DELIVERY}, "next": {"type": ["string", "null"]}},
}
_ATTEMPT: Schema = {
    "type": "object",
    "required": ["at", "status_code", "error", "milliseconds"],
    "properties": {
        "at": TIME, "status_code": {"type": ["integer", "null"]}, "error": {"type": "string"}, "milliseconds": COUNT,
    },
}  # fmt: skip
ONE_DELIVERY: Schema = {
    "type": "object",
    "required": [*_DELIVERY, "tries"],
    "properties": {**_DELIVERY, "tries": {"type": "array", "items": _ATTEMPT, "description": "The last 100."}},
}
_PLACE: Schema = {
    "type": ["string", "integer", "null"],
    "description": "An instant (RFC 3339), or a position of the feed.",
}
REPLAY: Schema = {
    "type": "object",
    "properties": {
        "delivery_ids": {"type": ["array", "null"], "items": {"type": "string"}, "maxItems": 1000},
        "golden_id": {"type": ["string", "null"]},
        "from": _PLACE,
        "to": _PLACE,
        "since": _PLACE,
        "dry_run": {"type": ["boolean", "null"]},
    },
    "additionalProperties": False,
}
REPLAYED: Schema = {
    "type": "object",
    "required": ["dry_run", "events", "again", "first", "waiting", "next"],
    "properties": {
        "dry_run": {"type": "boolean"},
        "events": {**COUNT, "description": "How many events are meant: the sum of the three that follow."},
        "again": {**COUNT, "description": "Delivered or given up before, and sent once more."},
        "first": {**COUNT, "description": "Never sent to this endpoint before."},
        "waiting": {**COUNT, "description": "They wait already, and are tried at once."},
        "next": {
            "type": ["integer", "null"],
            "description": "The position to go on from (`from`) where there were too many for one request.",
        },
    },
}
