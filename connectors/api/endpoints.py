"""Endpoints: who gets webhooks, of which events and whose customers, and under which secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from connectors.api import shapes
from connectors.api.bounds import found, page, within_own
from connectors.outbound import endpoints, health, trial
from hub import audit
from hub.api.access import client_name
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, body_text, only, query_number
from hub.api.openapi import describe, header, query
from hub.api.paging import cursor_after, cursor_for
from hub.api.preconditions import etag_of, require, unchanged
from hub.api.problems import Problem
from hub.events import rfc3339
from hub.models import Endpoint

_LISTS = ("events", "within", "hidden", "masked", "only")
_LONGEST = {"url": 2000, "description": 1000, "region": 8, "purpose": 200}
_MATCH = header("If-Match", "The ETag of the endpoint as it was read: 412 where it is another by now.")


def actor(request: Request) -> str:
    return audit.client(client_name(request))


def shown(endpoint: Endpoint) -> dict[str, Any]:
    now = timezone.now()
    return {
        "endpoint_id": endpoint.public_id,
        **{name: getattr(endpoint, name) for name in endpoints.NAMES},
        "state": endpoint.state,
        "disabled_at": rfc3339(endpoint.disabled_at) if endpoint.disabled_at else None,
        "disabled_reason": endpoint.disabled_reason,
        "secrets": 1 + sum(until > now for until in endpoint.secrets_until),
        "created_at": rfc3339(endpoint.created_at),
    }


def _answer(endpoint: Endpoint) -> HttpResponse:
    answer = answer_json(shown(endpoint))
    answer["ETag"] = etag_of(answer.content)
    return answer


def _tag(endpoint: Endpoint) -> str:
    return etag_of(answer_json(shown(endpoint)).content)


def _wishes(asked: dict[str, Any]) -> dict[str, Any]:
    """What a body says of an endpoint; null takes a wish back. Raises ``Problem``."""
    only(asked, *endpoints.NAMES)
    said: dict[str, Any] = {}
    for name, value in asked.items():
        if name in _LONGEST:
            said[name] = body_text(asked, name, required=name == "url", longest=_LONGEST[name])
        else:
            said[name] = _texts(value if value is not None else ["*"] if name == "within" else [], name)
    return said


def _texts(value: Any, name: str) -> list[str]:
    ok = isinstance(value, list) and len(value) <= 100
    if not ok or not all(isinstance(one, str) and 0 < len(one) <= 200 for one in value):
        raise Problem("invalid-request", f"{name} is a list of at most 100 names.", field=name)
    return list(value)


def _body(request: Request) -> dict[str, Any]:
    """The body of a request that may do without one."""
    empty = request._request.META.get("CONTENT_LENGTH", "") in ("", "0")
    return {} if empty and not request._request.META.get("HTTP_TRANSFER_ENCODING") else read_object(request)


class EndpointsDoor(Door):
    """``/webhook-endpoints``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "The receivers of webhooks, without their secrets",
        answers={200: shapes.PAGE},
        parameters=[
            query("cursor", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Endpoints a page."),
        ],
        name="webhook_endpoints_list",
    )
    def get(self, request: Request) -> HttpResponse:
        limit = query_number(request, "limit", 100, lowest=1, highest=500)
        items = page(request, after=cursor_after(request), limit=limit)
        following = cursor_for(items[-1].pk) if len(items) == limit else None
        return answer_json({"items": [shown(endpoint) for endpoint in items], "next": following})

    @describe(
        "Have events sent to a URL from now on; the answer shows the secret this once",
        body=shapes.ASKED,
        answers={201: shapes.MADE},
    )
    def post(self, request: Request) -> HttpResponse:
        said = within_own(request, _wishes(read_object(request)))
        if "url" not in said:
            raise Problem("invalid-request", "url is needed: where to send the events.", field="url")
        endpoint, secret = endpoints.create(endpoints.Wishes(**said), by=actor(request))
        return answer_json({**shown(endpoint), "secret": secret}, status=201, ETag=_tag(endpoint))


