"""Pinning a value, or ignoring one record's: what can be chosen, and what would change before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import blake2b
from typing import Any

from django.db import transaction

from hub import audit, pinning, selectors
from hub.errors import InvalidRecord, NotFound, Stale
from hub.models import GoldenRecord, Pin, User
from stewardship.profile import Member, label_of, lines, text_of

_NAME = (("given", "Given name"), ("middle", "Middle name"), ("family", "Family name"))
_ADDRESS = (("street", "Street"), ("postal_code", "Postal code"), ("city", "City"), ("region", "Region"),
            ("country", "Country, two letters"))  # fmt: skip
_IDENTIFIER = (("type", "Kind, such as tax_id"), ("value", "Number"), ("issuer", "Issuer"))
_PARTS = {"name": _NAME, "addresses": _ADDRESS, "identifiers": _IDENTIFIER}
OWN = "own"


@dataclass(frozen=True, slots=True, repr=False)
class Offer:
    """A value that records say, in clear, and which of them; ``place`` is how the form names it."""

    place: int
    text: str
    members: tuple[Member, ...]
    value: Any
    record: str


@dataclass(frozen=True, slots=True)
class Part:
    """A field to type a value of one's own into."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """What one field shows before and after."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What the form says: ``choice`` is ``pin:PLACE``, ``ignore:PLACE`` or ``pin:own``."""

    attribute: str
    choice: str
    own: Mapping[str, str]
    reason: str
    until: str
    version: int

    @property
    def ignores(self) -> bool:
        return self.choice.startswith("ignore:")

    @property
    def mark(self) -> str:
        """Tells whether what is to be done is what was previewed."""
        said = repr((self.attribute, self.choice, sorted(self.own.items()), self.until, self.version))
        return blake2b(said.encode(), digest_size=16).hexdigest()

    @property
    def ends(self) -> datetime | None:
        """The end of the day that was chosen, UTC. Raises ``InvalidRecord``."""
        if not self.until:
            return None
        try:
            return datetime.combine(datetime.fromisoformat(self.until), time.max, UTC)
        except ValueError:
            raise InvalidRecord("The end is a day, such as 2027-01-31.", field="until") from None


def label(attribute: str) -> str:
    return label_of(attribute)


def offers(golden: GoldenRecord, attribute: str, members: Sequence[Member]) -> list[Offer]:
    """Each value once for each record that says it; the form names them by their places."""
    by_address = {member.address: member for member in members}
    found = pinning.offers(golden.public_id, attribute)
    return [
        Offer(place, text_of(attribute, value), tuple(m for m in [by_address.get(record)] if m), value, record)
        for place, (record, value) in enumerate(found)
    ]


def parts(attribute: str, own: Mapping[str, str]) -> list[Part]:
    """The fields of a value of one's own, with what was typed."""
    return [Part(name, text, own.get(name, "")) for name, text in _fields(attribute)]


def _fields(attribute: str) -> tuple[tuple[str, str], ...]:
    return _PARTS.get(attribute, ((OWN, label_of(attribute)),))


def put(golden: GoldenRecord, asked: Asked, *, user: User) -> Pin:
    """Do what was asked. Raises ``Stale`` where the golden record is not the one that was shown, ``InvalidRecord``
    for a value or an end that is none."""
    kind, _, place = asked.choice.partition(":")
    common: dict[str, Any] = {
        "golden_id": golden.public_id, "attribute": asked.attribute, "reason": asked.reason, "until": asked.ends,
        "author": user, "version": asked.version,
    }  # fmt: skip
    if kind == "pin" and place == OWN:
        return pinning.pin(value=_typed(asked), **common)
    record, value = _chosen(golden, asked, place)
    if kind == "ignore":
        return pinning.ignore(value=value, record=record, **common)
    return pinning.pin(value=value, record=record, **common)


def _chosen(golden: GoldenRecord, asked: Asked, place: str) -> tuple[str, Any]:
    found = pinning.offers(golden.public_id, asked.attribute)
    if not place.isascii() or not place.isdigit():
        raise InvalidRecord("Choose a value.", field="choice")
    if int(place) >= len(found):
        raise Stale
    return found[int(place)]


def _typed(asked: Asked) -> Any:
    known = [name for name, _ in _fields(asked.attribute)]
    said = {name: text for name, text in asked.own.items() if text and name in known}
    if not said:
        raise InvalidRecord("Type the value.", field="value")
    return said if asked.attribute in _PARTS else said.get(OWN)


def preview(golden: GoldenRecord, asked: Asked, *, user: User) -> list[Change]:
    """What would change: it is done and undone, so that it is just what doing it gives. Raises as ``put``."""
    (before,) = selectors.profiles([golden])
    with transaction.atomic():
        put(golden, asked, user=user)
        (after,) = selectors.profiles([GoldenRecord.objects.get(pk=golden.pk)])
        transaction.set_rollback(True)
    was, now = lines(before["profile"]), lines(after["profile"])
    return [
        Change(name, was.get(name, ()), now.get(name, ()))
        for name in dict.fromkeys([*was, *now])
        if was.get(name, ()) != now.get(name, ())
    ]


def unpin(golden: GoldenRecord, pin_id: str, *, user: User) -> bool:
    """Take a pin or an ignore back; False where it had ended. Raises ``NotFound``."""
    if not pin_id:
        raise NotFound("Nothing is pinned here any more.")
    return pinning.unpin(pinning.find(golden.public_id, pin_id), by=audit.user(user))
