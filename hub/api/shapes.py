"""The JSON Schemas of what comes in and goes out (OpenAPI 3.1 components)."""

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


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


GOLDEN_ID = public_id("gr")
_WITHHELD: Schema = {
    "type": "array", "items": {"type": "string"},
    "description": "Attributes of which values are withheld: from receivers of this region, or from this client.",
}  # fmt: skip
_MASKED: Schema = {
    "type": "array", "items": {"type": "string"},
    "description": "Attributes whose values are masks: this client may know that there are values, and not which.",
}  # fmt: skip
ADDRESS: Schema = {"type": "string", "pattern": "^[^:]+:.*[^\\s]", "description": "system:source_id"}
SOURCE_ID: Schema = {"type": ["string", "integer"], "description": "The record's id in its source system."}
_STATE: Schema = {"type": "string", "enum": ["granted", "withdrawn", "pending", "unknown"]}
_VERDICT: Schema = {"type": "string", "enum": ["same", "different", "unsure"]}
_DECISION: Schema = {"type": "string", "enum": ["match", "potential_match", "non_match"]}
_NEXT: Schema = {"type": ["string", "null"]}
_REASON: Schema = {"type": ["string", "null"], "maxLength": 1000}

_CAUSE = record(("type", "ref"), type={"type": "string"}, ref={"type": "string"})
_AT_INSTANT = record(
    ("instant", "state"), instant=MOMENT, state={"type": "string", "enum": ["absent", "live", "retired"]},
    version={"type": "integer", "minimum": 1},
)  # fmt: skip

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
            purpose={"type": "string"}, channel={"type": "string"}, contact_point=TEXT, state=_STATE,
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

