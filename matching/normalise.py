"""Normalise: a canonical record as its source wrote it, made comparable.

Placeholders ("test@test.com", 1900-01-01, "N/A") are removed by the lists of the match model, and so are
contact points that the model knows to be shared by many families.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from matching.cleaning import contacts, dates, identifiers, names, places
from matching.cleaning.text import one_character, plain
from matching.model import MatchModel
from matching.prepared import Ident, Place, Prepared, fingerprint, order_of
from matching.records import Address, CanonicalRecord

__all__ = ["Prepared", "normalise"]

# Placeholders of a match model by what they stand in for: text, email, phone, birth_date, postal_code.
Dummies = Mapping[str, frozenset[str]]
NONE: frozenset[str] = frozenset()
MOST_VALUES = 8
# Longer texts are taken to say something.
LONGEST_NOTHING = 24


def normalise(record: CanonicalRecord, model: MatchModel) -> Prepared:
    """The record as blocking and comparing read it; the same record gives the same bytes for ever."""
    dummies = model.placeholder_sets
    where = _distinct([_place(a, dummies) for a in record.addresses])
    country = next((p.country for p in where if p.country), "")
    written = record.name
    given, middle, family, suffix, former, company = named(
        record.kind, written.given, written.middle, written.family, written.full, record.organisation_name, country,
        dummies, suffix=written.suffix, former_family=written.former_family,
    )  # fmt: skip
    return Prepared(
        order_of(record.source_system, record.source_id),
        record.source_system,
        record.kind,
        given,
        middle,
        family,
        suffix,
        former,
        birth_of(record.birth_date, country, dummies),
        _distinct([email_of(e.value, model) for e in record.emails]),
        _distinct([phone_of(p.value, country, model) for p in record.phones]),
        where,
        _distinct([ident_of(i.type, i.issuer, i.value, country, dummies) for i in record.identifiers]),
        company,
        _attributes(record.attributes, model) if model.attributes else (),
    )


class Named(NamedTuple):
    """The comparable parts of a name field group; ``""`` where there is none."""

    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    former: tuple[str, ...] = ()
    company: str = ""


def named(
    kind: str,
    given: str | None,
    middle: str | None,
    family: str | None,
    full: str | None,
    organisation: str | None,
    country: str,
    dummies: Dummies,
    *,
    suffix: str | None = None,
    former_family: Iterable[str] = (),
) -> Named:
    """The names of a person or company, as its fields say them."""
    former = [names.family_name(f) for f in former_family if said(f, dummies)] if former_family else ()
    return names_of(
        kind, said(given, dummies), said(middle, dummies), said(family, dummies), said(full, dummies),
        said(organisation, dummies), country, suffix=suffix or "", former=former,
    )  # fmt: skip


def names_of(
    kind: str,
    given: str,
    middle: str,
    family: str,
    full: str,
    company: str,
    country: str,
    *,
    suffix: str = "",
    former: Iterable[str] = (),
) -> Named:
    """As ``named``, of texts that say something (``said``)."""
    if kind == "organisation" and not company:
        company, full, family = full or family or given, "", ""
        given = middle = ""
    elif not company and not given and names.is_company(full or family):
        company, full, family = full or family, "", ""
    name = names.person(given, middle, family, suffix, full, country)
    return Named(
        name.given,
        name.middle,
        name.family,
        name.suffix,
        _distinct([f for f in (*name.former, *former) if f != name.family]) if name.former or former else (),
        names.company(company) if company else "",
    )


def said(value: str | None, dummies: Dummies) -> str:
    """``value``, or ``""`` where it says nothing: a placeholder, or one letter repeated."""
    if not value:
        return ""
    return value if len(value) > LONGEST_NOTHING or _says_again(value, dummies.get("text", NONE)) else ""


def _said_once(value: str | None, nothing: frozenset[str]) -> str:
    """As ``said``, of what seldom comes twice: remembering it would cost more than looking."""
    return value if value and (len(value) > LONGEST_NOTHING or _says(value, nothing)) else ""


def _says(value: str, nothing: frozenset[str]) -> bool:
    bare = plain(value)
    return bool(bare) and bare not in nothing and not one_character(bare)


# Names and towns come again and again, in a batch as in a file.
_says_again = lru_cache(maxsize=1 << 16)(_says)


def street_of(value: str | None, dummies: Dummies) -> tuple[str, str]:
    """Street and house number of an address line."""
    line = _said_once(value, dummies.get("text", NONE))
    return places.street(line) if line else ("", "")


def city_of(value: str | None, dummies: Dummies) -> str:
    """The town, comparable."""
    text = said(value, dummies)
    return places.city(text) if text else ""


def region_of(value: str | None, dummies: Dummies) -> str:
    """Letters and digits of a state or province."""
    text = said(value, dummies)
    return _region(text) if text else ""


@lru_cache(maxsize=1 << 12)
def _region(text: str) -> str:
    return "".join(c for c in plain(text) if c.isalnum())


def postal_code_of(value: str | None, country: str, dummies: Dummies) -> str:
    """The postal code, comparable; ``country`` gives back a zero that a spreadsheet took."""
    return _postal_code(value, country, dummies.get("text", NONE), dummies.get("postal_code", NONE)) if value else ""


@lru_cache(maxsize=1 << 16)
def _postal_code(value: str, country: str, nothing: frozenset[str], codes: frozenset[str]) -> str:
    text = _said_once(value, nothing)
    code = places.postal_code(text, country) if text else ""
    return "" if code in codes else code


def country_of(value: str | None, dummies: Dummies) -> str:
    """The ISO 3166-1 alpha-2 code of a country."""
    text = said(value, dummies)
    return places.country(text) if text else ""


def birth_of(value: str | None, country: str, dummies: Dummies) -> str:
    """``YYYYMMDD``, zeros for what is unknown."""
    birth = dates.birth_date(value, country) if value else ""
    return "" if birth in dummies.get("birth_date", ()) else birth


def email_of(value: str, model: MatchModel) -> str:
    """The mailbox, unless it is nobody's: a dummy, an office, or one that many families share."""
    address = contacts.email(value)
    if not address or address in model.placeholder_sets.get("email", ()) or contacts.is_role(address):
        return ""
    return "" if model.shared_contacts and contact_fingerprint(address) in model.shared_contacts else address


