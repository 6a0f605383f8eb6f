"""Endpoints: who gets webhooks, of which events, under which secret."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.outbound import sign
from connectors.outbound.addresses import AddressRefusedError, BadUrlError, check_url
from hub import audit
from hub.errors import Refused
from hub.events import TYPES
from hub.models import Attempt, Delivery, Endpoint
from hub.sql import lock_once, rows


class InvalidEndpoint(Refused):
    """The endpoint cannot be made as asked for."""

    code = "invalid-request"
    status = 400


def check(*, url: str, events: Sequence[str]) -> None:
    """Raises ``InvalidEndpoint``, saying what to change."""
    try:
        check_url(url, settings.HUB_DELIVERY_ALLOW)
    except (BadUrlError, AddressRefusedError) as error:
        raise InvalidEndpoint(str(error), field="url") from error
    if set(events) - set(TYPES):
        raise InvalidEndpoint(f"events may name {', '.join(TYPES)}; none means all of them.", field="events")


def create(
    *, url: str, events: Sequence[str] = (), description: str = "", region: str = "", by: str = audit.SYSTEM
) -> tuple[Endpoint, str]:
    """A new endpoint, which gets the events from now on, and its secret; ``region`` is where it is and ``by`` the
    actor. Raises ``InvalidEndpoint``."""
    check(url=url, events=events)
    with transaction.atomic():
        # Not while deliveries are being made: an endpoint begins between two bites, never within one.
        lock_once("fan-out")
        position = rows("SELECT coalesce(max(position), 0) FROM hub_outboxevent")[0][0]
        made = Endpoint(
            url=url,
            events=sorted(set(events)),
            description=description,
            region=region.upper(),
            position=position,
        )
        secret = sign.new_secret()
        made.take_secret(secret, now=timezone.now())
        made.save()
        audit.note("endpoint.created", actor=by, subject=made.public_id, events=made.events)
        return made, secret


def delete(endpoint: Endpoint, *, by: str = audit.SYSTEM) -> None:
    """Remove an endpoint with its deliveries. A try that is under way ends unheard."""
    # First, and by itself: no worker claims from here on, and those that mark are waited for below.
    Endpoint.objects.filter(pk=endpoint.pk).update(state=Endpoint.State.DISABLED)
    with transaction.atomic():
        lock_once("fan-out")
        rows("SELECT id FROM hub_delivery WHERE endpoint_id = %s ORDER BY id FOR UPDATE", endpoint.pk)
        deliveries = Delivery.objects.filter(endpoint=endpoint)
        Attempt.objects.filter(delivery__in=deliveries)._raw_delete(using=deliveries.db)
        deliveries._raw_delete(using=deliveries.db)
        Endpoint.objects.filter(pk=endpoint.pk)._raw_delete(using=deliveries.db)
        audit.note("endpoint.deleted", actor=by, subject=endpoint.public_id)
