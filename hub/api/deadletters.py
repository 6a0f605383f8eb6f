"""Dead letters by API: what was given up, by cause, and another try for it. None of it tells what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub import audit, deadletters
from hub.api.access import client_name, reach_of
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, body_text, only, query_number, query_text
from hub.api.openapi import describe, query, ref
from hub.api.paging import cursor_after, cursor_for
from hub.api.problems import Problem
from hub.deadletters import KINDS, MOST, Letter, Verdict
from hub.events import rfc3339

_KIND = {"type": "string", "enum": list(KINDS)}
_AT = {"type": "string", "format": "date-time"}
_NEXT = {"type": ["string", "null"]}
_ID = {"type": "string", "pattern": "^(msg|dl)_[0-9a-z]{26}$"}
_CAUSE = {"type": "string", "maxLength": 100}


def _page(required: Sequence[str], **properties: Any) -> dict[str, Any]:
    """A page of objects with these properties."""
    items = {"type": "object", "required": [*required], "properties": properties}
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": items}, "next": _NEXT},
    }


_GROUPS = _page(
    ("cause", "kind", "count", "oldest_at", "newest_at", "example"),
    cause=_CAUSE, kind=_KIND, count={"type": "integer", "minimum": 1}, oldest_at=_AT, newest_at=_AT, example=_ID,
)  # fmt: skip
_LETTERS = _page(
    ("id", "kind", "cause", "at", "attempts", "problem"),
    id=_ID, kind=_KIND, cause=_CAUSE, at=_AT, attempts={"type": "integer"}, problem={"type": "object"},
    source_system={"type": "string"}, event_id={"type": "string"}, event_type={"type": "string"},
    golden_id={"type": "string"}, sequence={"type": "integer"}, endpoint_id={"type": "string"},
)  # fmt: skip
_ASKED = {
    "type": "object",
    "properties": {
        "ids": {"type": "array", "items": {"type": "string", "maxLength": 40}, "minItems": 1, "maxItems": MOST},
        "cause": {"type": "string", "minLength": 1, "maxLength": 100},
        "dry_run": {"type": "boolean", "description": "Only say what would become of each; nothing is stored."},
    },
    "additionalProperties": False,
}
_DONE = {
    "type": "object",
    "required": ["dry_run", "items", "left"],
    "properties": {
        "dry_run": {"type": "boolean"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "outcome"],
                "properties": {
                    "id": {"type": "string"},
                    "outcome": {"enum": ["would_resolve", "would_send", "replayed", "problem", "not_dead"]},
                    "problem": ref("Problem"),
                    "note": {"type": "string"},
                },
            },
        },
        "left": {"type": "boolean", "description": f"Whether the cause had more than {MOST}: ask again for the rest."},
    },
}


class DeadLettersDoor(Door):
    """``GET /dead-letters``"""

    required_scopes = ["operate"]

    @describe(
        "What was given up, of the inbox and of deliveries, by cause",
        name="dead_letters_list",
        answers={200: _GROUPS},
        parameters=[query("kind", _KIND, "Only those of the inbox, or of deliveries.")],
    )
    def get(self, request: Request) -> HttpResponse:
        kind = query_text(request, "kind") or None
        if kind is not None and kind not in KINDS:
            raise Problem("invalid-request", "kind is inbox or delivery.", field="kind")
        items = [
            {"cause": g.cause, "kind": g.kind, "count": g.count, "oldest_at": rfc3339(g.oldest_at),
             "newest_at": rfc3339(g.newest_at), "example": g.example}
            for g in deadletters.groups(kind, reach=reach_of(request))
        ]  # fmt: skip
        return answer_json({"items": items, "next": None})


class DeadLettersOfCauseDoor(Door):
    """``GET /dead-letters/{cause}``"""

    required_scopes = ["operate"]

    @describe(
        "The dead letters of one cause, oldest first, without what they hold",
        answers={200: _LETTERS},
        parameters=[
            query("cursor", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Letters a page."),
        ],
        problems=["not-found"],
    )
    def get(self, request: Request, cause: str) -> HttpResponse:
        limit = query_number(request, "limit", 100, lowest=1, highest=500)
        found = deadletters.letters(cause, after=cursor_after(request), limit=limit, reach=reach_of(request))
        following = cursor_for(found[-1].place) if len(found) == limit else None
        return answer_json({"items": [_shown(letter) for letter in found], "next": following})


class ReplayDoor(Door):
    """``POST /dead-letters/replay``"""

    required_scopes = ["operate"]

    @describe(
        "Have dead letters tried again, or hear what would become of them",
        body=_ASKED,
        answers={200: _DONE},
        problems=["not-found"],
    )
    def post(self, request: Request) -> HttpResponse:
        asked = only(read_object(request), "ids", "cause", "dry_run")
        dry_run = asked.get("dry_run", False)
        if not isinstance(dry_run, bool):
            raise Problem("invalid-request", "dry_run is true or false.", field="dry_run")
        reach, left = reach_of(request), False
        if ("ids" in asked) == ("cause" in asked):
            raise Problem("invalid-request", "Name either ids or a cause.", field="ids")
        if "cause" in asked:
            ids = deadletters.ids_of(body_text(asked, "cause", required=True, longest=100), limit=MOST + 1, reach=reach)
            ids, left = ids[:MOST], len(ids) > MOST
        else:
            ids = _ids(asked["ids"])
        said = (
            deadletters.rehearse(ids, reach=reach)
            if dry_run
            else deadletters.replay(ids, by=audit.client(client_name(request)), reach=reach)
        )
        return answer_json({"dry_run": dry_run, "items": [_told(verdict) for verdict in said], "left": left})


def _ids(asked: Any) -> list[str]:
    good = isinstance(asked, list) and 1 <= len(asked) <= MOST
    if not good or not all(isinstance(item, str) and len(item) <= 40 for item in asked):
        raise Problem("invalid-request", f"ids is a list of 1 to {MOST} ids of dead letters.", field="ids")
    return list(dict.fromkeys(asked))


def _shown(letter: Letter) -> dict[str, Any]:
    return {"id": letter.id, "kind": letter.kind, "cause": letter.cause, "at": rfc3339(letter.at),
            "attempts": letter.attempts, "problem": letter.problem, **letter.about}  # fmt: skip


def _told(verdict: Verdict) -> dict[str, Any]:
    said: dict[str, Any] = {"id": verdict.id, "outcome": verdict.outcome}
    if verdict.problem is not None:
        said["problem"] = verdict.problem
    if verdict.note:
        said["note"] = verdict.note
    return said
