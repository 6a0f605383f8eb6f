"""Who is this? And why do two records match, or not?"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from hub import pipeline, selectors
from hub.api.access import note_read
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, public_id, query_text, record_address
from hub.api.forms import nested_of
from hub.api.golden import RESTRICTED
from hub.api.openapi import describe, query, ref
from hub.api.problems import Problem
from hub.api.released import Listener, listener
from hub.api.throttle import READS
from hub.errors import NotFound


class ResolveDoor(Door):
    """``POST /resolve``"""

    required_scopes = ["resolve"]
    budget = READS

    @describe(
        "Who is this? Nothing is stored",
        body={"anyOf": [ref("ResolveQuestion"), ref("CanonicalRecordWithoutId")]},
        answers={200: ref("ResolveAnswer")},
        problems=["invalid-record", "body-too-large", "no-model"],
    )
    def post(self, request: Request) -> HttpResponse:
        record, limit = _question(read_object(request, limit=settings.HUB_MAX_RECORD_BYTES))
        found = pipeline.resolve(record, limit=limit)
        note_read(request, "candidates.read", [candidate["golden_id"] for candidate in found["candidates"]])
        return answer_json(found)


def _question(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """(nested record without an address, how many candidates at most)."""
    limit = 5
    record: Any = body
    if "record" in body:
        if body.keys() - {"record", "limit"}:
            raise Problem("invalid-request", "Beside record, only limit may be given.")
        record, limit = body["record"], body.get("limit", 5)
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 50:
            raise Problem("invalid-request", "limit is a whole number from 1 to 50.", field="limit")
        if not isinstance(record, dict):
            raise Problem("invalid-request", "record must be a JSON object.", field="record")
    # Who asks may know the record's address; the question is about the person, not about that record.
    asked = {key: value for key, value in record.items() if key not in ("source_system", "source_id")}
    nested = nested_of({**asked, "source_id": "-"})
    return {key: value for key, value in nested.items() if key != "source_id"}, limit


class GoldenExplanationDoor(Door):
    """``GET /golden/{golden_id}/explanation``"""

    required_scopes = ["golden:read"]

    @describe(
        "How a golden record was put together",
        answers={200: ref("GoldenExplanation")},
        problems=["not-found", "restricted"],
    )
    def get(self, request: Request, golden_id: str) -> HttpResponse:
        found = selectors.golden(public_id(golden_id, "gr"))
        if found.state != "live":
            raise NotFound("The golden record is not live: ask for it to see where its records are now.")
        if found.restricted:
            raise Problem("restricted", RESTRICTED, golden_id=golden_id)
        note_read(request, "explanation.read", [golden_id])
        said = pipeline.explain_golden(golden_id)
        if who := listener(request):
            said = _released(said, json.loads(found.body or b"{}"), who)
        return answer_json(said)


def _released(said: dict[str, Any], profile: dict[str, Any], who: Listener) -> dict[str, Any]:
    """An explanation with the origins of those values, and the links of those records, that may be told."""
    told = who.told({**profile, "provenance": said["provenance"]}, said["provenance"])
    known = {f"{linked['source_system']}:{linked['source_id']}" for linked in told.get("crosswalk", ())}
    return {
        **said,
        "records": [record for record in said["records"] if record in known],
        "links": [link for link in said["links"] if {link["a"], link["b"]} <= known],
        "judgements": [one for one in said["judgements"] if {one["a"], one["b"]} <= known],
        "provenance": told["provenance"],
        **{key: told[key] for key in ("withheld",) if key in told},
    }


class PairExplanationDoor(Door):
    """``GET /explanation?a=system:id&b=system:id``"""

    required_scopes = ["golden:read"]

    @describe(
        "Why two source records match, or do not, and what would change that",
        answers={200: ref("PairExplanation")},
        problems=["not-found", "invalid-record", "no-model"],
        parameters=[
            query("a", {"type": "string", "minLength": 3}, "Address of a record, `system:source_id`.", required=True),
            query("b", {"type": "string", "minLength": 3}, "Address of another.", required=True),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        a, b = (record_address(query_text(request, name), name) for name in ("a", "b"))
        said = pipeline.explain_pair(a, b)
        homes = selectors.crosswalk_many([a, b])
        note_read(request, "explanation.read", [home["golden_id"] for home in homes if home and home["golden_id"]])
        return answer_json(said)
