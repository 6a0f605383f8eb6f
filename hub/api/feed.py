"""The ordered feed of what changed, and the schemas of its events."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from hub import feed
from hub.api.access import note_read, reach_of
from hub.api.doors import Door, answer_bytes, answer_json, query_number
from hub.api.openapi import describe, query, ref
from hub.api.released import listener
from hub.errors import NotFound
from hub.events import TEST, TYPES

_SCHEMAS = Path(__file__).parent / "schemas"


class EventsDoor(Door):
    """``GET /events``"""

    required_scopes = ["events:read"]

    @describe(
        "What changed, in order; the same events that webhooks carry",
        answers={200: ref("EventPage")},
        parameters=[
            query(
                "after",
                {"type": "string", "pattern": "^[0-9]{1,19}$"},
                "The `next` of the page before; without it, from the beginning.",
            ),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "Events a page."),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        after = query_number(request, "after", 0, lowest=0, highest=2**63 - 1)
        limit = query_number(request, "limit", 100, lowest=1, highest=1000)
        who = listener(request)
        items, following = feed.events(
            after=after, limit=limit, told=who.told if who else None, reach=reach_of(request)
        )
        note_read(request, "events.read", {item["subject"] for item in items})
        # A reader that is level keeps its place: the same cursor gives what comes next.
        return answer_json({"items": items, "next": str(following)})


@lru_cache(maxsize=len(TYPES) + 1)
def event_schema(event_type: str) -> bytes:
    return (_SCHEMAS / f"{event_type}.json").read_bytes()


class EventSchemaDoor(Door):
    """``GET /schema/events/{event_type}/{version}``: what ``dataschema`` of an event names."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @describe("The JSON Schema of an event's data", answers={200: {"type": "object"}}, problems=["not-found"])
    def get(self, request: Request, event_type: str, version: str) -> HttpResponse:
        if event_type not in (*TYPES, TEST) or version != "1":
            raise NotFound("There is no such event schema.")
        return answer_bytes(event_schema(event_type), Cache_Control="public, max-age=86400")
