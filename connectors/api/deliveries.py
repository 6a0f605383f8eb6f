"""Deliveries of an endpoint: what was sent, what was tried, and sending it once more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from connectors.api import shapes
from connectors.api.bounds import found
from connectors.api.endpoints import actor
from connectors.outbound import log, replay
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, only, public_id, query_number, query_text
from hub.api.openapi import describe, query
from hub.api.paging import cursor_after, cursor_for
from hub.api.problems import Problem


class DeliveriesDoor(Door):
    """``GET /webhook-endpoints/{endpoint_id}/deliveries``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "What is sent to a receiver, in the order of the events",
        answers={200: shapes.DELIVERIES},
        problems=["not-found"],
        parameters=[
            query("state", {"type": "string", "enum": shapes.STATES}, "Those of this state alone."),
            query("after", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Deliveries a page."),
        ],
        name="webhook_deliveries_list",
    )
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        endpoint = found(request, endpoint_id)
        state = query_text(request, "state", longest=20)
        if state and state not in shapes.STATES:
            raise Problem("invalid-request", f"state is one of {', '.join(shapes.STATES)}.", field="state")
        limit = query_number(request, "limit", 100, lowest=1, highest=500)
        items, following = log.page(endpoint, state=state, after=cursor_after(request, "after"), limit=limit)
        return answer_json({"items": items, "next": None if following is None else cursor_for(following)})


class DeliveryDoor(Door):
    """``GET /webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "One delivery with its tries", answers={200: shapes.ONE_DELIVERY}, problems=["not-found"],
        name="webhook_delivery",
    )  # fmt: skip
    def get(self, request: Request, endpoint_id: str, delivery_id: str) -> HttpResponse:
        return answer_json(log.one(found(request, endpoint_id), public_id(delivery_id, "dl")))


class ReplayDoor(Door):
    """``POST /webhook-endpoints/{endpoint_id}/replay``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "Send once more: single deliveries, a stretch of the feed, all since then, all of a golden record",
        body=shapes.REPLAY,
        answers={200: shapes.REPLAYED},
        problems=["not-found"],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        endpoint, asked = found(request, endpoint_id), read_object(request)
        wanted, dry = _wanted(asked), asked.get("dry_run") or False
        if not isinstance(dry, bool):
            raise Problem("invalid-request", "dry_run is true or false.", field="dry_run")
        if dry:
            return answer_json(replay.dry_run(endpoint, wanted).shown(dry_run=True))
        return answer_json(replay.replay(endpoint, wanted, by=actor(request)).shown(dry_run=False))


def _wanted(asked: dict[str, Any]) -> replay.Wanted:
    """What a body asks to have replayed; raises ``Problem``. Nothing at all is not everything."""
    only(asked, "delivery_ids", "golden_id", "from", "to", "since", "dry_run")
    said = {name: value for name, value in asked.items() if value is not None and name != "dry_run"}
    if not said:
        detail = "Say what to replay: delivery_ids, golden_id, since, or from and to (from 0 is all that there is)."
        raise Problem("invalid-request", detail)
    if ("delivery_ids" in said and len(said) > 1) or ("since" in said and {"from", "to"} & said.keys()):
        detail = "delivery_ids go with nothing else, and since with neither from nor to."
        raise Problem("invalid-request", detail)
    ids = said.get("delivery_ids")
    if ids is not None and not (_texts(ids) and 0 < len(ids) <= 1000):
        raise Problem("invalid-request", "delivery_ids is a list of 1 to 1,000 ids.", field="delivery_ids")
    golden = said.get("golden_id")
    if golden is not None and not isinstance(golden, str):
        raise Problem("invalid-request", "golden_id is a public id.", field="golden_id")
    return replay.Wanted(
        first=_place(said, "since" if "since" in said else "from"),
        last=_place(said, "to"),
        golden_id=public_id(golden, "gr") if golden is not None else None,
        deliveries=[public_id(one, "dl") for one in ids] if ids is not None else None,
    )


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _place(said: dict[str, Any], name: str) -> replay.Place | None:
    value = said.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value.upper() else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        detail = f"{name} is an instant with its offset, such as 2026-01-02T03:04:05Z, or a position of the feed."
        raise Problem("invalid-request", detail, field=name)
    return moment
