"""Privacy requests."""

from __future__ import annotations

from hub.api.shapes.words import (
    ADDRESS,
    GOLDEN_ID,
    MOMENT,
    NEXT,
    TEXT,
    Schema,
    closed,
    many,
    public_id,
    record,
    ref,
)

SHAPES: dict[str, Schema] = {
    "PrivacyRequestStatement": {
        **closed(
            ("kind",),
            kind={"type": "string", "enum": ["access", "portability", "rectification", "restriction", "erasure"]},
            golden_id={**GOLDEN_ID, "description": "The customer; or else a record."},
            record={**ADDRESS, "description": "One source record alone, as system:source_id."},
            jurisdiction={"type": ["string", "null"], "maxLength": 20,
                          "description": "Whose law sets the deadline: EU (the default), a country's or state's code."},
            reference={"type": ["string", "null"], "maxLength": 1000, "description": "What you call it."},
        ),
        "oneOf": [{"required": ["golden_id"]}, {"required": ["record"]}],
    },
    "PrivacyRequest": record(
        ("request_id", "kind", "state", "golden_id", "due_at", "steps"),
        request_id=public_id("pr"),
        kind={"type": "string", "enum": ["access", "portability", "rectification", "restriction", "erasure"]},
        state={"type": "string", "enum": ["received", "in_progress", "waiting_for_targets", "done", "refused"]},
        golden_id={"type": ["string", "null"]}, jurisdiction={"type": "string"}, law={"type": "string"},
        reference={"type": "string"}, reason={"type": "string"}, received_at=MOMENT, due_at=MOMENT,
        extended_at=MOMENT, closed_at=MOMENT,
        steps=many(record(
            ("step", "state", "at", "target"),
            step={"type": "string"}, state={"type": "string", "enum": ["waiting", "done"]},
            at={"type": ["string", "null"], "format": "date-time"},
            target={**TEXT, "description": "Who owes it: a source system, a receiver, the requester, a second person; "
                                           "null: the hub."},
            by=TEXT, proof=TEXT,
        )),
    ),
    "PrivacyRequestPage": record(("items", "next"), items=many(ref("PrivacyRequest")), next=NEXT),
    "PrivacyAcknowledgement": closed(
        ("target",), target={"type": "string", "minLength": 1, "maxLength": 100},
        proof={"type": ["string", "null"], "maxLength": 1000},
    ),
    "PrivacyReason": closed(("reason",), reason={"type": "string", "minLength": 1, "maxLength": 1000}),
}  # fmt: skip
