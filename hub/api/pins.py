"""Pins by API: what a steward sets over the rules, and which value of a record does not count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub import audit, pinning
from hub.api.access import client_name
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, body_text, only, public_id
from hub.api.openapi import describe, ref
from hub.api.problems import Problem
from hub.models import Pin
from matching.cells import RecordError, instant_of

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
        return answer_json({"items": pinning.of_golden(public_id(golden_id, "gr"))})

    @describe(
        "Pin a value, or have a record's value ignored",
        body=ref("PinStatement"),
        answers={201: ref("Pin")},
        problems=["not-found", "gone", "stale", "invalid-record"],
    )
    def post(self, request: Request, golden_id: str) -> HttpResponse:
        body = only(read_object(request), *_KEYS)
        kind = body.get("kind", Pin.Kind.PIN)
        if kind not in Pin.Kind.values:
            raise Problem("invalid-request", "kind is pin or ignore.", field="kind")
        record = body_text(body, "record", longest=1000)
        if kind == Pin.Kind.IGNORE and not record:
            raise Problem("invalid-request", "Name the record whose value is to be ignored.", field="record")
        put = pinning.ignore if kind == Pin.Kind.IGNORE else pinning.pin
        made = put(
            golden_id=public_id(golden_id, "gr"),
            attribute=body_text(body, "attribute", required=True),
            value=body.get("value"),
            reason=body_text(body, "reason", required=True, longest=pinning.LONGEST_REASON),
            until=_until(body),
            record=record,
            client=client_name(request),
        )
        return answer_json(pinning.shown_one(made), status=201)


class PinDoor(Door):
    """``DELETE /golden/{golden_id}/pins/{pin_id}``"""

    required_scopes = ["judgements:write"]

    @describe("Take a pin or an ignore back", answers={204: None}, problems=["not-found", "gone", "stale"])
    def delete(self, request: Request, golden_id: str, pin_id: str) -> HttpResponse:
        pin = pinning.find(public_id(golden_id, "gr"), public_id(pin_id, "pin"))
        if pin.ended_at is None:  # a repeat changes nothing and is answered as the first was
            pinning.unpin(pin, by=audit.client(client_name(request)))
        return HttpResponse(status=204)


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