class EndpointDoor(Door):
    """``/webhook-endpoints/{endpoint_id}``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "One receiver of webhooks, without its secret",
        answers={200: shapes.SHOWN, 304: None},
        problems=["not-found"],
        parameters=[header("If-None-Match", "An ETag of before: 304 while the endpoint is the same.")],
    )
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        answer = _answer(found(request, endpoint_id))
        if unchanged(request, answer["ETag"]):
            same = HttpResponse(status=304)
            same["ETag"] = answer["ETag"]
            return same
        return answer

    @describe(
        "Other wishes for a receiver; what is not named stays, and null takes a wish back",
        body=shapes.CHANGE,
        answers={200: shapes.SHOWN},
        problems=["not-found"],
        parameters=[_MATCH],
    )
    def patch(self, request: Request, endpoint_id: str) -> HttpResponse:
        endpoint = found(request, endpoint_id)
        said = within_own(request, _wishes(read_object(request)), held=endpoint)
        changed = endpoints.change(
            endpoint, said, by=actor(request), only_if=lambda held: require(request, _tag(held))
        )  # fmt: skip
        return _answer(changed)

    @describe(
        "Send nothing more to a receiver, and forget its deliveries",
        answers={204: None},
        problems=["not-found"],
        parameters=[_MATCH],
    )
    def delete(self, request: Request, endpoint_id: str) -> HttpResponse:
        endpoints.delete(
            found(request, endpoint_id), by=actor(request), only_if=lambda held: require(request, _tag(held))
        )  # fmt: skip
        return HttpResponse(status=204)


class PauseDoor(Door):
    """``POST /webhook-endpoints/{endpoint_id}/pause``"""

    required_scopes = ["webhooks:manage"]

    @describe("Let deliveries wait, in their order", answers={200: shapes.SHOWN}, problems=["not-found"])
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        return _answer(endpoints.pause(found(request, endpoint_id), by=actor(request)))


class ResumeDoor(Door):
    """``POST /webhook-endpoints/{endpoint_id}/resume``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "Send again what waited, in its order, to a receiver that was paused or disabled",
        answers={200: shapes.SHOWN},
        problems=["not-found"],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        return _answer(endpoints.resume(found(request, endpoint_id), by=actor(request)))


class RotateDoor(Door):
    """``POST /webhook-endpoints/{endpoint_id}/rotate-secret``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "A new secret, shown this once; the one before signs beside it until the overlap ends",
        body=shapes.ROTATE,
        answers={200: shapes.MADE},
        problems=["not-found"],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        endpoint, asked = found(request, endpoint_id), only(_body(request), "overlap_seconds")
        seconds = asked.get("overlap_seconds")
        if seconds is None:
            seconds = int(endpoints.OVERLAP.total_seconds())
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds < 2**31:
            raise Problem("invalid-request", "overlap_seconds is a whole number.", field="overlap_seconds")
        rotated, secret = endpoints.rotate(endpoint, overlap=timedelta(seconds=seconds), by=actor(request))
        return answer_json({**shown(rotated), "secret": secret}, ETag=_tag(rotated))


class TestDoor(Door):
    """``POST /webhook-endpoints/{endpoint_id}/test``"""

    required_scopes = ["webhooks:manage"]

    @describe(
        "Send a signed `endpoint.test` now, whatever the state of the endpoint, and say how it was taken",
        answers={200: shapes.TRIED},
        problems=["not-found"],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        return answer_json(trial.run(found(request, endpoint_id), by=actor(request)))


class HealthDoor(Door):
    """``GET /webhook-endpoints/{endpoint_id}/health``"""

    required_scopes = ["webhooks:manage"]

    @describe("How a receiver has been doing", answers={200: shapes.HEALTH}, problems=["not-found"])
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        return answer_json(health.of([found(request, endpoint_id)])[0].shown())
