"""What stewards say: judgements, pins, reviews."""

from __future__ import annotations

from hub.api.shapes.words import (
    ADDRESS,
    GOLDEN_ID,
    MOMENT,
    NEXT,
    REASON,
    TEXT,
    VERDICT,
    Schema,
    closed,
    many,
    public_id,
    record,
    ref,
)

_PIN = record(
    ("pin_id", "kind", "attribute", "value", "reason", "record", "made_at", "until"),
    pin_id=public_id("pin"), kind={"type": "string", "enum": ["pin", "ignore"]}, attribute={"type": "string"}, value={},
    reason={"type": "string"}, record={"type": "string"}, author={"type": "string"}, made_at=MOMENT,
    until={"type": ["string", "null"], "format": "date-time"},
)  # fmt: skip
_JUDGEMENT = record(
    ("judgement_id", "a", "b", "judgement"),
    judgement_id=public_id("jd"), review_id=public_id("rv"), a=ADDRESS, b=ADDRESS, judgement=VERDICT,
    reason=TEXT, created_at=MOMENT,
)  # fmt: skip

SHAPES: dict[str, Schema] = {
    "JudgementStatement": closed(("a", "b", "judgement"), a=ADDRESS, b=ADDRESS, judgement=VERDICT, reason=REASON),
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
    "Pins": record(("items",), items=many(ref("Pin"))),
    "Review": record(
        ("review_id", "state", "golden_ids", "match_weight", "opened_at", "priority"),
        review_id=public_id("rv"), state={"type": "string", "enum": ["open", "decided", "obsolete"]},
        golden_ids=many(GOLDEN_ID, minItems=2, maxItems=2), match_weight={"type": "number"}, opened_at=MOMENT,
        priority={"type": "integer"}, versions={"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    "ReviewPage": record(("items", "next"), items=many(ref("Review")), next=NEXT),
    "ReviewDecision": closed(
        ("judgement",), judgement=VERDICT, reason=REASON,
        versions={
            "type": ["object", "null"], "propertyNames": GOLDEN_ID, "additionalProperties": {"type": "integer"},
            "description": "The version of each golden record as you last saw it: 409 when one has changed.",
        },
    ),
}  # fmt: skip
