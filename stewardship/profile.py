"""A golden record as its page shows it: each value with the record that gave it, and what lost against it.

Records go by a number on the page, because a source id can be personal: it stays masked until somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import pinning, selectors
from hub.models import Crosswalk, GoldenRecord
from stewardship.difference import mask
from stewardship.fields import address_line
from stewardship.outcome import rule_words

SOURCE_IDS = "source_ids"
CONTACT_POINTS = "contact_points"
_LABELS = {"name": "Name", "organisation": "Organisation", "birth_date": "Birth date", "emails": "E-mail",
           "phones": "Phone", "addresses": "Address", "identifiers": "Identifier"}  # fmt: skip
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NAME = ("prefix", "given", "middle", "family", "suffix")
_MANY = ("emails", "phones", "addresses", "identifiers")


@dataclass(frozen=True, slots=True, repr=False)
class Member:
    """A source record of the customer. ``number`` is its place on the page, ``source_id`` as it may be shown."""

    id: int
    number: int
    system: str
    address: str
    source_id: str
    updated_at: datetime

    @property
    def label(self) -> str:
        """``crm 1``"""
        return f"{self.system} {self.number}"


@dataclass(frozen=True, slots=True, repr=False)
class Loser:
    """A value that lost, and why; ``ignore`` is the public id of the ignore that a steward set on it."""

    text: str
    member: Member | None
    why: str
    ignore: str


@dataclass(frozen=True, slots=True, repr=False)
class Pinned:
    """The pin that set a value. ``reason`` is empty while the value is masked: it may tell it."""

    id: str
    by: str
    until: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class Value:
    """One row: ``text`` is empty where records say something and the policy takes none of it. ``attribute`` is what a
    pin of it is called."""

    key: str
    attribute: str
    label: str
    text: str
    shown: bool
    member: Member | None
    rule: str
    since: str
    losers: tuple[Loser, ...]
    pinned: Pinned | None
    first: bool


@dataclass(frozen=True, slots=True, repr=False)
class Profile:
    values: tuple[Value, ...]
    members: tuple[Member, ...]

    @property
    def main(self) -> list[Value]:
        """Who it is and how to reach them."""
        return [value for value in self.values if not value.attribute.startswith("attributes.")]

    @property
    def attributes(self) -> list[Value]:
        """What else systems keep."""
        return [value for value in self.values if value.attribute.startswith("attributes.")]

    @property
    def by_id(self) -> dict[int, Member]:
        return {member.id: member for member in self.members}

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(value.key for value in self.values)


def read(golden: GoldenRecord, body: Mapping[str, Any], *, revealed: frozenset[str]) -> Profile:
    """What is shown of a live golden record; ``revealed`` are the keys whose values are in clear."""
    members = members_of(golden, revealed=revealed)
    told = selectors.provenance(golden.public_id)
    pinned = {pin["pin_id"]: pin for pin in pinning.of_golden(golden.public_id)}
    drawn = _Drawn({member.address: member for member in members}, revealed, pinned)
    return Profile(tuple(_rows(body["profile"], told, drawn)), members)


@dataclass(frozen=True, slots=True, repr=False)
class _Drawn:
    """What every row needs."""

    members: Mapping[str, Member]
    revealed: frozenset[str]
    pins: Mapping[str, Mapping[str, Any]]


def members_of(golden: GoldenRecord, *, revealed: frozenset[str]) -> tuple[Member, ...]:
    """The records of a golden record, by source system and source id."""
    held = {row.record_id: row.record for row in Crosswalk.objects.filter(golden=golden).select_related("record")}
    said = sorted(selectors.records(held).items(), key=lambda item: (item[1].source_system, item[1].source_id))
    shown = SOURCE_IDS in revealed
    return tuple(
        Member(record, number, one.source_system, one.address, one.source_id if shown else mask(one.source_id),
               held[record].updated_at)
        for number, (record, one) in enumerate(said, start=1)
    )  # fmt: skip


def text_of(attribute: str, value: Any) -> str:
    """A value of an attribute, as the profile or its provenance holds it, in one line."""
    if not isinstance(value, Mapping):
        return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
    if attribute == "name":
        return " ".join(str(value[part]) for part in _NAME if value.get(part)) or str(value.get("full") or "")
    if attribute == "addresses":
        return address_line(value)
    for part in ("value", "name"):
        if part in value:
            return str(value[part])
    return ", ".join(f"{key} {part}" for key, part in value.items() if part not in (None, ""))


def label_of(attribute: str) -> str:
    """``attributes.loyalty_tier`` as people read it."""
    words = _INNER_CAPITAL.sub(" ", attribute.removeprefix("attributes.")).replace("_", " ")
    return _LABELS.get(attribute) or words.capitalize()


def lines(profile: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The values of each field in clear, by its label."""
    found: dict[str, tuple[str, ...]] = {}
    for _, attribute, label, value, _ in _items(profile):
        found[label] = (*found.get(label, ()), text_of(attribute, value))
    return found


