"""Time: every version of a golden record, what differed between two instants, and the profile as it was."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub import history
from hub.api.access import grant_of, note_read, reach_of
from hub.api.doors import Door, answer_json, public_id, query_number
from hub.api.instants import instant
from hub.api.openapi import describe, query, ref
from hub.api.paging import cursor_after, cursor_for
from hub.api.problems import Problem
from hub.api.released import listener
from hub.errors import NotFound
from hub.visibility import HIDDEN, View
from matching.canonical import rfc3339

_INSTANT = {"type": "string", "format": "date-time"}
# Above the highest version: the first page begins below it.
_NEWEST = 2**31 - 1


class HistoryDoor(Door):
    """``GET /golden/{golden_id}/history``"""

    required_scopes = ["golden:read"]

    @describe(
        "Every version with what caused it, the newest first; or, with from and to, what differs between two instants",
        answers={200: {"anyOf": [ref("HistoryPage"), ref("Difference")]}},
        problems=["not-found", "gone", "withheld"],
        parameters=[
            query("from", _INSTANT, "The earlier instant (or the later: then the difference is told backwards)."),
            query("to", _INSTANT, "The other instant."),
            query("cursor", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "Versions a page."),
        ],
    )
    def get(self, request: Request, golden_id: str) -> HttpResponse:
        golden_id = reach_of(request).golden(public_id(golden_id, "gr"))
        one, two = instant(request, "from"), instant(request, "to")
        if (one is None) != (two is None):
            missing = "to" if two is None else "from"
            raise Problem("invalid-request", "A difference is between two instants: give from and to.", field=missing)
        if one is not None and two is not None:
            who = listener(request)
            if who is not None and who.gate is not None:
                detail = "The policy withholds values by region, and a difference would tell them: ask for as_of."
                raise Problem("withheld", detail, golden_id=golden_id)
            compared = history.compared(golden_id, one, two, told=who.told if who else None)
            note_read(request, "history.read", [golden_id])
            return answer_json(compared)
        limit = query_number(request, "limit", 20, lowest=1, highest=100)
        below = cursor_after(request) or _NEWEST
        items = history.history(golden_id, below=min(below, _NEWEST), limit=limit)
        note_read(request, "history.read", [golden_id])
        if view := grant_of(request).view:
            items = [_seen(item, view) for item in items]
        last = items[-1]["version"] if len(items) == limit else 1
        return answer_json({"items": items, "next": cursor_for(last) if last > 1 else None})


def _seen(item: dict[str, Any], view: View) -> dict[str, Any]:
    """A version without the names of attributes and the records that are hidden."""
    changed = [name for name in item["changed"] if view.see(name.removeprefix("profile.")) != HIDDEN]
    links = {side: [] if view.see("crosswalk") == HIDDEN else [view.link(one) for one in item[side]]
             for side in ("joined", "left")}  # fmt: skip
    return {**item, "changed": changed, **links}


def golden_as_of(request: Request, golden_id: str) -> HttpResponse | None:
    """The answer of ``GET /golden/{golden_id}`` with ``as_of``; None without it."""
    at = instant(request, "as_of")
    if at is None:
        return None
    found = history.golden_at(reach_of(request).golden(golden_id), at)
    if found.state == "absent":
        raise NotFound("No golden record had this id at that instant yet.")
    asked = {"as_of": rfc3339(at)}
    if found.state == "retired":
        if not found.successors:
            detail = "Its source systems had deleted every record of this golden record by then."
            raise Problem("gone", detail, golden_id=golden_id)
        body = {"golden_id": golden_id, "state": "retired", "successors": list(found.successors), **asked}
        if len(found.successors) > 1:
            return answer_json(body, status=300, Cache_Control="no-store")
        location = f"/api/v1/golden/{found.successors[0]}?as_of={asked['as_of']}"
        return answer_json(body, status=307, Cache_Control="no-store", Location=location)
    note_read(request, "profiles.read", [golden_id])
    view = {key: value for key, value in found.view.items() if key != "state"}
    assert found.rendered is not None
    if (who := listener(request)) and found.rendered.golden is not None:
        view = who.told(view, found.rendered.golden.provenance if who.gate else None)
    return answer_json({**view, "exact": found.rendered.exact, **asked})
