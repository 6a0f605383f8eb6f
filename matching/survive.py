"""Survivorship: the golden profile of a cluster, with where each value came from. Pure.

    Policy
      └─ Rule per attribute: owner ranking of source kinds, or most frequent, then the general order
    Survived
      ├─ profile     as the API shows it
      └─ provenance  attribute → record, rule, since, runners-up and why they lost

A value is never edited: an address or a name survives whole, from one record.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from matching.records import Address, CanonicalRecord
from matching.values import birth_date, country_code, email_address, fold, is_placeholder, phone_number


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


@dataclass(frozen=True, slots=True, repr=False)
class _Offer:
    """A value that a record puts forward: ``shown`` in the profile, ``same`` tells equal values apart,
    ``quality`` orders completeness and form (greater is better)."""

    member: Member
    shown: Any
    same: str
    quality: int = 0


def survive(members: Sequence[Member], policy: Policy = DEFAULT) -> Survived:
    """The golden profile of ``members`` (at least one), the same for every order of them."""
    ordered = sorted(members, key=lambda m: m.order)
    profile: dict[str, Any] = {}
    provenance: dict[str, Any] = {}
    singles: list[tuple[str, Callable[[Member], _Offer | None], str]] = [
        ("name", _name, "most_complete"),
        ("organisation", _organisation, "most_recent"),
        ("birth_date", _birth_date, "most_frequent"),
    ]
    for attribute, offer_of, rule in singles:
        offers = [offer for m in ordered if (offer := offer_of(m)) is not None]
        if offers:
            profile[attribute], provenance[attribute] = _choose(attribute, offers, rule, policy)
    collections: list[tuple[str, Callable[[Member], Iterable[_Offer]]]] = [
        ("emails", _emails),
        ("phones", _phones),
        ("addresses", _addresses),
        ("identifiers", _identifiers),
    ]
    for attribute, offers_of in collections:
        profile[attribute], found = _collect(attribute, [o for m in ordered for o in offers_of(m)])
        provenance.update(found)
    profile["attributes"] = {}
    for key in sorted({key for m in ordered for key in m.record.attributes}):
        offers = [_attribute(m, key) for m in ordered if m.record.attributes.get(key) not in (None, "")]
        if offers:
            chosen, why = _choose(f"attributes.{key}", offers, "most_recent", policy)
            profile["attributes"][key], provenance[f"attributes.{key}"] = chosen, why
    return Survived(profile, provenance)


def _choose(attribute: str, offers: Sequence[_Offer], rule: str, policy: Policy) -> tuple[Any, dict[str, Any]]:
    votes = Counter(offer.same for offer in offers)
    owners = policy.owners.get(attribute, ())
    owned = any(offer.member.source_kind in owners for offer in offers)

    def rank(offer: _Offer) -> tuple[Any, ...]:
        kind = offer.member.source_kind
        owner = len(owners) - owners.index(kind) if kind in owners else 0
        steps: dict[str, tuple[Any, ...]] = {
            "most_complete": (offer.quality, votes[offer.same]),
            "most_frequent": (votes[offer.same], offer.quality),
            "most_recent": (),
        }
        return (owner, *steps[rule], offer.member.occurred_at, -offer.member.order)

    best = max(offers, key=rank)
    used = "owner" if owned else rule
    losers = [o for o in sorted(offers, key=rank, reverse=True) if o.same != best.same]
    return best.shown, _provenance(best, used, losers, votes)


_LOST = {
    "owner": "another system owns this attribute",
    "most_complete": "less complete, or said by fewer records",
    "most_frequent": "said by fewer records, or longer ago",
    "most_recent": "older",
}


def _provenance(best: _Offer, rule: str, losers: Sequence[_Offer], votes: Mapping[str, int]) -> dict[str, Any]:
    return {
        "record": best.member.record.address,
        "rule": rule,
        "since": _rfc3339(best.member.occurred_at),
        "runners_up": [
            {"record": o.member.record.address, "value": o.shown, "lost_because": _LOST[rule]} for o in losers[:5]
        ],
    }


def _collect(attribute: str, offers: Sequence[_Offer]) -> tuple[list[Any], dict[str, Any]]:
    """Every distinct value, best first: said by most records, then verified or typed, then newest."""
    votes = Counter(offer.same for offer in offers)

    def rank(offer: _Offer) -> tuple[Any, ...]:
        return (votes[offer.same], offer.quality, offer.member.occurred_at, -offer.member.order)

    best: dict[str, _Offer] = {}
    for offer in offers:
        if offer.same not in best or rank(offer) > rank(best[offer.same]):
            best[offer.same] = offer
    kept = sorted(best.values(), key=rank, reverse=True)
    primary = attribute in ("emails", "phones", "addresses")
    shown = [{**o.shown, "primary": place == 0} if primary else o.shown for place, o in enumerate(kept)]
    where = {f"{attribute}[{i}]": _provenance(o, "collect", [], votes) for i, o in enumerate(kept)}
    return shown, where


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _well_formed(text: str) -> int:
    """1 for a value that is neither all capitals nor all small, as people write their names."""
    return int(text != text.upper() and text != text.lower())


def _name(member: Member) -> _Offer | None:
    name = member.record.name
    spoken = ("prefix", "given", "middle", "family", "suffix")
    parts = {k: v for k in spoken if not is_placeholder(v := getattr(name, k))}
    if not parts and not is_placeholder(name.full):
        parts = {"full": name.full}
    if not parts:
        return None
    given, family = parts.get("given", ""), parts.get("family", "")
    whole = " ".join(parts.values())
    quality = 8 * (len(given.strip(".")) > 1) + 4 * (len(family.strip(".")) > 1) + 2 * _well_formed(whole)
    quality += "middle" in parts
    return _Offer(member, parts, fold(f"{given} {family}") if given or family else fold(whole), quality)


def _organisation(member: Member) -> _Offer | None:
    name = member.record.organisation_name
    return _Offer(member, {"name": name}, fold(name), _well_formed(name)) if name else None


def _country(record: CanonicalRecord) -> str | None:
    return next((code for a in record.addresses if (code := country_code(a.country))), None)


def _birth_date(member: Member) -> _Offer | None:
    said = birth_date(member.record.birth_date, _country(member.record))
    return _Offer(member, said, said) if said else None


def _emails(member: Member) -> Iterable[_Offer]:
    for email in member.record.emails:
        if value := email_address(email.value):
            shown: dict[str, Any] = {"value": value} | ({"type": email.type} if email.type else {})
            shown |= {"verified": True} if email.verified else {}
            yield _Offer(member, shown, value, 2 * bool(email.verified) + bool(email.type))


def _phones(member: Member) -> Iterable[_Offer]:
    for phone in member.record.phones:
        if value := phone_number(phone.value, _country(member.record)):
            shown = {"value": value} | ({"type": phone.type} if phone.type else {})
            yield _Offer(member, shown, value, int(bool(phone.type)))


def _addresses(member: Member) -> Iterable[_Offer]:
    for address in member.record.addresses:
        shown = _address(address)
        if any(key in shown for key in ("street", "city", "postal_code")):
            same = fold(" ".join(str(shown.get(k, "")) for k in ("street", "unit", "postal_code"))) or fold(
                shown.get("city", "")
            )
            yield _Offer(member, shown, same, 2 * len(shown) + _well_formed(shown.get("street", "")))


def _address(address: Address) -> dict[str, str]:
    keys = ("type", "street", "unit", "city", "region", "postal_code")
    shown = {k: v for k in keys if (v := getattr(address, k))}
    country = country_code(address.country) or address.country
    return shown | ({"country": country} if country else {})


def _identifiers(member: Member) -> Iterable[_Offer]:
    for identifier in member.record.identifiers:
        shown = {"type": identifier.type, "value": identifier.value}
        shown |= {"issuer": identifier.issuer} if identifier.issuer else {}
        yield _Offer(member, shown, f"{identifier.type}|{identifier.issuer or ''}|{fold(identifier.value)}")


def _attribute(member: Member, key: str) -> _Offer:
    value = member.record.attributes[key]
    return _Offer(member, value, json.dumps(value, sort_keys=True, default=str))
