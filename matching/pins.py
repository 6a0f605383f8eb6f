"""What stewards set: a pin puts a value over the rules, an ignore takes one record's value away. Pure.

Both hang on a source record, so that they go with it when clusters merge and split. Nothing is edited: taking a pin
back gives what the rules say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from matching.canonical import from_nested, rfc3339
from matching.cells import RecordError
from matching.chooser import provenance
from matching.offers import MANY, SINGLE, Attribute, Speaker, attribute
from matching.records import CanonicalRecord, Name

_PINNED = "a steward pinned another value"
_LEFT_OUT = "a steward had this value ignored"
_MOST_RUNNERS_UP = 5


@dataclass(frozen=True, slots=True, repr=False)
class Pin:
    """``value`` as the profile shows it. ``id`` is its public id, ``pin_…``; ``since`` when it was set."""

    id: str
    attribute: str
    value: Any
    since: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Ignore:
    """A value of one record that is not to count, as long as the record says it."""

    id: str
    attribute: str
    value: Any


LeftOut = tuple[str, str, Any, str]  # attribute, address of the record, value, public id of the ignore


class PinError(ValueError):
    """A value that cannot be pinned or ignored; the message says what to do."""


def named(name: str) -> Attribute:
    """The attribute of this name. Raises ``PinError``."""
    found = SINGLE.get(name) or MANY.get(name)
    if found is not None:
        return found
    head, _, key = name.partition(".")
    if head != "attributes" or not key:
        raise PinError(f"Name an attribute: {', '.join((*SINGLE, *MANY))} or attributes.<key>.")
    return attribute(key)


def shown(name: str, value: Any, *, country: str | None = None) -> Any:
    """``value``, given as in a canonical record, as the profile shows it: one value, of collections one item.

    ``country`` is that of the record it hangs on. Raises ``PinError`` for what is no value of the attribute.
    """
    of = named(name)
    if value is None or value == "":
        raise PinError("A pin needs a value: to take a record's value away, ignore it.")
    said: dict[str, Any] = {"source_id": "?"}
    if name.startswith("attributes."):
        said["attributes"] = {name.partition(".")[2]: value}
    elif name == "organisation" and isinstance(value, str):
        said["organisation"] = {"name": value}
    elif of.many:
        said[name] = [{"value": value} if isinstance(value, str) and name in ("emails", "phones") else value]
    else:
        said[name] = value
    try:
        record = from_nested(said, source_system="?")
    except RecordError as error:
        raise PinError(f"This is no value of {name}: {error}") from None
    speaker = Speaker(record, "other", datetime.fromisoformat("2000-01-01T00:00:00+00:00"), 0)
    speaker.country = speaker.country or country
    found = of.said(speaker)
    if of.many:
        found = found[0] if found else None
    if found is None:
        raise PinError(f"This is no value of {name}, or a placeholder for one.")
    return found


def leave_out(speaker: Speaker, ignored: Sequence[Ignore]) -> list[LeftOut]:
    """Take from what a speaker says the values that are to be ignored; gives those that it did say."""
    return [gone for ignore in ignored if (gone := _leave_out(speaker, ignore)) is not None]


def _leave_out(speaker: Speaker, ignore: Ignore) -> LeftOut | None:
    record, name = speaker.record, ignore.attribute
    of = named(name)
    unwanted = of.same(ignore.value)
    gone: Any = None
    if of.many:
        kept: list[Any] = []
        items: Sequence[Any] = getattr(record, name)
        for item in items:
            speaker.record = _with(record, name, (item,))
            put = of.said(speaker)
            if put and of.same(put[0]) == unwanted:
                gone = put[0]
            else:
                kept.append(item)
        speaker.record = _with(record, name, tuple(kept))
    else:
        put = of.said(speaker)
        if put is not None and of.same(put) == unwanted:
            gone = put
            speaker.record = _with(record, name, None)
    return None if gone is None else (name, speaker.address, gone, ignore.id)


def _with(record: CanonicalRecord, name: str, value: Any) -> CanonicalRecord:
    """The record with another value of an attribute; None takes it away."""
    if name.startswith("attributes."):
        key = name.partition(".")[2]
        return replace(record, attributes={k: v for k, v in record.attributes.items() if k != key})
    field = "organisation_name" if name == "organisation" else name
    changed: dict[str, Any] = {field: Name() if name == "name" else value}
    return replace(record, **changed)


def tell(left_out: Sequence[LeftOut], told: dict[str, Any]) -> None:
    """Name what was ignored among the runners-up of its attribute."""
    for name, address, value, ignore in left_out:
        where = f"{name}[0]" if f"{name}[0]" in told else name
        why = told.setdefault(
            where, {"record": None, "source": None, "rule": "ignore", "since": None, "runners_up": []}
        )
        loser = {"record": address, "value": value, "lost_because": _LEFT_OUT, "ignore": ignore}
        why["runners_up"] = [*why["runners_up"][: _MOST_RUNNERS_UP - 1], loser]


def put(held: Sequence[tuple[Pin, Speaker]], profile: dict[str, Any], told: dict[str, Any]) -> None:
    """Set the pins over what the rules gave. Of several for one attribute the last one set counts."""
    newest: dict[str, tuple[Pin, Speaker]] = {}
    for pin, speaker in held:
        other = newest.get(pin.attribute)
        if other is None or (pin.since, pin.id) > (other[0].since, other[0].id):
            newest[pin.attribute] = pin, speaker
    for name in sorted(newest):
        pin, speaker = newest[name]
        why = {**provenance(speaker, "pin"), "since": rfc3339(pin.since), "pin": pin.id}
        if name in MANY:
            _put_first(MANY[name], pin, why, profile, told)
        else:
            _put_alone(named(name), pin, why, profile, told)


def _put_alone(of: Attribute, pin: Pin, why: dict[str, Any], profile: dict[str, Any], told: dict[str, Any]) -> None:
    name = of.name
    free = name.startswith("attributes.")
    into, key = (profile["attributes"], name.partition(".")[2]) if free else (profile, name)
    before = told.pop(name, None)
    runners = list(before["runners_up"]) if before else []
    if key in into and before and of.same(into[key]) != of.same(pin.value):
        runners.insert(0, {"record": before["record"], "value": into[key], "lost_because": _PINNED})
    place = 0
    while f"{name}[{place}]" in told:  # it was collected
        told.pop(f"{name}[{place}]")
        place += 1
    into[key] = pin.value
    told[name] = {**why, "runners_up": runners[:_MOST_RUNNERS_UP]}


def _put_first(of: Attribute, pin: Pin, why: dict[str, Any], profile: dict[str, Any], told: dict[str, Any]) -> None:
    """The pinned item becomes the first, the primary one; the others follow as they were."""
    name = of.name
    items = [({k: v for k, v in item.items() if k != "primary"}, told.pop(f"{name}[{place}]"))
             for place, item in enumerate(profile[name])]  # fmt: skip
    before = told.pop(name, None)
    same = of.same(pin.value)
    others = [(item, whence) for item, whence in items if of.same(item) != same]
    refused = before["runners_up"] if before else items[0][1]["runners_up"] if items else []
    runners = [runner for runner in refused if of.same(runner["value"]) != same]
    if others is not items and items and others and items[0][1] is others[0][1]:
        others[0] = others[0][0], {**others[0][1], "runners_up": []}
    put_together = [(pin.value, {**why, "runners_up": runners}), *others]
    primary = name != "identifiers"
    profile[name] = [({**item, "primary": not place} if primary else item)
                     for place, (item, _) in enumerate(put_together)]  # fmt: skip
    for place, (_, whence) in enumerate(put_together):
        told[f"{name}[{place}]"] = whence
