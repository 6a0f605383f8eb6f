"""Normalise: a canonical record as its source wrote it, made comparable.

Placeholders ("test@test.com", 1900-01-01, "N/A") are removed by the lists of the match model, and so are
contact points that the model knows to be shared by many families.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matching.cleaning import contacts, dates, identifiers, names, places
from matching.cleaning.text import one_character, plain
from matching.model import MatchModel
from matching.prepared import Ident, Place, Prepared, fingerprint, order_of
from matching.records import Address, CanonicalRecord

__all__ = ["Prepared", "normalise"]

MOST_VALUES = 8


def normalise(record: CanonicalRecord, model: MatchModel) -> Prepared:
    """The record as blocking and comparing read it; the same record gives the same bytes for ever."""
    dummies = model.placeholder_sets
    text = dummies.get("text", frozenset())
    where = _distinct(_place(a, dummies) for a in record.addresses)
    country = next((p.country for p in where if p.country), "")
    said = record.name
    given, middle, family, full = (_said(v, text) for v in (said.given, said.middle, said.family, said.full))
    company = _said(record.organisation_name, text)
    if record.kind == "organisation" and not company:
        company, full, family = full or family or given, "", ""
        given = middle = ""
    elif not company and not given and names.is_company(full or family):
        company, full, family = full or family, "", ""
    name = names.person(given, middle, family, said.suffix or "", full, country)
    former = {*name.former, *(names.family_name(f) for f in said.former_family if _said(f, text))}
    birth = dates.birth_date(record.birth_date, country) if record.birth_date else ""
    return Prepared(
        order=order_of(record.source_system, record.source_id),
        source=record.source_system,
        kind=record.kind,
        given=name.given,
        middle=name.middle,
        family=name.family,
        suffix=name.suffix,
        former=_values(f for f in former if f and f != name.family),
        birth="" if birth in dummies.get("birth_date", ()) else birth,
        emails=_values(_email(e.value, dummies, model) for e in record.emails),
        phones=_values(_phone(p.value, country, dummies, model) for p in record.phones),
        places=where,
        ids=_distinct(_ident(i.type, i.issuer, i.value, country, text) for i in record.identifiers),
        company=names.company(company) if company else "",
        attributes=_attributes(record.attributes, model, text),
    )


def _said(value: str | None, dummies: frozenset[str]) -> str:
    """``value``, or ``""`` where it says nothing: a placeholder, or one letter repeated."""
    if not value:
        return ""
    if len(value) <= 24:
        bare = plain(value)
        if not bare or bare in dummies or one_character(bare):
            return ""
    return value


def _place(address: Address, dummies: dict[str, frozenset[str]]) -> Place | None:
    text = dummies.get("text", frozenset())
    line, city, region, code, land = (
        _said(v, text) for v in (address.street, address.city, address.region, address.postal_code, address.country)
    )
    street, number = places.street(line) if line else ("", "")
    postal = places.postal_code(code) if code else ""
    if postal in dummies.get("postal_code", ()):
        postal = ""
    place = Place(
        street=street,
        number=number,
        city=places.city(city) if city else "",
        region="".join(c for c in plain(region) if c.isalnum()) if region else "",
        postal_code=postal,
        country=places.country(land) if land else "",
    )
    return place if any(place) else None


def _email(value: str, dummies: dict[str, frozenset[str]], model: MatchModel) -> str:
    address = contacts.email(value)
    if not address or address in dummies.get("email", ()) or contacts.is_role(address):
        return ""
    return "" if model.shared_contacts and contact_fingerprint(address) in model.shared_contacts else address


def _phone(value: str, country: str, dummies: dict[str, frozenset[str]], model: MatchModel) -> str:
    number = contacts.phone(value, country)
    if not number or number in dummies.get("phone", ()):
        return ""
    return "" if model.shared_contacts and contact_fingerprint(number) in model.shared_contacts else number


def contact_fingerprint(value: str) -> int:
    """How a model names a contact point that many families share, without holding it."""
    return fingerprint(b"contact\x00" + value.encode())


def _ident(kind: str, issuer: str | None, value: str, country: str, text: frozenset[str]) -> Ident | None:
    cleaned = identifiers.identifier(value) if _said(value, text) else ""
    if not cleaned:
        return None
    kind = plain(kind)
    # A loyalty number has no public check digit; the programme that gave it out vouches for it.
    holds = kind == "loyalty_id" or (kind == "tax_id" and identifiers.tax_id_holds(cleaned, country))
    return Ident(kind, plain(issuer or ""), cleaned, holds)


def _attributes(values: Any, model: MatchModel, text: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The attributes that the model compares, as plain text; lists and objects are not evidence."""
    found = []
    for key in model.attributes:
        value = values.get(key)
        if value is None or isinstance(value, (list, dict)):
            continue
        word = plain(str(value))
        if word and word not in text:
            found.append((key, word))
    return tuple(sorted(found))


def _values(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({v for v in values if v})[:MOST_VALUES])


def _distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted({v for v in values if v is not None})[:MOST_VALUES])
