"""Vendors' own webhooks, coming in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from connectors.inbound import registry
from connectors.inbound.envelope import wrap
from connectors.signatures import header
from hub import pipeline
from hub.api import throttle
from hub.api.bodies import BodyReader, decode, parse
from hub.api.doors import Door, answer_json
from hub.api.openapi import describe
from hub.api.problems import Problem
from hub.errors import InvalidRecord, NotFound, UnknownSource
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.pressure import room
from hub.privacy import vendors

MAX_BYTES = 1024 * 1024
# So far a vendor's clock may be ahead of ours.
CLOCK_OFF = timedelta(minutes=10)
_BAD_SIGNATURE = "invalid-signature"

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
        problems=["unknown-source", "not-found", "invalid-record", _BAD_SIGNATURE, "overloaded"],
    )
    def post(self, request: Request, system: str, topic: str) -> HttpResponse:
        source = SourceSystem.objects.filter(code=system, active=True).first() if "\0" not in system else None
        if source is None:
            raise UnknownSource
        try:
            connector = registry.mapping(source.connector)
        except KeyError:
            raise NotFound("This source system has no connector that takes webhooks.") from None
        throttle.may_try(request._request)
        reader = BodyReader(request, limit=MAX_BYTES)
        with room(Lane.EVENT, reader.most):
            return self._take(request, source, connector, topic, reader.all())

    def _take(
        self, request: Request, source: SourceSystem, connector: registry.Connector, topic: str, raw: bytes
    ) -> HttpResponse:
        # What vendors sign is the address that they were given, whatever a proxy made of it.
        url = f"{settings.HUB_PUBLIC_URL}{request.get_full_path()}"
        in_force = source.secrets_at(timezone.now())
        if not any(connector.verify(request.headers, raw, secret, url) for secret in in_force):
            raise throttle.failed(request._request) or Problem(
                _BAD_SIGNATURE,
                "The vendor's signature does not fit this body: check the secret of the source system, and for vendors "
                "that sign the address, HUB_PUBLIC_URL.",
            )
        throttle.admit(throttle.VENDORS, source.code)
        payload = parse(decode(raw))
        triggered_at = _said_at(header(request.headers, "X-Shopify-Triggered-At"), timezone.now())
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


def _said_at(text: str, now: datetime) -> str | None:
    """When the vendor says that it happened; None for a time to come, which stands for the time of receipt then. It
    is in a header that nobody signed: believed, it would be newer than all that is true until it comes."""
    try:
        at = datetime.fromisoformat(text)
        ahead = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except ValueError:  # the mapping says what is wrong with it
        return text or None
    return None if ahead > CLOCK_OFF else text


def _privacy(connector: registry.Connector, payload: Any, source: SourceSystem) -> str | None:
    """The id of the privacy request that a vendor's notice asks for; None where the payload is a record's.

    It concerns the record that the vendor names, and no other of the same customer. A repeat files nothing more.
    """
    try:
        asked = connector.privacy(payload)
    except registry.MappingError as error:
        raise InvalidRecord(str(error), field=error.field) from error
    return vendors.file(kind=asked[0], source=source, source_id=asked[1]) if asked else None
