"""What stewards set: pins and ignored values, each of them replayed forward through *survive*."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from hub import pipeline, selectors
from hub.errors import Gone, InvalidRecord, NotFound, Stale
from hub.flow import Cause
from hub.models import Pin
from hub.models.inbox import Lane
from hub.ports import ring
from hub.stages import model as models
from hub.stages import pins, region, survive
from matching.jsontext import dumps
from matching.offers import Speaker
from matching.pins import PinError, named, shown
from matching.values import country_of

LONGEST_REASON = 2000
LONGEST_ATTRIBUTE = 120
LONGEST_VALUE = 10_000


def pin(
    *, golden_id: str, attribute: str, value: Any, reason: str, until: datetime | None = None, record: str = "",
    author: Any = None, client: str = "", version: int | None = None,
) -> Pin:  # fmt: skip
    """Have a golden record show ``value`` (as in a canonical record; of collections one item), whatever its records
    say.

    It hangs on ``record`` (``system:source_id``, one of the golden record's), or on the one that gave the present
    value. ``golden_id`` may be one that was merged since. Raises ``NotFound``, ``Gone``, ``Stale`` for one
    that was split or is not at the ``version`` that was shown, and ``InvalidRecord``.
    """
    return _put(Pin.Kind.PIN, golden_id, attribute, value, reason, until, record, author, client, version)


def ignore(
    *, golden_id: str, attribute: str, value: Any = None, record: str, reason: str, until: datetime | None = None,
    author: Any = None, client: str = "", version: int | None = None,
) -> Pin:  # fmt: skip
    """Have one record's value not count, for as long as the record says it. Without ``value`` what it says now."""
    return _put(Pin.Kind.IGNORE, golden_id, attribute, value, reason, until, record, author, client, version)


def _put(
    kind: Pin.Kind, golden_id: str, attribute: str, value: Any, reason: str, until: datetime | None, record: str,
    author: Any, client: str, version: int | None,
) -> Pin:  # fmt: skip
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidRecord(f"Say why, in up to {LONGEST_REASON:,} characters.", field="reason")
    if until is not None and until <= timezone.now():
        raise InvalidRecord("The end is in the past: leave it out, or name a time to come.", field="until")
    if len(attribute) > LONGEST_ATTRIBUTE:
        raise InvalidRecord("The name of the attribute is too long.", field="attribute")
    model_id, model = models.active()
    with transaction.atomic():
        models.hold(model_id)
        target = pins.target(golden_id)
        chosen = pins.member(target, record) if record else 0
        if not chosen:
            chosen = pins.anchor(target, attribute)
        value = _value(kind, chosen, attribute, value)
        region.lock({chosen}, model_id=model_id, model=model)
        target = pins.target(golden_id)
        if chosen not in target.members or not _is_at(target, golden_id, version):
            raise Stale
        made = pins.add(kind=kind, record_id=chosen, attribute=attribute, value=value, reason=reason.strip(),
                        until=until, author=author, client=client)  # fmt: skip
        if kind == Pin.Kind.PIN:
            pins.supersede(target.members, attribute, but=made)
        pipeline.recluster({chosen}, cause=Cause("policy", made.public_id), model_id=model_id, model=model)
    transaction.on_commit(lambda: ring(Lane.INTERACTIVE))
    return made


def _is_at(target: pins.Target, golden_id: str, version: int | None) -> bool:
    """Whether the golden record, which nobody else can change now, is the one that was looked at."""
    return version is None or (target.public_id == golden_id and selectors.golden(golden_id).version == version)


def offers(golden_id: str, attribute: str) -> list[tuple[str, Any]]:
    """What each record of a live golden record says of an attribute: (``system:source_id``, value as the profile shows
    it), by record; of collections each item. Raises as ``pin`` does."""
    target = pins.target(golden_id)
    try:
        of = named(attribute)
    except PinError as error:
        raise InvalidRecord(str(error), field="attribute") from error
    found = []
    for _, row in sorted(survive.read(target.members).items()):
        member = row.member
        speaker = Speaker(member.record, member.source_kind, member.occurred_at, member.order)
        said = of.said(speaker)
        found += [(speaker.address, item) for item in (said if of.many else [said]) if item is not None]
    return found


def _value(kind: Pin.Kind, record_id: int, attribute: str, value: Any) -> Any:
    """The value as the profile shows it; one to be ignored is one that the record says."""
    row = survive.read([record_id]).get(record_id)
    if row is None:
        raise Gone("The source record was erased: nothing can be pinned to it.")
    try:
        of = named(attribute)
        if len(dumps(value)) > LONGEST_VALUE:
            raise InvalidRecord(f"A value may have {LONGEST_VALUE:,} bytes.", field="value")
        if kind == Pin.Kind.PIN:
            return shown(attribute, value, country=country_of(row.member.record))
        member = row.member
        said = of.said(Speaker(member.record, member.source_kind, member.occurred_at, member.order))
        items = said if of.many else [] if said is None else [said]
        if value is None and not of.many and items:
            return items[0]
        wanted = of.same(shown(attribute, value, country=country_of(member.record)))
    except PinError as error:
        raise InvalidRecord(str(error), field="value") from error
    for item in items:
        if of.same(item) == wanted:
            return item
    raise InvalidRecord("This record does not say this value: look at what it says now.", field="value")


def unpin(pin: Pin, *, by: str) -> bool:
    """Take a pin or an ignore back: the golden record shows what the rules say. False where it was ended before."""
    model_id, model = models.active()
    with transaction.atomic():
        models.hold(model_id)
        region.lock({pin.record_id}, model_id=model_id, model=model)
        ended = pins.end(pin, by=by)
        if ended:
            cause = Cause("policy", pin.public_id)
            pipeline.recluster({pin.record_id}, cause=cause, model_id=model_id, model=model)
    transaction.on_commit(lambda: ring(Lane.INTERACTIVE))
    return ended


def expire() -> int:
    """End the pins whose time has come; how many. For the workers' sweeper."""
    return sum(unpin(pin, by=pins.EXPIRED) for pin in pins.due())


def of_golden(golden_id: str) -> list[dict[str, Any]]:
    """The pins and ignores in force at a live golden record, oldest first. Raises as ``pin`` does."""
    target = pins.target(golden_id)
    return [show(pin, record, value, reason) for pin, record, value, reason in pins.at(target.members)]


def shown_one(pin: Pin) -> dict[str, Any]:
    """A pin in force as the API shows it."""
    return next(show(*found) for found in pins.at([pin.record_id]) if found[0].pk == pin.pk)


def show(pin: Pin, record: str, value: Any, reason: str) -> dict[str, Any]:
    """A pin as the API shows it."""
    return {
        "pin_id": pin.public_id, "kind": pin.kind, "attribute": pin.attribute, "value": value, "reason": reason,
        "record": record, "author": pin.author.get_username() if pin.author else pin.client,
        "made_at": _time(pin.made_at), "until": _time(pin.until),
    }  # fmt: skip


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def find(golden_id: str, pin_id: str) -> Pin:
    """A pin by its public id, which hangs or hung on a record of this golden record. Raises ``NotFound``."""
    target = pins.target(golden_id)
    found = Pin.objects.filter(public_id=pin_id, record_id__in=target.members).first()
    if found is None:
        raise NotFound("No pin of this golden record has this id.")
    return found


__all__ = ["expire", "find", "ignore", "of_golden", "offers", "pin", "show", "shown_one", "unpin"]
