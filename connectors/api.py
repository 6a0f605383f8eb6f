"""REST doors of the connectors: endpoints of receivers, and vendors' own webhooks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from connectors.inbound import registry
from connectors.inbound.envelope import wrap
from connectors.outbound import endpoints
from connectors.signatures import header
from hub import audit, pipeline
from hub.api.access import client_name
from hub.api.bodies import BodyReader, decode, parse, read_object
from hub.api.doors import Door, answer_json, body_text, only, public_id, query_number
from hub.api.openapi import describe, query
from hub.api.paging import cursor_after, cursor_for
from hub.api.problems import Problem
from hub.errors import InvalidRecord, NotFound, UnknownSource
from hub.events import TYPES, rfc3339
from hub.models import Endpoint, SourceSystem
from hub.models.inbox import Lane
from hub.privacy import vendors

MAX_BYTES = 1024 * 1024
_BAD_SIGNATURE = "invalid-signature"

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
_TAKEN = {
    "type": "object",
    "required": ["status", "message_id", "message_ids"],
    "properties": {
        "status": {"const": "accepted"},
        "message_id": {"type": ["string", "null"]},
        "message_ids": {"type": "array", "items": {"type": "string"}},
        "refused": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        "request_ids": {"type": "array", "items": {"type": "string", "pattern": "^pr_[0-9a-z]{26}$"}},
    },
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
        endpoint = endpoints.create(
            url=body_text(asked, "url", required=True, longest=2000),
            events=events,
            description=body_text(asked, "description"),
            region=body_text(asked, "region", longest=8),
            by=audit.client(client_name(request)),
        )
        return answer_json({**_shown(endpoint), "secret": endpoint.secret}, status=201)


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


class VendorWebhookDoor(Door):
    """``POST /sources/{system}/webhooks/{topic}``: a vendor's own payload, let in by its signature alone.

    It is answered before it is resolved: vendors give a receiver a second or two.
    """

    authentication_classes = []
    permission_classes = [AllowAny]

    @describe(
        "A vendor's own payload under the vendor's own signature; no token",
        body={"type": ["object", "array"]},
        answers={202: _TAKEN},
        problems=["unknown-source", "not-found", "invalid-record", _BAD_SIGNATURE],
    )
    def post(self, request: Request, system: str, topic: str) -> HttpResponse:
        source = SourceSystem.objects.filter(code=system, active=True).first() if "\0" not in system else None
        if source is None:
            raise UnknownSource
        try:
            connector = registry.mapping(source.connector)
        except KeyError:
            raise NotFound("This source system has no connector that takes webhooks.") from None
        raw = BodyReader(request, limit=MAX_BYTES).all()
        # What vendors sign is the address that they were given, whatever a proxy made of it.
        url = f"{settings.HUB_PUBLIC_URL}{request.get_full_path()}"
        if not connector.verify(request.headers, raw, source.webhook_secret, url):
            raise Problem(
                _BAD_SIGNATURE,
                "The vendor's signature does not fit this body: check the secret of the source system, and for vendors "
                "that sign the address, HUB_PUBLIC_URL.",
            )
        payload = parse(decode(raw))
        triggered_at = header(request.headers, "X-Shopify-Triggered-At") or None
        payloads = [
            wrap(item, topic=topic, triggered_at=triggered_at)
            for item in (payload if isinstance(payload, list) else [payload])
        ]
        filed = [made for item in payloads if (made := _privacy(connector, item, source)) is not None]
        if filed:
            return answer_json({"status": "accepted", "message_id": None, "message_ids": [], "request_ids": filed},
                               status=202)  # fmt: skip
        receipts = pipeline.receive(source=source, payloads=payloads, lane=Lane.EVENT, mapping=source.connector)
        kept = [receipt.message_id for receipt in receipts if receipt.message_id]
        refused = [receipt.problem for receipt in receipts if receipt.problem]
        # A vendor that is told 410 tries again for hours and then sends nothing at all: it hears of an erased record
        # in the answer's body.
        erased = [problem for problem in refused if problem["type"] == "/problems/erased"]
        if len(refused) > len(erased) and not kept:
            at_fault = next(problem for problem in refused if problem not in erased)
            raise InvalidRecord(str(at_fault["detail"]), field=at_fault.get("field"))
        answer: dict[str, Any] = {"status": "accepted", "message_id": kept[0] if kept else None, "message_ids": kept}
        if erased:
            answer["refused"] = erased
        return answer_json(answer, status=202)


def _privacy(connector: registry.Connector, payload: Any, source: SourceSystem) -> str | None:
    """The id of the privacy request that a vendor's notice asks for; None where the payload is a record's.

    It concerns the record that the vendor names, and no other of the same customer. A repeat files nothing more.
    """
    try:
        asked = connector.privacy(payload)
    except registry.MappingError as error:
        raise InvalidRecord(str(error), field=error.field) from error
    return vendors.file(kind=asked[0], source=source, source_id=asked[1]) if asked else None
