"""The crosswalk: from a record of one source system to its golden id, and to the same customer elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub import history, selectors
from hub.api.access import note_read, reach_of
from hub.api.bodies import read_object, scrub_text
from hub.api.doors import Door, answer_json, only
from hub.api.instants import AS_OF, instant
from hub.api.openapi import describe, header, ref
from hub.api.problems import Problem
from hub.api.released import listener
from hub.api.throttle import READS
from hub.api.validators import validated
from hub.reach import Reach
from matching.jsontext import dumps

MAX_LOOKUPS = 1000


class CrosswalkDoor(Door):
    """``GET /crosswalk/{system}/{source_id}``; a source id may hold anything, slashes too."""

    required_scopes = ["golden:read"]

    @describe(
        "The golden id of one source record",
        answers={200: ref("CrosswalkEntry"), 304: None},
        problems=["not-found"],
        parameters=[AS_OF, header("If-None-Match", "An ETag of before: 304 while the entry is the same.")],
    )
    def get(self, request: Request, system: str, source_id: str) -> HttpResponse:
        address = scrub_text(system), scrub_text(source_id).strip()
        at = instant(request, "as_of")
        asked = reach_of(request).record(address)
        found = selectors.crosswalk(*asked) if at is None else history.crosswalk_at(*asked, at)
        note_read(request, "crosswalk.read", _golden_ids([found]))
        who = listener(request)
        return validated(request, dumps(who.linked(found) if who else found, sort=False))


class CrosswalkLookupDoor(Door):
    """``POST /crosswalk/lookup``"""

    required_scopes = ["golden:read"]
    budget = READS

    @describe(
        "The golden ids of up to 1,000 source records",
        body=ref("CrosswalkLookup"),
        answers={200: ref("CrosswalkAnswers")},
    )
    def post(self, request: Request) -> HttpResponse:
        records = only(read_object(request, limit=2 * 1024 * 1024), "records").get("records")
        if not isinstance(records, list) or not 1 <= len(records) <= MAX_LOOKUPS:
            raise Problem("invalid-request", f"records is a list of 1 to {MAX_LOOKUPS} addresses.", field="records")
        pairs = [_pair(item, index) for index, item in enumerate(records)]
        found = selectors.crosswalk_many(_reached(pairs, reach_of(request)))
        items = [answer or _unknown(*pair) for pair, answer in zip(pairs, found, strict=True)]
        note_read(request, "crosswalk.read", _golden_ids(items))
        if who := listener(request):
            items = [who.linked(item) for item in items]
        return answer_json({"items": items})


def _reached(pairs: Sequence[tuple[str, str]], reach: Reach) -> list[tuple[str, str]]:
    """Records of other customers stand as one that nobody ever had."""
    systems = {system: reach.record((system, "?")) for system in {system for system, _ in pairs}}
    return [pair if systems[pair[0]][1] else systems[pair[0]] for pair in pairs]


def _golden_ids(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [entry["golden_id"] for entry in entries if entry["golden_id"]]


def _unknown(system: str, source_id: str) -> dict[str, Any]:
    return {"golden_id": None, "source_system": system, "source_id": source_id, "others": []}


def _pair(item: Any, index: int) -> tuple[str, str]:
    """(system, source id) of ``{"source_system", "source_id"}`` or ``"system:source_id"``."""
    if isinstance(item, str):
        system, _, source_id = item.partition(":")
    elif isinstance(item, dict):
        system, source_id = item.get("source_system"), item.get("source_id")  # type: ignore[assignment]
    else:
        system = source_id = ""
    if not (isinstance(system, str) and isinstance(source_id, str) and system and source_id.strip()):
        raise Problem("invalid-request", "Each record has a source_system and a source_id.", field=f"records[{index}]")
    return system, source_id.strip()
