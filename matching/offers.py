"""What a record puts forward for each attribute of a golden profile, and what can be said of such a value.

    Speaker     a member with what every value's provenance repeats, worked out once
    Attribute   offers    what each speaker says: a value as the profile shows it, or (``many``) several
                same      text that is equal for values that are the same to a person
                complete  how much of what the attribute can hold is there (a number, the more the better)
                quality   verified, valid, well formed, no placeholder (a number)
                length    of the text that a person reads

A value is never edited: an address or a name survives whole, from one record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from matching.canonical import rfc3339
from matching.cleaning import identifiers
from matching.jsontext import dumps
from matching.records import Address, CanonicalRecord
from matching.values import birth_date, country_code, country_of, email_address, fold, is_placeholder, phone_number


class Speaker:
    """A member of the cluster: ``origin`` is (source system code, its kind); of two the one with the greater
    ``recency`` is newer, or before the other by its hash."""

    __slots__ = ("address", "at", "country", "origin", "recency", "record", "since")

    def __init__(self, record: CanonicalRecord, kind: str, at: datetime, order: int):
        self.record = record
        self.origin = (record.source_system, kind)
        self.at = at
        self.recency = (at, -order)
        self.address = f"{record.source_system}:{record.source_id}"
        self.since = f"{at.isoformat()[:-6]}Z" if at.tzinfo is UTC else rfc3339(at)
        self.country = country_of(record) if record.addresses else None


# A value that a record puts forward, as the profile shows it.
Offer = tuple[Speaker, Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """See the top of this file. ``complete``, ``quality`` and ``length`` are asked for only where a rule does."""

    name: str
    offers: Callable[[Sequence[Speaker]], list[Offer]]
    same: Callable[[Any], str]
    complete: Callable[[Any], int]
    quality: Callable[[Any], int]
    length: Callable[[Any], int]
    many: bool = False

    def said(self, speaker: Speaker) -> Any:
        """What one speaker says: a value or None; of ``many`` a list."""
        found = [shown for _, shown in self.offers((speaker,))]
        return found if self.many else found[0] if found else None


def _nothing(shown: Any) -> int:
    return 0


def _text(shown: Any) -> int:
    """Length of all text in the value."""
    if isinstance(shown, dict):
        return sum(map(_text, shown.values()))
    return len(shown) if isinstance(shown, str) else len(dumps(shown))


def _well_formed(text: str) -> int:
    """1 for a value that is neither all capitals nor all small, as people write their names."""
    return int(text != text.upper() and text != text.lower())


def _names(speakers: Sequence[Speaker]) -> list[Offer]:
    found: list[Offer] = []
    for speaker in speakers:
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
        if parts:
            found.append((speaker, parts))
        elif name.full and not is_placeholder(name.full):
            found.append((speaker, {"full": name.full}))
    return found


def _same_name(parts: dict[str, str]) -> str:
    given, family = parts.get("given", ""), parts.get("family", "")
    return fold(f"{given} {family}") if given or family else fold(" ".join(parts.values()))


def _complete_name(parts: dict[str, str]) -> int:
    """Names rather than initials, the family name and the middle name too; of two alike, the one as people write it."""
    given, family = parts.get("given", ""), parts.get("family", "")
    whole = 8 * (len(given.strip(".")) > 1) + 4 * (len(family.strip(".")) > 1) + ("middle" in parts)
    return whole + 2 * _well_formed(" ".join(parts.values()))


def _name_quality(parts: dict[str, str]) -> int:
    given, family = parts.get("given", ""), parts.get("family", "")
    return 2 * (len(given.strip(".")) > 1 and len(family.strip(".")) > 1) + _well_formed(" ".join(parts.values()))


def _organisations(speakers: Sequence[Speaker]) -> list[Offer]:
    return [(s, {"name": name}) for s in speakers if (name := s.record.organisation_name)]


def _birth_dates(speakers: Sequence[Speaker]) -> list[Offer]:
    return [(s, shown) for s in speakers if (said := s.record.birth_date) and (shown := birth_date(said, s.country))]


def _birth_date_quality(shown: str) -> int:
    """The first of January is what many systems write where only the year is known."""
    return int(shown[5:] != "01-01")


def _emails(speakers: Sequence[Speaker]) -> list[Offer]:
    found: list[Offer] = []
    for speaker in speakers:
        for email in speaker.record.emails:
            if value := email_address(email.value):
                shown: dict[str, Any] = {"value": value}
                if email.type:
                    shown["type"] = email.type
                if email.verified:
                    shown["verified"] = True
                found.append((speaker, shown))
    return found


def _phones(speakers: Sequence[Speaker]) -> list[Offer]:
    return [
        (speaker, {"value": value, "type": phone.type} if phone.type else {"value": value})
        for speaker in speakers
        for phone in speaker.record.phones
        if (value := phone_number(phone.value, speaker.country))
    ]


def _addresses(speakers: Sequence[Speaker]) -> list[Offer]:
    return [
        (speaker, _address(a))
        for speaker in speakers
        for a in speaker.record.addresses
        if a.street or a.city or a.postal_code
    ]


def _address(address: Address) -> dict[str, Any]:
    shown = {}
    if address.type:
        shown["type"] = address.type
    if address.street:
        shown["street"] = address.street
    if address.unit:
        shown["unit"] = address.unit
    if address.city:
        shown["city"] = address.city
    if address.region:
        shown["region"] = address.region
    if address.postal_code:
        shown["postal_code"] = address.postal_code
    if country := country_code(address.country) or address.country:
        shown["country"] = country
    return shown


def _same_address(shown: dict[str, Any]) -> str:
    whole = f"{shown.get('street', '')} {shown.get('unit', '')} {shown.get('postal_code', '')}"
    return fold(whole) or fold(shown.get("city", ""))


def _address_quality(shown: dict[str, Any]) -> int:
    """Enough to send a letter to, as people write it."""
    enough = "street" in shown and "city" in shown and "country" in shown
    return 2 * (enough and "postal_code" in shown) + _well_formed(shown.get("street", ""))


def _identifiers(speakers: Sequence[Speaker]) -> list[Offer]:
    return [
        (s, {"type": i.type, "value": i.value, "issuer": i.issuer} if i.issuer else {"type": i.type, "value": i.value})
        for s in speakers
        for i in s.record.identifiers
    ]


def _same_identifier(shown: dict[str, Any]) -> str:
    return f"{shown['type']}|{shown.get('issuer', '')}|{fold(shown['value'])}"


def _identifier_quality(shown: dict[str, Any]) -> int:
    """No placeholder or dummy; a tax number whose issuer is a country also by its check digit."""
    value = identifiers.identifier(shown["value"])
    if not value or identifiers.is_dummy(value):
        return 0
    if shown["type"] in ("tax_id", "vat_id"):
        country = country_code(shown.get("issuer")) or ""
        return 1 + identifiers.tax_id_holds(identifiers.tax_id(shown["value"], country), country)
    return 1


def same_attribute(shown: Any) -> str:
    # JSON of no other value begins with a quote, so that text need not be written as JSON.
    return f'"{shown}' if isinstance(shown, str) else dumps(shown).decode()


def _attribute_quality(shown: Any) -> int:
    return int(not is_placeholder(shown) if isinstance(shown, str) else bool(shown) or shown is False or shown == 0)


def attribute(key: str) -> Attribute:
    """The free attribute ``key``, as ``attributes.<key>`` of the profile."""

    def offers(speakers: Sequence[Speaker]) -> list[Offer]:
        said = [(s, s.record.attributes.get(key)) for s in speakers if s.record.attributes]
        return [offer for offer in said if offer[1] is not None and offer[1] != ""]

    return Attribute(f"attributes.{key}", offers, same_attribute, _text, _attribute_quality, _text)


def attribute_offers(speakers: Sequence[Speaker]) -> dict[str, list[Offer]]:
    """What is said of every free attribute, by its key: as ``attribute(key).offers`` of each, in one go."""
    found: dict[str, list[Offer]] = {}
    for speaker in speakers:
        if attributes := speaker.record.attributes:
            for key, value in attributes.items():
                if value is not None and value != "":
                    if key in found:
                        found[key].append((speaker, value))
                    else:
                        found[key] = [(speaker, value)]
    return found


NAME = Attribute("name", _names, _same_name, _complete_name, _name_quality, _text)
ORGANISATION = Attribute(
    "organisation",
    _organisations,
    lambda shown: fold(shown["name"]),
    lambda shown: len(shown["name"].split()),
    lambda shown: _well_formed(shown["name"]) + 2 * (not is_placeholder(shown["name"])),
    _text,
)
BIRTH_DATE = Attribute("birth_date", _birth_dates, str, _nothing, _birth_date_quality, _nothing)
EMAILS = Attribute(
    "emails",
    _emails,
    itemgetter("value"),
    len,
    lambda shown: 2 * ("verified" in shown) + ("type" in shown),
    lambda shown: len(shown["value"]),
    many=True,
)
PHONES = Attribute(
    "phones",
    _phones,
    itemgetter("value"),
    len,
    lambda shown: 2 * (shown["value"][0] == "+") + ("type" in shown),
    lambda shown: len(shown["value"]),
    many=True,
)
ADDRESSES = Attribute(
    "addresses",
    _addresses,
    _same_address,
    lambda shown: 2 * len(shown) + _well_formed(shown.get("street", "")),
    _address_quality,
    _text,
    many=True,
)
IDENTIFIERS = Attribute(
    "identifiers", _identifiers, _same_identifier, _nothing, _identifier_quality, lambda s: len(s["value"]), many=True
)
SINGLE = {a.name: a for a in (NAME, ORGANISATION, BIRTH_DATE)}
MANY = {a.name: a for a in (EMAILS, PHONES, ADDRESSES, IDENTIFIERS)}
# Of these each type (``identifiers.tax_id``, ``addresses.billing``) may have rules of its own.
TYPED = ("addresses", "identifiers")