_EXPLANATION = record(
    ("prior", "total", "comparisons"),
    prior={"type": "number", "description": "bits"},
    total={"type": "number", "description": "prior plus the comparisons' weights, bits"},
    comparisons=many(
        record(
            ("attribute", "level", "match_weight", "text"),
            attribute={"type": "string"}, level={"type": "string"}, match_weight={"type": "number"},
            text={"type": "string"},
        )
    ),
)  # fmt: skip
_PIN = record(
    ("pin_id", "kind", "attribute", "value", "reason", "record", "made_at", "until"),
    pin_id=public_id("pin"), kind={"type": "string", "enum": ["pin", "ignore"]}, attribute={"type": "string"}, value={},
    reason={"type": "string"}, record={"type": "string"}, author={"type": "string"}, made_at=MOMENT,
    until={"type": ["string", "null"], "format": "date-time"},
)  # fmt: skip
_JUDGEMENT = record(
    ("judgement_id", "a", "b", "judgement"),
    judgement_id=public_id("jd"), review_id=public_id("rv"), a=ADDRESS, b=ADDRESS, judgement=_VERDICT,
    reason=TEXT, created_at=MOMENT,
)  # fmt: skip

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
            status={"type": "string", "enum": ["accepted", "rejected"]}, problem=_ref("Problem"),
        )),
    ),
    "Message": record(
        ("message_id", "source_system", "source_id", "status", "received_at"),
        message_id=public_id("msg"), source_system={"type": "string"}, source_id={"type": "string"},
        status={"type": "string", "enum": ["accepted", "resolved", "rejected", "dead_letter"]},
        golden_id={"type": ["string", "null"]}, received_at=MOMENT,
        resolved_at={"type": ["string", "null"], "format": "date-time"}, problem={"type": ["object", "null"]},
    ),
    "CrosswalkLink": record(
        ("source_system", "source_id"), source_system={"type": "string"}, source_id={"type": "string"}
    ),
    "GoldenProfile": record(
        ("golden_id", "kind", "version", "updated_at", "profile", "crosswalk", "consents"),
        golden_id=GOLDEN_ID, kind={"type": "string", "enum": ["person", "organisation"]},
        version={"type": "integer", "minimum": 1}, updated_at=MOMENT, profile={"type": "object"},
        crosswalk=many(_ref("CrosswalkLink")), consents=many(_ref("Consent")), provenance={"type": "object"},
        withheld=_WITHHELD, masked=_MASKED,
    ),
    "GoldenSparse": {
        **record(
            ("golden_id", "kind", "version"),
            golden_id=GOLDEN_ID, kind={"type": "string", "enum": ["person", "organisation"]},
            version={"type": "integer", "minimum": 1},
        ),
        "description": "What was asked for by `fields`.",
    },
    "GoldenAsOf": {
        **record(
            ("golden_id", "version", "as_of", "exact"),
            golden_id=GOLDEN_ID, kind={"type": "string"}, version={"type": "integer", "minimum": 1},
            updated_at=MOMENT, profile={"type": "object"}, crosswalk=many(_ref("CrosswalkLink")),
            consents=many(_ref("Consent")), as_of=MOMENT, withheld=_WITHHELD, masked=_MASKED,
            exact={"type": "boolean", "description": "Whether the values are just those that were shown then."},
            unreadable={
                "type": "integer", "minimum": 1,
                "description": "Records that were redacted or erased since: the values are those of the others.",
            },
        ),
        "description": "A golden profile as it was; without values where none of its records can be read any more.",
    },
    "Version": record(
        ("version", "since", "until", "cause", "changed", "joined", "left", "came_from", "went_to", "exact"),
        version={"type": "integer", "minimum": 1}, since=MOMENT,
        until={"type": ["string", "null"], "format": "date-time"}, cause=_CAUSE,
        changed=many({"type": "string"}), joined=many(_ref("CrosswalkLink")), left=many(_ref("CrosswalkLink")),
        came_from=many(GOLDEN_ID), went_to=many(GOLDEN_ID), exact={"type": "boolean"},
        policy={"type": "integer"}, unreadable={"type": "integer", "minimum": 1},
        retired=record(
            ("at", "cause", "successors"), at=MOMENT, cause=_CAUSE, successors=many(GOLDEN_ID),
        ),
    ),
    "HistoryPage": record(("items", "next"), items=many(_ref("Version")), next=_NEXT),
    "Difference": record(
        ("golden_id", "from", "to", "changes"),
        golden_id=GOLDEN_ID, **dict.fromkeys(("from", "to"), _AT_INSTANT),
        changes=many({
            **record(
                ("attribute",), attribute={"type": "string"}, before={}, after={}, added={"type": "array"},
                removed={"type": "array"},
            ),
            "description": "before and after where it was there; of a list also what came and what went.",
        }),
    ),
    "GoldenPage": record(("items", "next"), items=many(_ref("GoldenProfile")), next=_NEXT),
    "Retired": record(
        ("golden_id", "state", "successors"),
        golden_id=GOLDEN_ID, state={"const": "retired"}, successors=many(GOLDEN_ID, minItems=1),
    ),
    "Search": {
        **closed(
            (),
            query={"type": "string", "maxLength": 200}, name={"type": "string", "maxLength": 200},
            email={"type": "string", "maxLength": 200}, phone={"type": "string", "maxLength": 200},
            identifier={"type": "string", "maxLength": 200},
            limit={"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        ),
        "minProperties": 1,
    },
    "CrosswalkEntry": record(
        ("golden_id", "source_system", "source_id", "others"),
        golden_id={"type": ["string", "null"]}, source_system={"type": "string"}, source_id={"type": "string"},
        others=many(_ref("CrosswalkLink")), withheld=_WITHHELD, masked=_MASKED,
    ),
    "CrosswalkLookup": closed(("records",), records=many(
        {"anyOf": [ADDRESS, _ref("CrosswalkLink")]}, minItems=1, maxItems=1000
    )),
    "CrosswalkAnswers": record(("items",), items=many(_ref("CrosswalkEntry"))),
    "ResolveQuestion": closed(
        ("record",), record=_ref("CanonicalRecordWithoutId"), limit={"type": "integer", "minimum": 1, "maximum": 50},
        scope={"type": "string", "description": "Among whose customers: the client's one scope, or main, without it."},
    ),
    "ResolveAnswer": record(
        ("decision", "golden_id", "model", "candidates"),
        decision=_DECISION, golden_id={"type": ["string", "null"]}, model={"type": "string"},
        candidates=many(record(
            ("golden_id", "match_weight", "match_probability", "decision", "explanation"),
            golden_id=GOLDEN_ID, match_weight={"type": "number"},
            match_probability={"type": "number", "minimum": 0, "maximum": 1}, decision=_DECISION,
            explanation=_EXPLANATION,
        )),
    ),
    "PairExplanation": {
        **_EXPLANATION,
        "required": [*_EXPLANATION["required"], "linked", "because", "would_flip"],
        "properties": {
            **_EXPLANATION["properties"], "linked": {"type": "boolean"}, "because": {"type": "string"},
            "would_flip": many(record(("change", "total"), change={"type": "string"}, total={"type": "number"})),
        },
    },
    "GoldenExplanation": record(("golden_id",), golden_id=GOLDEN_ID, withheld=_WITHHELD, masked=_MASKED),
    "Event": record(
        ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "sequence", "data"),
        specversion={"const": "1.0"}, id=public_id("evt"), source={"type": "string"}, type={"type": "string"},
        subject=GOLDEN_ID, time=MOMENT, datacontenttype={"const": "application/json"},
        dataschema={"type": "string"}, sequence={"type": "integer", "minimum": 1}, data={"type": "object"},
        traceparent={"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
    ),
    "EventPage": record(("items", "next"), items=many(_ref("Event")), next={"type": "string"}),
    "JudgementStatement": closed(("a", "b", "judgement"), a=ADDRESS, b=ADDRESS, judgement=_VERDICT, reason=_REASON),
    "Judgement": _JUDGEMENT,
    "PinStatement": closed(
        ("attribute", "reason"),
        kind={"type": "string", "enum": ["pin", "ignore"], "default": "pin"},
        attribute={"type": "string", "minLength": 1, "maxLength": 120,
                   "description": "name, birth_date, emails, attributes.tier and so on."},
        value={"description": "As in a canonical record; of collections one item. Ignoring: what the record says now."},
        reason={"type": "string", "minLength": 1, "maxLength": 2000},
        until={"type": ["string", "null"], "format": "date-time", "description": "When the hub ends it by itself."},
        record={"type": ["string", "null"], "maxLength": 1000,
                "description": "The record that it hangs on, system:source_id; to be named when ignoring."},
    ),
    "Pin": _PIN,
    "Pins": record(("items",), items=many(_ref("Pin"))),
    "Review": record(
        ("review_id", "state", "golden_ids", "match_weight", "opened_at", "priority"),
        review_id=public_id("rv"), state={"type": "string", "enum": ["open", "decided", "obsolete"]},
        golden_ids=many(GOLDEN_ID, minItems=2, maxItems=2), match_weight={"type": "number"}, opened_at=MOMENT,
        priority={"type": "integer"}, versions={"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    "ReviewPage": record(("items", "next"), items=many(_ref("Review")), next=_NEXT),
    "ReviewDecision": closed(
        ("judgement",), judgement=_VERDICT, reason=_REASON,
        versions={
            "type": ["object", "null"], "propertyNames": GOLDEN_ID, "additionalProperties": {"type": "integer"},
            "description": "The version of each golden record as you last saw it: 409 when one has changed.",
        },
    ),
    "Consent": record(
        ("purpose", "channel", "state"),
        purpose={"type": "string"}, channel={"type": "string"}, contact_point=TEXT, state=_STATE, brand=TEXT,
        decided_by={"type": "string"}, effective_to=MOMENT,
    ),
    "Consents": record(
        ("effective", "statements"),
        effective=many(_ref("Consent")), withheld=_WITHHELD, masked=_MASKED,
        statements=many(record(
            ("statement_id", "record", "purpose", "channel", "state", "captured_at", "recorded_at"),
            statement_id=public_id("cs"), record={"type": "string"}, purpose={"type": "string"},
            channel={"type": "string"}, contact_point={"type": "string"}, state=_STATE, captured_at=MOMENT,
            recorded_at=MOMENT,
        )),
    ),
    "ConsentStatement": closed(
        ("purpose", "channel", "state"),
        purpose={"type": "string", "minLength": 1}, channel={"type": "string", "minLength": 1}, contact_point=TEXT,
        state=_STATE, captured_at=TEXT, effective_from=TEXT, effective_to=TEXT, brand=TEXT, jurisdiction=TEXT,
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
        allowed={"type": "boolean"}, state=_STATE, decided_by={"type": ["string", "null"]}, text={"type": "string"},
        legal_basis={"type": "string"}, contact_points=many({"type": "string"}), withheld=_WITHHELD, masked=_MASKED,
    ),
    "SuppressionQuestion": closed(
        ("purpose", "channel", "contact_points"),
        purpose={"type": "string"}, channel={"type": "string"}, brand=TEXT, jurisdiction=TEXT,
        contact_points=many({"type": "string", "minLength": 1, "maxLength": 1000}, minItems=1, maxItems=1000),
    ),
    "SuppressionAnswer": record(("items",), items=many(record(
        ("index", "suppressed"), index={"type": "integer"}, suppressed={"type": "boolean"},
    ))),
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
            target={**TEXT, "description": "Who owes it: a source system, a receiver, the requester; null: the hub."},
            by=TEXT, proof=TEXT,
        )),
    ),
    "PrivacyRequestPage": record(("items", "next"), items=many(_ref("PrivacyRequest")), next=_NEXT),
    "PrivacyAcknowledgement": closed(
        ("target",), target={"type": "string", "minLength": 1, "maxLength": 100},
        proof={"type": ["string", "null"], "maxLength": 1000},
    ),
    "PrivacyReason": closed(("reason",), reason={"type": "string", "minLength": 1, "maxLength": 1000}),
}  # fmt: skip
