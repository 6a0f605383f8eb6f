"""Survivorship: the golden profile of a cluster, with where each value came from. Pure.

    Policy
      └─ Rule per attribute: owner ranking of source kinds, or most frequent, then the general order
    Survived
      ├─ profile     as the API shows it
      └─ provenance  attribute → record, rule, since, runners-up and why they lost

A value is never edited: an address or a name survives whole, from one record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from matching.canonical import rfc3339
from matching.jsontext import dumps
from matching.records import Address, CanonicalRecord
from matching.values import birth_date, country_code, country_of, email_address, fold, is_placeholder, phone_number


@dataclass(frozen=True, slots=True)
class Policy:
    """``owners`` ranks source kinds per attribute: the first that has a value owns it. ``collected`` are the
    attributes of which every distinct value is kept, the best first."""

    name: str
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


# In retail the ERP owns legal accounts and payment terms, loyalty owns points and tier.
DEFAULT = Policy(
    name="default-1",
    owners={
        "organisation": ("erp", "crm"),
        "attributes.payment_terms": ("erp",),
        "attributes.points_balance": ("loyalty",),
        "attributes.tier": ("loyalty",),
    },
)


@dataclass(frozen=True, slots=True, repr=False)
class Member:
    """One record of the cluster. ``order`` breaks ties and is the same on every machine."""

    record: CanonicalRecord
    source_kind: str
    occurred_at: datetime
    order: int


@dataclass(frozen=True, slots=True, repr=False)
class Survived:
    profile: dict[str, Any]
    provenance: dict[str, Any]


class _Speaker:
    """A member with what every value's provenance repeats, worked out once."""

    __slots__ = ("address", "at", "country", "kind", "order", "record", "since")

    def __init__(self, member: Member):
        self.record = member.record
        self.kind = member.source_kind
        self.at = member.occurred_at
        self.order = member.order
        self.address = member.record.address
        self.since = rfc3339(member.occurred_at)
        self.country = country_of(member.record)


# A value that a record puts forward, as the profile shows it. What tells equal values apart and which of them is
# better formed is worked out only where several are put forward.
_Offer = tuple[_Speaker, Any]
# ``same`` and ``quality`` of a value: text that is equal for equal values, and greater for the better form.
_Weighing = Callable[[Any], tuple[str, int]]


def survive(members: Sequence[Member], policy: Policy = DEFAULT) -> Survived:
    """The golden profile of ``members`` (at least one), the same for every order of them."""
    speakers = [_Speaker(m) for m in sorted(members, key=lambda m: m.order)]
    profile: dict[str, Any] = {}
    provenance: dict[str, Any] = {}
    for attribute, said, rule, weighing in _SINGLES:
        offers = [(s, shown) for s in speakers if (shown := said(s)) is not None]
        if offers:
            profile[attribute], provenance[attribute] = _choose(attribute, offers, rule, weighing, policy)
    for attribute, all_said, weighing in _COLLECTIONS:
        profile[attribute] = _collect(attribute, [(s, x) for s in speakers for x in all_said(s)], weighing, provenance)
    profile["attributes"] = attributes = {}
    for key in sorted({key for s in speakers for key in s.record.attributes}):
        offers = [(s, v) for s in speakers if (v := s.record.attributes.get(key)) is not None and v != ""]
        if offers:
            name = f"attributes.{key}"
            chosen, provenance[name] = _choose(name, offers, "most_recent", _weigh_attribute, policy)
            attributes[key] = chosen
    return Survived(profile, provenance)


def _choose(
    attribute: str, offers: Sequence[_Offer], rule: str, weighing: _Weighing, policy: Policy
) -> tuple[Any, dict[str, Any]]:
    owners = policy.owners.get(attribute, ())
    used = "owner" if owners and any(s.kind in owners for s, _ in offers) else rule
    if len(offers) == 1:
        speaker, shown = offers[0]
        return shown, _provenance(speaker, used)
    weighed = [weighing(shown) for _, shown in offers]
    votes = Counter(same for same, _ in weighed)

    def rank(place: int) -> tuple[Any, ...]:
        speaker = offers[place][0]
        same, quality = weighed[place]
        owner = len(owners) - owners.index(speaker.kind) if speaker.kind in owners else 0
        if rule == "most_complete":
            return owner, quality, votes[same], speaker.at, -speaker.order
        if rule == "most_frequent":
            return owner, votes[same], quality, speaker.at, -speaker.order
        return owner, speaker.at, -speaker.order

    best, *others = sorted(range(len(offers)), key=rank, reverse=True)
    speaker, shown = offers[best]
    why = _provenance(speaker, used)
    why["runners_up"] = [
        {"record": offers[o][0].address, "value": offers[o][1], "lost_because": _LOST[used]}
        for o in [o for o in others if weighed[o][0] != weighed[best][0]][:5]
    ]
    return shown, why


_LOST = {
    "owner": "another system owns this attribute",
    "most_complete": "less complete, or said by fewer records",
    "most_frequent": "said by fewer records, or longer ago",
    "most_recent": "older",
}


def _provenance(speaker: _Speaker, rule: str) -> dict[str, Any]:
    return {"record": speaker.address, "rule": rule, "since": speaker.since, "runners_up": []}


def _collect(
    attribute: str, offers: Sequence[_Offer], weighing: _Weighing, provenance: dict[str, Any]
) -> list[dict[str, Any]]:
    """Every distinct value, best first: said by most records, then verified or typed, then newest. Their
    provenance is added to ``provenance``."""
    kept = offers if len(offers) < 2 else _distinct(offers, weighing)
    shown = [shown for _, shown in kept]
    if attribute != "identifiers":
        shown = [{**value, "primary": place == 0} for place, value in enumerate(shown)]
    for place, (speaker, _) in enumerate(kept):
        provenance[f"{attribute}[{place}]"] = _provenance(speaker, "collect")
    return shown


