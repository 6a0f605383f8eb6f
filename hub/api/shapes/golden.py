"""Golden records as they are, were and came to be, the crosswalk, and events."""

from __future__ import annotations

from hub.api.shapes.words import (
    ADDRESS,
    DECISION,
    GOLDEN_ID,
    MASKED,
    MOMENT,
    NEXT,
    WITHHELD,
    Schema,
    closed,
    many,
    public_id,
    record,
    ref,
)

_CAUSE = record(("type", "ref"), type={"type": "string"}, ref={"type": "string"})
_AT_INSTANT = record(
    ("instant", "state"), instant=MOMENT, state={"type": "string", "enum": ["absent", "live", "retired"]},
    version={"type": "integer", "minimum": 1},
)  # fmt: skip
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

SHAPES: dict[str, Schema] = {
    "CrosswalkLink": record(
        ("source_system", "source_id"), source_system={"type": "string"}, source_id={"type": "string"}
    ),
    "GoldenProfile": record(
        ("golden_id", "kind", "version", "updated_at", "profile", "crosswalk", "consents"),
        golden_id=GOLDEN_ID, kind={"type": "string", "enum": ["person", "organisation"]},
        version={"type": "integer", "minimum": 1}, updated_at=MOMENT, profile={"type": "object"},
        crosswalk=many(ref("CrosswalkLink")), consents=many(ref("Consent")), provenance={"type": "object"},
        withheld=WITHHELD, masked=MASKED,
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
            updated_at=MOMENT, profile={"type": "object"}, crosswalk=many(ref("CrosswalkLink")),
            consents=many(ref("Consent")), as_of=MOMENT, withheld=WITHHELD, masked=MASKED,
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
        changed=many({"type": "string"}), joined=many(ref("CrosswalkLink")), left=many(ref("CrosswalkLink")),
        came_from=many(GOLDEN_ID), went_to=many(GOLDEN_ID), exact={"type": "boolean"},
        policy={"type": "integer"}, unreadable={"type": "integer", "minimum": 1},
        retired=record(
            ("at", "cause", "successors"), at=MOMENT, cause=_CAUSE, successors=many(GOLDEN_ID),
        ),
    ),
    "HistoryPage": record(("items", "next"), items=many(ref("Version")), next=NEXT),
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
    "GoldenPage": record(("items", "next"), items=many(ref("GoldenProfile")), next=NEXT),
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
        others=many(ref("CrosswalkLink")), withheld=WITHHELD, masked=MASKED,
    ),
    "CrosswalkLookup": closed(("records",), records=many(
        {"anyOf": [ADDRESS, ref("CrosswalkLink")]}, minItems=1, maxItems=1000
    )),
    "CrosswalkAnswers": record(("items",), items=many(ref("CrosswalkEntry"))),
    "ResolveQuestion": closed(
        ("record",), record=ref("CanonicalRecordWithoutId"), limit={"type": "integer", "minimum": 1, "maximum": 50},
        scope={"type": "string", "description": "Among whose customers: the client's one scope, or main, without it."},
    ),
    "ResolveAnswer": record(
        ("decision", "golden_id", "model", "candidates"),
        decision=DECISION, golden_id={"type": ["string", "null"]}, model={"type": "string"},
        candidates=many(record(
            ("golden_id", "match_weight", "match_probability", "decision", "explanation"),
            golden_id=GOLDEN_ID, match_weight={"type": "number"},
            match_probability={"type": "number", "minimum": 0, "maximum": 1}, decision=DECISION,
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
    "GoldenExplanation": record(("golden_id",), golden_id=GOLDEN_ID, withheld=WITHHELD, masked=MASKED),
    "Event": record(
        ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "sequence", "data"),
        specversion={"const": "1.0"}, id=public_id("evt"), source={"type": "string"}, type={"type": "string"},
        subject=GOLDEN_ID, time=MOMENT, datacontenttype={"const": "application/json"},
        dataschema={"type": "string"}, sequence={"type": "integer", "minimum": 1}, data={"type": "object"},
        traceparent={"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
    ),
    "EventPage": record(("items", "next"), items=many(ref("Event")), next={"type": "string"}),
}  # fmt: skip