def phone_of(value: str, country: str, model: MatchModel) -> str:
    """The significant digits of a number, unless it is nobody's."""
    number = contacts.phone(value, country)
    if not number or number in model.placeholder_sets.get("phone", ()):
        return ""
    return "" if model.shared_contacts and contact_fingerprint(number) in model.shared_contacts else number


def contact_fingerprint(value: str) -> int:
    """How a model names a contact point that many families share, without holding it."""
    return fingerprint(b"contact\x00" + value.encode())


def ident_of(kind: str, issuer: str | None, value: str, country: str, dummies: Dummies) -> Ident | None:
    """The identifier, and whether it may forbid a match."""
    kind = plain(kind)
    if not _said_once(value, dummies.get("text", NONE)):
        return None
    cleaned = identifiers.tax_id(value, country) if kind == "tax_id" else identifiers.identifier(value)
    if not cleaned:
        return None
    # A loyalty number has no public check digit; the programme that gave it out vouches for it.
    holds = kind == "loyalty_id" or (kind == "tax_id" and identifiers.tax_id_holds(cleaned, country))
    return Ident(kind, plain(issuer or ""), cleaned, holds)


def attribute_of(value: Any, dummies: Dummies) -> str:
    """An attribute as plain text; lists and objects are no evidence."""
    if value is None or isinstance(value, (list, tuple, dict)):
        return ""
    word = plain(str(value))
    return "" if word in dummies.get("text", ()) else word


def _place(address: Address, dummies: Dummies) -> Place | None:
    street, number = street_of(address.street, dummies)
    country = country_of(address.country, dummies)
    place = Place(
        street,
        number,
        city_of(address.city, dummies),
        region_of(address.region, dummies),
        postal_code_of(address.postal_code, country, dummies),
        country,
    )
    return place if any(place) else None


def _attributes(values: Mapping[str, Any], model: MatchModel) -> tuple[tuple[str, str], ...]:
    """The attributes that the model compares."""
    words = ((key, attribute_of(values.get(key), model.placeholder_sets)) for key in model.attributes)
    return tuple(sorted((key, word) for key, word in words if word))


def _distinct(values: Sequence[Any]) -> tuple[Any, ...]:
    """The values that say something, sorted and at most ``MOST_VALUES``; most records have one or none."""
    if len(values) < 2:
        return (values[0],) if values and values[0] else ()
    return tuple(sorted({v for v in values if v})[:MOST_VALUES])