def _items(profile: Mapping[str, Any]) -> Iterable[tuple[str, str, str, Any, str]]:
    """(key, attribute, label, value, name in the provenance), the most important first."""
    for name in ("name", "organisation", "birth_date", *_MANY):
        value = profile.get(name)
        if name not in _MANY:
            if value:
                yield name, name, label_of(name), value, name
            continue
        for place, item in enumerate(value or ()):
            key, label = name, label_of(name)
            if name == "identifiers":
                kind, issuer = str(item["type"]), item.get("issuer")
                key = f"identifiers.{kind}.{issuer or ''}"
                label = kind.replace("_", " ").capitalize() + (f" ({issuer})" if issuer else "")
            yield key, name, label, item, f"{name}[{place}]"
    for key, value in sorted((profile.get("attributes") or {}).items()):
        yield f"attributes.{key}", f"attributes.{key}", label_of(key), value, f"attributes.{key}"


def _rows(profile: Mapping[str, Any], told: Mapping[str, Any], drawn: _Drawn) -> Iterable[Value]:
    seen: set[str] = set()
    named: set[str] = set()
    for key, attribute, label, value, origin in _items(profile):
        named.add(origin)
        text = text_of(attribute, value)
        if not text:
            continue
        yield _value(key, attribute, label, text, told.get(origin) or {}, drawn, first=key not in seen)
        seen.add(key)
    for origin, why in told.items():
        # Records say something here and nobody may set it, or a steward had it ignored.
        attribute = origin.partition("[")[0]
        if origin not in named and why.get("runners_up") and why.get("record") is None:
            yield _value(attribute, attribute, label_of(attribute), "", why, drawn, first=attribute not in seen)
            seen.add(attribute)


def _value(
    key: str, attribute: str, label: str, text: str, why: Mapping[str, Any], drawn: _Drawn, *, first: bool
) -> Value:
    shown = key in drawn.revealed
    return Value(
        key=key,
        attribute=attribute,
        label=label,
        text=text if shown else mask(text),
        shown=shown,
        member=drawn.members.get(str(why.get("record"))),
        rule=rule_words(str(why.get("rule") or "")),
        since=str(why.get("since") or "")[:10],
        losers=tuple(_loser(attribute, runner, drawn, shown=shown) for runner in why.get("runners_up") or ()),
        pinned=_pinned(drawn.pins.get(str(why.get("pin"))), shown=shown),
        first=first,
    )


def _loser(attribute: str, runner: Mapping[str, Any], drawn: _Drawn, *, shown: bool) -> Loser:
    text = text_of(attribute, runner.get("value"))
    return Loser(
        text=text if shown else mask(text),
        member=drawn.members.get(str(runner.get("record"))),
        why=str(runner.get("lost_because") or ""),
        ignore=str(runner.get("ignore") or ""),
    )


def _pinned(pin: Mapping[str, Any] | None, *, shown: bool) -> Pinned | None:
    if pin is None:
        return None
    until = str(pin["until"] or "")[:10]
    return Pinned(str(pin["pin_id"]), str(pin["author"] or ""), until, str(pin["reason"]) if shown else "")
