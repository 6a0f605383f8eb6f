"""Endpoints: who gets webhooks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from connectors.outbound import endpoints
from hub import audit
from hub.api.access import client_name
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, body_text, only, public_id, query_number
from hub.api.openapi import describe, query
from hub.api.paging import cursor_after, cursor_for
from hub.api.problems import Problem
from hub.errors import NotFound
from hub.events import TYPES, rfc3339
from hub.models import Endpoint

_ID = {"type": "string", "pattern": "^we_[0-9a-z]{26}$"}
_EVENTS = {"type": "array", "items": {"type": "string", "enum": list(TYPES)}}
_SHOWN: dict[str, Any] = {
    "type": "object",
    "required": ["endpoint_id", "url", "events", "description", "region", "state", "created_at"],
    "properties": {
        "endpoint_id": _ID,
        "url": {"type": "string"},
        "events": _EVENTS,
        "description": {"type": "string"},
        "region": {"type": "string"},
        "state": {"type": "string", "enum": list(Endpoint.State.values)},
        "created_at": {"type": "string", "format": "date-time"},
    },
}
_MADE = {
    **_SHOWN,
    "required": [*_SHOWN["required"], "secret"],
    "properties": {**_SHOWN["properties"], "secret": {"type": "string", "pattern": "^whsec_"}},
}
_ASKED = {
    "type": "object",
    "required": ["url"],
    "properties": {
        "url": {"type": "string", "minLength": 1, "maxLength": 2000},
        "events": {**_EVENTS, "type": ["array", "null"], "maxItems": 100},
        "description": {"type": ["string", "null"], "maxLength": 1000},
        "region": {"type": ["string", "null"], "maxLength": 8, "description": "Where it is: see release by region."},
    },
    "additionalProperties": False,
}
_PAGE = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {"items": {"type": "array", "items": _SHOWN}, "next": {"type": ["string", "null"]}},
}


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint.public_id,
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
        "region": endpoint.region,
        "state": endpoint.state,
        "created_at": rfc3339(endpoint.created_at),
    }


class EndpointsDoor(Door):
    """``/webhook-endpoints``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "The receivers of webhooks, without their secrets",
        answers={200: _PAGE},
        parameters=[
            query("cursor", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Endpoints a page."),
        ],
        name="webhook_endpoints_list",
    )
    def get(self, request: Request) -> HttpResponse:
        limit = query_number(request, "limit", 100, lowest=1, highest=500)
        found = list(Endpoint.objects.filter(id__gt=cursor_after(request)).order_by("id")[:limit])
        following = cursor_for(found[-1].pk) if len(found) == limit else None
        return answer_json({"items": [_shown(endpoint) for endpoint in found], "next": following})

    @describe(
        "Have events sent to a URL from now on; the answer shows the secret this once",
        body=_ASKED,
        answers={201: _MADE},
    )
    def post(self, request: Request) -> HttpResponse:
        asked = only(read_object(request), "url", "events", "description", "region")
        events = asked.get("events") or []
        if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
            raise Problem("invalid-request", "events is a list of event types.", field="events")
        endpoint, secret = endpoints.create(
            url=body_text(asked, "url", required=True, longest=2000),
            events=events,
            description=body_text(asked, "description"),
            region=body_text(asked, "region", longest=8),
            by=audit.client(client_name(request)),
        )
        return answer_json({**_shown(endpoint), "secret": secret}, status=201)


class EndpointDoor(Door):
    """``/webhook-endpoints/{endpoint_id}``"""

    required_scopes = ["webhooks:manage"]

    @describe("One receiver of webhooks, without its secret", answers={200: _SHOWN}, problems=["not-found"])
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        return answer_json(_shown(_found(endpoint_id)))

    @describe("Send nothing more to a receiver, and forget its deliveries", answers={204: None}, problems=["not-found"])
    def delete(self, request: Request, endpoint_id: str) -> HttpResponse:
        endpoints.delete(_found(endpoint_id), by=audit.client(client_name(request)))
        return HttpResponse(status=204)


def _found(endpoint_id: str) -> Endpoint:
    found = Endpoint.objects.filter(public_id=public_id(endpoint_id, "we")).first()
    if found is None:
        raise NotFound("No webhook endpoint has this id.")
    return found
