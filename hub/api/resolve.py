"""Who is this? And why do two records match, or not?"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from hub import pipeline, selectors
from hub.api import explained
from hub.api.access import Grant, grant_of, note_read, reach_of
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, public_id, query_text, record_address
from hub.api.forms import nested_of
from hub.api.golden import RESTRICTED
from hub.api.openapi import describe, query, ref
from hub.api.problems import Problem
from hub.api.released import listener
from hub.api.throttle import READS
from hub.errors import NotFound
from matching.evidence import told as evidence


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
        body = read_object(request, limit=settings.HUB_MAX_RECORD_BYTES)
        record, limit = _question(body)
        found = pipeline.resolve(record, limit=limit, scope=_scope(body, grant_of(request)))
        note_read(request, "candidates.read", [candidate["golden_id"] for candidate in found["candidates"]])
        if view := grant_of(request).view:
            found["candidates"] = [explained.candidate(candidate, view) for candidate in found["candidates"]]
        return answer_json(found)


def _scope(body: dict[str, Any], grant: Grant) -> str:
    """The scope to look in: the one that is asked for, the client's only one, or main. One out of the client's reach
    is as one that nobody has."""
    asked = body.get("scope") if "record" in body else None
    if asked is None:
        own = grant.reach.scopes or ()
        asked = next(iter(own)) if len(own) == 1 else selectors.MAIN_SCOPE
    if not isinstance(asked, str) or not selectors.is_scope(asked) or not grant.reach.sees(asked):
        detail = "Name, as scope, one of those whose customers the client reaches: it is given with the record."
        raise Problem("invalid-request", detail, field="scope")
    return asked


def _question(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """(nested record without an address, how many candidates at most)."""
    limit = 5
    record: Any = body
    if "record" in body:
        if body.keys() - {"record", "limit", "scope"}:
            raise Problem("invalid-request", "Beside record, only limit and scope may be given.")
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
        found = selectors.golden(public_id(golden_id, "gr"), reach=reach_of(request))
        if found.state != "live":
            raise NotFound("The golden record is not live: ask for it to see where its records are now.")
        if found.restricted:
            raise Problem("restricted", RESTRICTED, golden_id=golden_id)
        note_read(request, "explanation.read", [golden_id])
        said = pipeline.explain_golden(golden_id)
        if who := listener(request):
            said = explained.golden(said, json.loads(found.body or b"{}"), who)
        return answer_json(said)


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
        reach, view = reach_of(request), grant_of(request).view
        a, b = (reach.record(record_address(query_text(request, name), name)) for name in ("a", "b"))
        said = pipeline.explain_pair(a, b)
        homes = selectors.crosswalk_many([a, b])
        note_read(request, "explanation.read", [home["golden_id"] for home in homes if home and home["golden_id"]])
        return answer_json(evidence(said, view) if view else said)
