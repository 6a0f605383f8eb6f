"""The words that shapes are put together from."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
MOMENT: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": ["string", "null"]}


def public_id(prefix: str) -> Schema:
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-z]{{26}}$"}


def record(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


def closed(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {**record(required, **properties), "additionalProperties": False}


def many(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


GOLDEN_ID = public_id("gr")
WITHHELD: Schema = {
    "type": "array", "items": {"type": "string"},
    "description": "Attributes of which values are withheld: from receivers of this region, or from this client.",
}  # fmt: skip
MASKED: Schema = {
    "type": "array", "items": {"type": "string"},
    "description": "Attributes whose values are masks: this client may know that there are values, and not which.",
}  # fmt: skip
ADDRESS: Schema = {"type": "string", "pattern": "^[^:]+:.*[^\\s]", "description": "system:source_id"}
SOURCE_ID: Schema = {"type": ["string", "integer"], "description": "The record's id in its source system."}
STATE: Schema = {"type": "string", "enum": ["granted", "withdrawn", "pending", "unknown"]}
VERDICT: Schema = {"type": "string", "enum": ["same", "different", "unsure"]}
DECISION: Schema = {"type": "string", "enum": ["match", "potential_match", "non_match"]}
NEXT: Schema = {"type": ["string", "null"]}
REASON: Schema = {"type": ["string", "null"], "maxLength": 1000}
