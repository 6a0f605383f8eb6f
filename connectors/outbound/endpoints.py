"""Endpoints: who gets webhooks, of whose customers and which events, under which secret.

create(Wishes(url=…), by=…)        a new one, which gets what happens from now on, with its secret
change(endpoint, {"url": …}, by=…) other wishes
pause, resume, rotate, delete      each is an entry of the audit
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.outbound import breaker, sign
from connectors.outbound.addresses import AddressRefusedError, BadUrlError, check_url
from hub import audit
from hub.errors import NotFound, Refused
from hub.events import TYPES
from hub.models import Attempt, Delivery, Endpoint, SourceSystem
from hub.models.outbox import MOST_SECRETS
from hub.sql import lock_once, rows
from hub.visibility import attribute_names

EVERYWHERE = "*"
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=30)


class InvalidEndpoint(Refused):
    """The endpoint cannot be made as asked for."""

    code = "invalid-request"
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What whoever manages an endpoint may say of it. ``region`` is where it is; ``events`` empty: all types;
    ``within`` scopes, or ``*``; ``hidden``, ``masked``, ``only`` names of attributes; ``purpose`` of consent, or
    ``purpose:channel``."""

    url: str
    events: Sequence[str] = ()
    description: str = ""
    region: str = ""
    within: Sequence[str] = (EVERYWHERE,)
    hidden: Sequence[str] = ()
    masked: Sequence[str] = ()
    only: Sequence[str] = ()
    purpose: str = ""

    def checked(self, *, held: Endpoint | None = None) -> dict[str, Any]:
        """The values as the endpoint has them; raises ``InvalidEndpoint``, saying what to change. A URL and scopes
        that the endpoint has already are not asked about again: what opens them may have gone."""
        if held is None or held.url != self.url:
            _check_url(self.url)
        if set(self.events) - set(TYPES):
            raise InvalidEndpoint(f"events may name {', '.join(TYPES)}; none means all of them.", field="events")
        values = {**asdict(self), "events": sorted(set(self.events)), "region": self.region.strip().upper()}
        values["within"] = _scopes(self.within, held.within if held else ())
        for name in ("hidden", "masked", "only"):
            values[name] = attribute_names(values[name], name)
        values["purpose"] = _purpose(self.purpose)
        return values


NAMES = tuple(field.name for field in fields(Wishes))


def _check_url(url: str) -> None:
    try:
        check_url(url, settings.HUB_DELIVERY_ALLOW)
    except (BadUrlError, AddressRefusedError) as error:
        raise InvalidEndpoint(str(error), field="url") from error


def _scopes(asked: Iterable[str], held: Iterable[str]) -> list[str]:
    named = sorted(set(asked))
    if EVERYWHERE in named or not named:
        if named != [EVERYWHERE]:
            raise InvalidEndpoint('within names scopes, or is ["*"] for all of them.', field="within")
        return named
    there_are = {*SourceSystem.objects.values_list("scope", flat=True), *held}
    if set(named) - there_are:
        raise InvalidEndpoint("within names a scope that no source system has.", field="within")
    return named


def _purpose(text: str) -> str:
    purpose, colon, channel = (part.strip() for part in text.partition(":"))
    if text.strip() and (not purpose or (colon and not channel) or ":" in channel):
        raise InvalidEndpoint("purpose is a purpose of consent, or purpose:channel.", field="purpose")
    return f"{purpose}{colon}{channel}"


def create(wishes: Wishes, *, by: str = audit.SYSTEM) -> tuple[Endpoint, str]:
    """A new endpoint, which gets the events from now on, and its secret; ``by`` is the actor. Raises
    ``InvalidEndpoint``."""
    values = wishes.checked()
    with transaction.atomic():
        # Not while deliveries are being made: an endpoint begins between two bites, never within one.
        lock_once("fan-out")
        position = rows("SELECT coalesce(max(position), 0) FROM hub_outboxevent")[0][0]
        made, secret = Endpoint(**values, position=position), sign.new_secret()
        made.take_secret(secret, now=timezone.now())
        made.save()
        audit.note("endpoint.created", actor=by, subject=made.public_id, events=made.events)
        return made, secret


def one(public_id: str) -> Endpoint:
    """Raises ``NotFound``."""
    found = Endpoint.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("No webhook endpoint has this id.")
    return found


def _held(endpoint: Endpoint) -> Endpoint:
    """The endpoint as it is now, which nobody else changes until the transaction ends. To be asked for last: fan-out's
    lock, deliveries, health, endpoints is the order in which all take what they need of these."""
    found = Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    if found is None:
        raise NotFound("No webhook endpoint has this id.")
    return found


def _anything(_: Endpoint) -> None:
    """Every endpoint will do."""


@transaction.atomic
def change(
    endpoint: Endpoint,
    said: Mapping[str, Any],
    *,
    by: str = audit.SYSTEM,
    only_if: Callable[[Endpoint], None] = _anything,
) -> Endpoint:
    """The endpoint with other wishes (``said`` some of ``NAMES``). ``only_if`` raises where it is not what the caller
    believes; then, and with ``InvalidEndpoint``, nothing is changed.

    Events of other types are sent from now on, and those that wait go out: a later one names them as its predecessors.
    What waits of a scope that is not its own any more is dropped, all of a golden record at once. What it may be told
    of a customer is decided when it is sent, so that this counts at once.
    """
    lock_once("fan-out")
    if "within" in said:
        _drop_outside(endpoint, said["within"])
    if "url" in said and said["url"] != endpoint.url:
        breaker.close(endpoint.pk)  # that was of another receiver
    held = _held(endpoint)
    only_if(held)
    before = {name: getattr(held, name) for name in NAMES}
    values = Wishes(**{**before, **said}).checked(held=held)
    changed = sorted(name for name in NAMES if values[name] != before[name])
    for name in changed:
        setattr(held, name, values[name])
    if changed:
        if "url" in changed:
            held.proven_at = None
        held.save(update_fields=[*changed, "proven_at"])
        audit.note("endpoint.changed", actor=by, subject=held.public_id, changed=changed)
    return held


