"""What comes in: problems, canonical records and what became of them."""

from __future__ import annotations

from hub.api.shapes.words import (
    MOMENT,
    SOURCE_ID,
    STATE,
    TEXT,
    Schema,
    many,
    public_id,
    record,
    ref,
)

_NESTED: dict[str, Schema] = {
    "kind": {"type": ["string", "null"], "description": "person (the default) or organisation"},
    "name": {
        "type": ["object", "null"],
        "properties": {
            **dict.fromkeys(("full", "prefix", "given", "middle", "family", "suffix"), TEXT),
            "former_family": {"type": ["array", "null"], "items": {"type": "string"}},
        },
    },
    "organisation": {"type": ["object", "null"], "properties": {"name": TEXT}},
    "birth_date": TEXT,
    "emails": {"type": ["array", "null"], "items": record(("value",), value={"type": "string"}, type=TEXT)},
    "phones": {"type": ["array", "null"], "items": record(("value",), value={"type": "string"}, type=TEXT)},
    "addresses": {
        "type": ["array", "null"],
        "items": record(
            (), **dict.fromkeys(("type", "street", "unit", "city", "region", "postal_code", "country"), TEXT)
        ),
    },
    "identifiers": {
        "type": ["array", "null"],
        "items": record(("type", "value"), type={"type": "string"}, issuer=TEXT, value={"type": "string"}),
    },
    "consents": {
        "type": ["array", "null"],
        "items": record(
            ("purpose", "channel", "state"),
            purpose={"type": "string"}, channel={"type": "string"}, contact_point=TEXT, state=STATE,
            captured_at=TEXT, legal_basis=TEXT, jurisdiction=TEXT, brand=TEXT, proof=TEXT, effective_from=TEXT,
            effective_to=TEXT, text_version=TEXT, source=TEXT, double_opt_in={"type": ["boolean", "string", "null"]},
        ),
    },
    "relations": {"type": ["array", "null"], "items": {"type": "object"}},
    "attributes": {"type": ["object", "null"]},
    "business_unit": TEXT,
    "occurred_at": TEXT,
    "version": {"type": ["integer", "null"]},
    "deleted": {"type": ["boolean", "null"]},
}  # fmt: skip

SHAPES: dict[str, Schema] = {
    "Problem": record(
        ("type", "title", "status", "detail"),
        type={"type": "string", "format": "uri-reference"}, title={"type": "string"}, status={"type": "integer"},
        detail={"type": "string"}, field={"type": "string"},
    ),
    "CanonicalRecord": {
        **record(("source_id",), source_id=SOURCE_ID, **_NESTED),
        "description": "Nested, or flat with the columns of the files; unknown keys are kept as attributes.",
    },
    "CanonicalRecordWithoutId": {**record((), **_NESTED), "minProperties": 1},
    "Accepted": record(("message_id", "status"), message_id=public_id("msg"), status={"const": "accepted"}),
    "Resolved": record(
        ("message_id", "status", "golden_id"),
        message_id=public_id("msg"), status={"const": "resolved"}, golden_id={"type": ["string", "null"]},
    ),
    "BatchResult": record(
        ("accepted", "rejected", "results"),
        accepted={"type": "integer"}, rejected={"type": "integer"},
        results=many(record(
            ("index", "status"),
            index={"type": "integer"}, message_id=public_id("msg"),
            status={"type": "string", "enum": ["accepted", "rejected"]}, problem=ref("Problem"),
        )),
    ),
    "Message": record(
        ("message_id", "source_system", "source_id", "status", "received_at"),
        message_id=public_id("msg"), source_system={"type": "string"}, source_id={"type": "string"},
        status={"type": "string", "enum": ["accepted", "resolved", "rejected", "dead_letter"]},
        golden_id={"type": ["string", "null"]}, received_at=MOMENT,
        resolved_at={"type": ["string", "null"], "format": "date-time"}, problem={"type": ["object", "null"]},
    ),
}  # fmt: skip
