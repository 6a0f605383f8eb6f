"""Pins by API: what a steward sets over the rules, and which value of a record does not count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub import audit, pinning, selectors
from hub.api.access import Grant, client_name, grant_of, must_see, reach_of
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, body_text, only, public_id
from hub.api.openapi import describe, header, ref
from hub.api.preconditions import changed, versions
from hub.api.problems import Problem
from hub.errors import Stale
from hub.models import Pin
from hub.release import Gate
from hub.visibility import HIDDEN, View
from matching.cells import RecordError, instant_of
from matching.masks import STARS

_KEYS = ("kind", "attribute", "value", "reason", "until", "record")


class PinsDoor(Door):
    """``GET`` and ``POST /golden/{golden_id}/pins``"""

    required_scopes = ["judgements:write"]

    @describe(
        "The pins of a golden record and the values of its records that are ignored",
        answers={200: ref("Pins")},
        problems=["not-found", "gone", "stale"],
    )
    def get(self, request: Request, golden_id: str) -> HttpResponse:
        items = pinning.of_golden(reach_of(request).golden(public_id(golden_id, "gr")))
        return answer_json({"items": _released(items, grant_of(request))})

    @describe(
        "Pin a value, or have a record's value ignored",
        body=ref("PinStatement"),
        answers={201: ref("Pin")},
        problems=["not-found", "gone", "stale", "invalid-record", "withheld", "precondition-failed"],
        parameters=[header("If-Match", "The ETag of the golden profile as it was read: 412 where it is another now.")],
    )
    def post(self, request: Request, golden_id: str) -> HttpResponse:
        body = only(read_object(request), *_KEYS)
        kind = body.get("kind", Pin.Kind.PIN)
        if kind not in Pin.Kind.values:
            raise Problem("invalid-request", "kind is pin or ignore.", field="kind")
        record = body_text(body, "record", longest=1000)
        if kind == Pin.Kind.IGNORE and not record:
            raise Problem("invalid-request", "Name the record whose value is to be ignored.", field="record")
        attribute = body_text(body, "attribute", required=True)
        must_see(request, attribute, field="attribute")
        golden = reach_of(request).golden(public_id(golden_id, "gr"))
        put = pinning.ignore if kind == Pin.Kind.IGNORE else pinning.pin
        seen = versions(request)
        try:
            made = put(
                golden_id=golden,
                attribute=attribute,
                value=body.get("value"),
                reason=body_text(body, "reason", required=True, longest=pinning.LONGEST_REASON),
                until=_until(body),
                record=record,
                client=client_name(request),
                version=_version(golden, seen),
            )
        except Stale:
            raise changed() if seen is not None else Stale from None
        shown = pinning.shown_one(made)
        # Of what its sender said itself, where it came to rest is all that could be news.
        (said,) = _released([shown], grant_of(request)) or [{**shown, "record": STARS}]
        return answer_json(said, status=201)


class PinDoor(Door):
    """``DELETE /golden/{golden_id}/pins/{pin_id}``"""

    required_scopes = ["judgements:write"]

    @describe("Take a pin or an ignore back", answers={204: None}, problems=["not-found", "gone", "stale"])
    def delete(self, request: Request, golden_id: str, pin_id: str) -> HttpResponse:
        pin = pinning.find(reach_of(request).golden(public_id(golden_id, "gr")), public_id(pin_id, "pin"))
        if pin.ended_at is None:  # a repeat changes nothing and is answered as the first was
            pinning.unpin(pin, by=audit.client(client_name(request)))
        return HttpResponse(status=204)


def _released(items: list[dict[str, Any]], grant: Grant) -> list[dict[str, Any]]:
    """Pins as the client may have them: a value is withheld from its region as its record's own would be."""
    gate = Gate.now()
    if gate is not None:
        items = [
            pin if gate.lets("crosswalk", pin["record"], grant.region) else {**pin, "record": STARS}
            for pin in items
            if gate.lets(pin["attribute"], pin["record"], grant.region)
        ]
    return _seen(items, grant.view) if grant.view else items


def _seen(items: list[dict[str, Any]], view: View) -> list[dict[str, Any]]:
    """Pins of what the client sees; where a value is masked so is the reason, which may tell it."""
    return [
        {**pin, "record": view.record(pin["record"]), **({} if view.shows(pin["attribute"]) else
         {"value": view.covered(pin["attribute"], pin["value"]), "reason": ""})}
        for pin in items
        if view.see(pin["attribute"]) != HIDDEN
    ]  # fmt: skip


def _version(golden_id: str, seen: frozenset[int] | None) -> int | None:
    """Which of the versions that were seen is to be the present one, which is looked at again under the locks."""
    if seen is None:
        return None
    present = selectors.golden(golden_id).version
    if present not in seen:
        raise changed()
    return present


def _until(body: dict[str, Any]) -> datetime | None:
    if body.get("until") is None:
        return None
    try:
        moment = instant_of(body["until"], "until")
    except RecordError:
        moment = None
    if moment is None:
        raise Problem(
            "invalid-request", "until is an instant of RFC 3339, such as 2027-01-01T00:00:00Z.", field="until"
        )
    return moment.astimezone(UTC)