def _distinct(offers: Sequence[_Offer], weighing: _Weighing) -> list[_Offer]:
    weighed = [weighing(shown) for _, shown in offers]
    votes = Counter(same for same, _ in weighed)
    best: dict[str, tuple[tuple[Any, ...], _Offer]] = {}
    for offer, (same, quality) in zip(offers, weighed, strict=True):
        speaker = offer[0]
        rank = (votes[same], quality, speaker.at, -speaker.order)
        if same not in best or rank > best[same][0]:
            best[same] = rank, offer
    return [offer for _, offer in sorted(best.values(), key=lambda ranked: ranked[0], reverse=True)]


def _well_formed(text: str) -> int:
    """1 for a value that is neither all capitals nor all small, as people write their names."""
    return int(text != text.upper() and text != text.lower())


def _name(speaker: _Speaker) -> dict[str, str] | None:
    name = speaker.record.name
    parts = {}
    if name.prefix and not is_placeholder(name.prefix):
        parts["prefix"] = name.prefix
    if name.given and not is_placeholder(name.given):
        parts["given"] = name.given
    if name.middle and not is_placeholder(name.middle):
        parts["middle"] = name.middle
    if name.family and not is_placeholder(name.family):
        parts["family"] = name.family
    if name.suffix and not is_placeholder(name.suffix):
        parts["suffix"] = name.suffix
    if not parts and name.full and not is_placeholder(name.full):
        parts["full"] = name.full
    return parts or None


def _weigh_name(parts: dict[str, str]) -> tuple[str, int]:
    given, family = parts.get("given", ""), parts.get("family", "")
    whole = " ".join(parts.values())
    quality = 8 * (len(given.strip(".")) > 1) + 4 * (len(family.strip(".")) > 1) + 2 * _well_formed(whole)
    quality += "middle" in parts
    return fold(f"{given} {family}") if given or family else fold(whole), quality


def _organisation(speaker: _Speaker) -> dict[str, str] | None:
    name = speaker.record.organisation_name
    return {"name": name} if name else None


def _weigh_organisation(shown: dict[str, str]) -> tuple[str, int]:
    return fold(shown["name"]), _well_formed(shown["name"])


def _birth_date(speaker: _Speaker) -> str | None:
    said = speaker.record.birth_date
    return (birth_date(said, speaker.country) or None) if said else None


def _weigh_birth_date(shown: str) -> tuple[str, int]:
    return shown, 0


def _emails(speaker: _Speaker) -> list[dict[str, Any]]:
    found = []
    for email in speaker.record.emails:
        if value := email_address(email.value):
            shown: dict[str, Any] = {"value": value}
            if email.type:
                shown["type"] = email.type
            if email.verified:
                shown["verified"] = True
            found.append(shown)
    return found


def _weigh_email(shown: dict[str, Any]) -> tuple[str, int]:
    return shown["value"], 2 * ("verified" in shown) + ("type" in shown)


def _phones(speaker: _Speaker) -> list[dict[str, Any]]:
    return [
        {"value": value, "type": phone.type} if phone.type else {"value": value}
        for phone in speaker.record.phones
        if (value := phone_number(phone.value, speaker.country))
    ]


def _weigh_phone(shown: dict[str, Any]) -> tuple[str, int]:
    return shown["value"], int("type" in shown)


def _addresses(speaker: _Speaker) -> list[dict[str, Any]]:
    return [_address(a) for a in speaker.record.addresses if a.street or a.city or a.postal_code]


def _address(address: Address) -> dict[str, Any]:
    shown = {
        "type": address.type, "street": address.street, "unit": address.unit, "city": address.city,
        "region": address.region, "postal_code": address.postal_code,
        "country": country_code(address.country) or address.country,
    }  # fmt: skip
    return {key: value for key, value in shown.items() if value}


def _weigh_address(shown: dict[str, Any]) -> tuple[str, int]:
    street = shown.get("street", "")
    whole = f"{street} {shown.get('unit', '')} {shown.get('postal_code', '')}"
    return fold(whole) or fold(shown.get("city", "")), 2 * len(shown) + _well_formed(street)


def _identifiers(speaker: _Speaker) -> list[dict[str, Any]]:
    return [
        {"type": i.type, "value": i.value, "issuer": i.issuer} if i.issuer else {"type": i.type, "value": i.value}
        for i in speaker.record.identifiers
    ]


def _weigh_identifier(shown: dict[str, Any]) -> tuple[str, int]:
    return f"{shown['type']}|{shown.get('issuer', '')}|{fold(shown['value'])}", 0


def _weigh_attribute(shown: Any) -> tuple[str, int]:
    return dumps(shown).decode(), 0


_SINGLES: tuple[tuple[str, Callable[[_Speaker], Any], str, _Weighing], ...] = (
    ("name", _name, "most_complete", _weigh_name),
    ("organisation", _organisation, "most_recent", _weigh_organisation),
    ("birth_date", _birth_date, "most_frequent", _weigh_birth_date),
)
_COLLECTIONS: tuple[tuple[str, Callable[[_Speaker], list[dict[str, Any]]], _Weighing], ...] = (
    ("emails", _emails, _weigh_email),
    ("phones", _phones, _weigh_phone),
    ("addresses", _addresses, _weigh_address),
    ("identifiers", _identifiers, _weigh_identifier),
)