def _drop_outside(endpoint: Endpoint, within: Sequence[str]) -> None:
    if EVERYWHERE in within:
        return
    rows(
        """
        WITH held AS (
            SELECT d.id FROM hub_delivery d JOIN hub_goldenrecord g ON g.id = d.golden_id
            WHERE d.endpoint_id = %s AND d.state = 0 AND NOT g.scope = ANY(%b::text[])
            ORDER BY d.id FOR UPDATE OF d),
        tries AS (DELETE FROM hub_attempt WHERE delivery_id IN (SELECT id FROM held))
        DELETE FROM hub_delivery WHERE id IN (SELECT id FROM held)
        """,
        endpoint.pk,
        list(within),
    )


@transaction.atomic
def pause(endpoint: Endpoint, *, by: str = audit.SYSTEM) -> Endpoint:
    """Let deliveries wait, in their order; those under way end. One that is disabled stays so."""
    held = _held(endpoint)
    if held.state == Endpoint.State.ACTIVE:
        held.state = Endpoint.State.PAUSED
        held.save(update_fields=["state"])
        audit.note("endpoint.paused", actor=by, subject=held.public_id)
    return held


@transaction.atomic
def resume(endpoint: Endpoint, *, by: str = audit.SYSTEM) -> Endpoint:
    """Send again, from where it stopped: what waited, and what was made no delivery of while it was disabled. What
    failed before has all its tries again, and the first of them now."""
    rows(
        """
        WITH held AS (
            SELECT id FROM hub_delivery WHERE endpoint_id = %s AND state = 0 AND attempts > 0
              AND (lease_until IS NULL OR lease_until <= now())
            ORDER BY id FOR UPDATE)
        UPDATE hub_delivery SET attempts = 0, next_attempt_at = now() WHERE id IN (SELECT id FROM held)
        """,
        endpoint.pk,
    )
    breaker.close(endpoint.pk)
    held = _held(endpoint)
    if held.state != Endpoint.State.ACTIVE:
        audit.note("endpoint.resumed", actor=by, subject=held.public_id, was=held.state)
        if held.state == Endpoint.State.DISABLED:
            held.proven_at = None
        held.state, held.disabled_at, held.disabled_reason = Endpoint.State.ACTIVE, None, ""
        held.notice_at, held.notice_tries = None, 0
        held.save(update_fields=["state", "disabled_at", "disabled_reason", "notice_at", "notice_tries", "proven_at"])
    return held


@transaction.atomic
def rotate(endpoint: Endpoint, *, overlap: timedelta = OVERLAP, by: str = audit.SYSTEM) -> tuple[Endpoint, str]:
    """The endpoint with a new secret, which signs from now on; the present one signs beside it for ``overlap``, at most
    ``LONGEST_OVERLAP``. Raises ``InvalidEndpoint``, also where as many sign as may."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        longest = int(LONGEST_OVERLAP.total_seconds())
        raise InvalidEndpoint(f"overlap_seconds is a number from 0 to {longest}.", field="overlap_seconds")
    held, secret, now = _held(endpoint), sign.new_secret(), timezone.now()
    if overlap and 1 + sum(until > now for until in held.secrets_until) >= MOST_SECRETS:
        # The oldest is the one that the receiver surely has.
        raise InvalidEndpoint(f"{MOST_SECRETS} secrets sign already: wait until one ends, or end all with overlap 0.")
    held.take_secret(secret, now=now, overlap=overlap)
    held.save(update_fields=["secret", "secrets_before", "secrets_until"])
    seconds = int(overlap.total_seconds())
    audit.note("endpoint.secret_rotated", actor=by, subject=held.public_id, overlap_seconds=seconds)
    return held, secret


def delete(endpoint: Endpoint, *, by: str = audit.SYSTEM, only_if: Callable[[Endpoint], None] = _anything) -> None:
    """Remove an endpoint with its deliveries. A try that is under way ends unheard. ``only_if`` raises where it is not
    what the caller believes; then nothing is changed."""
    # First, and by itself: no worker claims from here on, and those that mark are waited for below.
    with transaction.atomic():
        only_if(_held(endpoint))
        Endpoint.objects.filter(pk=endpoint.pk).update(state=Endpoint.State.DISABLED)
    with transaction.atomic():
        lock_once("fan-out")
        rows("SELECT id FROM hub_delivery WHERE endpoint_id = %s ORDER BY id FOR UPDATE", endpoint.pk)
        deliveries = Delivery.objects.filter(endpoint=endpoint)
        Attempt.objects.filter(delivery__in=deliveries)._raw_delete(using=deliveries.db)
        deliveries._raw_delete(using=deliveries.db)
        breaker.close(endpoint.pk)
        Endpoint.objects.filter(pk=endpoint.pk)._raw_delete(using=deliveries.db)
        audit.note("endpoint.deleted", actor=by, subject=endpoint.public_id)
