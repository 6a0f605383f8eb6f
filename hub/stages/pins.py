"""Pins in the store: what stewards set over the rules, each at one source record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from hub import audit, keyring, selectors
from hub.errors import Gone, InvalidRecord, NotFound, Stale
from hub.models import Pin
from hub.sealing import PIN, Unreadable, seal, unseal
from hub.sql import rows
from matching.jsontext import dumps, loads
from matching.offers import MANY

SUPERSEDED, EXPIRED = "superseded", "expired"


@dataclass(frozen=True, slots=True)
class Target:
    """A live golden record and its records by id, locked by nobody yet."""

    id: int
    public_id: str
    members: tuple[int, ...]


def target(public_id: str) -> Target:
    """The live golden record under this id, or the one that it was merged into.

    Raises ``NotFound`` for an id that was never given out, ``Gone`` for an erased one and for one whose records were
    all deleted, ``Stale`` for one that was split: then it is to be said which of its successors is meant.
    """
    view = selectors.golden(public_id)
    if view.state == "erased":
        raise Gone("The golden record was erased: nothing can be pinned to it.")
    if view.state == "retired":
        if not view.successors:
            raise Gone("Its source systems deleted every record of this golden record.")
        if len(view.successors) > 1:
            raise Stale(f"This golden record was split: name one of {', '.join(view.successors)}.")
        public_id = view.successors[0]
    found = rows(
        """
        SELECT g.id, c.record_id FROM hub_goldenrecord g JOIN hub_crosswalk c ON c.golden_id = g.id
        WHERE g.public_id = %s AND g.state = 0 ORDER BY c.record_id
        """,
        public_id,
    )
    if not found:
        raise NotFound("No live golden record has this id.")
    return Target(found[0][0], public_id, tuple(record for _, record in found))


def anchor(target: Target, attribute: str) -> int:
    """The record that a pin hangs on: the one that gave the present value, or else the oldest of the customer's."""
    told = selectors.provenance(target.public_id)
    whence = told.get(attribute) or told.get(f"{attribute}[0]") or {}
    names = selectors.names_of(target.members)
    return next((record for record, name in names.items() if name == whence.get("record")), target.members[0])


def add(
    *, kind: Pin.Kind, record_id: int, attribute: str, value: Any, reason: str, until: datetime | None, author: Any,
    client: str,
) -> Pin:  # fmt: skip
    """A pin or ignore at a record whose region is locked; ``value`` as the profile shows it."""
    key = keyring.keys_of([record_id]).get(record_id)
    if key is None:
        raise Gone("The source record was erased: nothing can be pinned to it.")
    made = Pin.objects.create(
        kind=kind, record_id=record_id, attribute=attribute, author=author, client=client, made_at=_now(),
        until=until, sealed=seal(key, dumps({"value": value, "reason": reason}), PIN),
    )  # fmt: skip
    actor = audit.user(author) if author else audit.client(client) if client else audit.SYSTEM
    audit.note(f"{kind}.made", actor=actor, subject=made.public_id, record=record_id)
    return made


def _now() -> datetime:
    """By the clock that golden versions go by, and under the locks of the golden record: what was made before is in
    the versions that come after, and in no other."""
    moment: datetime = rows("SELECT clock_timestamp()")[0][0]
    return moment


def supersede(record_ids: Sequence[int], attribute: str, *, but: Pin) -> None:
    """End the other pins of an attribute at these records: of one golden record there is one at a time. Of collections
    each value may be pinned; the last one comes first."""
    if attribute in MANY:
        return
    for other in Pin.objects.filter(
        record_id__in=record_ids, attribute=attribute, kind=Pin.Kind.PIN, ended_at=None
    ).exclude(pk=but.pk):
        end(other, by=SUPERSEDED)


def end(pin: Pin, *, by: str) -> bool:
    """End a pin; False where it was ended before. ``by`` is an actor as the audit names it, expired or superseded."""
    if not Pin.objects.filter(pk=pin.pk, ended_at=None).update(ended_at=_now(), ended_by=by):
        return False
    actor = audit.SYSTEM if by in (SUPERSEDED, EXPIRED) else by
    audit.note(f"{pin.kind}.ended", actor=actor, subject=pin.public_id, record=pin.record_id, why=by)
    return True


def due(limit: int = 100) -> list[Pin]:
    """Those whose time has come, the earliest first."""
    return list(Pin.objects.filter(ended_at=None, until__lte=timezone.now()).order_by("until", "id")[:limit])


def at(record_ids: Sequence[int]) -> list[tuple[Pin, str, Any, str]]:
    """(pin, address of its record, value, reason) of all pins and ignores in force at these records, oldest first.
    One that cannot be read any more is left out."""
    found = list(Pin.objects.filter(record_id__in=record_ids, ended_at=None).select_related("author").order_by("id"))
    held = keyring.keys_of([pin.record_id for pin in found])
    names = selectors.names_of([pin.record_id for pin in found])
    out = []
    for pin in found:
        try:
            said = loads(unseal(held[pin.record_id], bytes(pin.sealed), PIN))
            out.append((pin, names[pin.record_id], said["value"], str(said["reason"])))
        except (KeyError, Unreadable):
            continue
    return out


def member(target: Target, name: str) -> int:
    """The id of the record of this golden record that is addressed as ``system:source_id``. Raises
    ``InvalidRecord``."""
    for record, address in selectors.names_of(target.members).items():
        if address == name:
            return record
    raise InvalidRecord("This record is none of this golden record's.", field="record")
