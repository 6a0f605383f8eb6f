"""Consent: statements, what counts, and questions about it."""

from __future__ import annotations

from hub.api.shapes.words import (
    MASKED,
    MOMENT,
    STATE,
    TEXT,
    WITHHELD,
    Schema,
    closed,
    many,
    public_id,
    record,
    ref,
)

SHAPES: dict[str, Schema] = {
    "Consent": record(
        ("purpose", "channel", "state"),
        purpose={"type": "string"}, channel={"type": "string"}, contact_point=TEXT, state=STATE, brand=TEXT,
        decided_by={"type": "string"}, effective_to=MOMENT,
    ),
    "Consents": record(
        ("effective", "statements"),
        effective=many(ref("Consent")), withheld=WITHHELD, masked=MASKED,
        statements=many(record(
            ("statement_id", "record", "purpose", "channel", "state", "captured_at", "recorded_at"),
            statement_id=public_id("cs"), record={"type": "string"}, purpose={"type": "string"},
            channel={"type": "string"}, contact_point={"type": "string"}, state=STATE, captured_at=MOMENT,
            recorded_at=MOMENT,
        )),
    ),
    "ConsentStatement": closed(
        ("purpose", "channel", "state"),
        purpose={"type": "string", "minLength": 1}, channel={"type": "string", "minLength": 1}, contact_point=TEXT,
        state=STATE, captured_at=TEXT, effective_from=TEXT, effective_to=TEXT, brand=TEXT, jurisdiction=TEXT,
        legal_basis=TEXT, proof=TEXT, text_version=TEXT, source=TEXT, double_opt_in={"type": ["boolean", "null"]},
    ),
    "ConsentsSaid": record(
        ("statement_id", "statements"),
        statement_id=public_id("cs"), statements=many(record(("statement_id",), statement_id=public_id("cs"))),
    ),
    "ConsentQuestion": closed(
        ("purpose", "channel"),
        purpose={"type": "string"}, channel={"type": "string"}, contact_point=TEXT, brand=TEXT, jurisdiction=TEXT,
    ),
    "ConsentDecision": record(
        ("allowed", "state", "decided_by", "text", "legal_basis", "contact_points"),
        allowed={"type": "boolean"}, state=STATE, decided_by={"type": ["string", "null"]}, text={"type": "string"},
        legal_basis={"type": "string"}, contact_points=many({"type": "string"}), withheld=WITHHELD, masked=MASKED,
    ),
    "SuppressionQuestion": closed(
        ("purpose", "channel", "contact_points"),
        purpose={"type": "string"}, channel={"type": "string"}, brand=TEXT, jurisdiction=TEXT,
        contact_points=many({"type": "string", "minLength": 1, "maxLength": 1000}, minItems=1, maxItems=1000),
    ),
    "SuppressionAnswer": record(("items",), items=many(record(
        ("index", "suppressed"), index={"type": "integer"}, suppressed={"type": "boolean"},
    ))),
}  # fmt: skip
