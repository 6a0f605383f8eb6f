"""An S/4HANA business partner, with what was expanded, as canonical JSON. It holds no marketing consent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.inbound import parts
from connectors.inbound.envelope import unwrap
from connectors.inbound.parts import MappingError, filled, flag, text

_DATE = re.compile(r"^/Date\((-?\d{1,15})(?:[+-]\d{1,4})?\)/$")
_CLOCK = re.compile(r"^PT(?:(\d{1,2})H)?(?:(\d{1,2})M)?(?:(\d{1,2})S)?$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Where the house number is written before the street.
_NUMBER_FIRST = frozenset(("US", "GB", "FR", "IE", "CA", "AU", "NZ", "LU"))
_PERSON, _ORGANISATION, _GROUP = "1", "2", "3"
# An organisation's own extension field; this is the name that the project's set-up guide uses.
LOYALTY_FIELD = "YY1_LoyaltyNumber_bus"
_READ = parts.words(
    "BusinessPartner BusinessPartnerCategory FirstName MiddleName LastName AdditionalLastName BirthName AcademicTitle "
    "BusinessPartnerName1 BusinessPartnerFullName OrganizationBPName1 OrganizationBPName2 BirthDate "
    "BusinessPartnerUUID IsMarkedForArchiving CreationDate CreationTime LastChangeDate LastChangeTime __metadata "
    f"BusinessPartnerIDByExtSystem {LOYALTY_FIELD}"
)


def to_nested(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The business partners in an entity, an OData answer or a page of one; raises ``MappingError``."""
    _, data = unwrap(payload)
    if "d" in data:
        data = parts.child(data, "d")
    if "BusinessPartner" not in data and "results" in data:
        return [_partner(item) for item in parts.children(data, "results")]
    return [_partner(data)]


def _partner(data: Mapping[str, Any]) -> dict[str, Any]:
    source_id = parts.identity(data, "BusinessPartner")
    occurred_at = _changed(data)
    if flag(data, "IsMarkedForArchiving"):
        return parts.deletion(source_id, occurred_at=occurred_at)
    category = text(data, "BusinessPartnerCategory") or _PERSON
    if category not in (_PERSON, _ORGANISATION, _GROUP):
        raise MappingError("BusinessPartnerCategory", "must be 1 (person), 2 (organisation) or 3 (group)")
    person = category == _PERSON
    companies = [
        company
        for link in parts.children(data, "to_BusinessPartnerContact")
        if (company := text(link, "BusinessPartnerCompany")) and company != source_id
    ]
    places = parts.children(data, "to_BusinessPartnerAddress")
    birth_date, birthday = parts.birth(_day(data.get("BirthDate"), "BirthDate"), "BirthDate")
    company_name = " ".join(filter(None, (text(data, "OrganizationBPName1"), text(data, "OrganizationBPName2"))))
    born = text(data, "BirthName")
    external = text(data, "BusinessPartnerIDByExtSystem")
    return filled({
        "source_id": source_id,
        "kind": "person" if person else "organisation",
        "name": _name(data, born=born) if person else None,
        "organisation": {"name": company_name} if company_name else None,
        "birth_date": birth_date if person else None,
        "emails": parts.distinct(e for p in places for e in _emails(p)),
        "phones": parts.distinct(n for p in places for n in _phones(p)),
        "addresses": [a for p in places if (a := _place(p, at=occurred_at))],
        "identifiers": [
            *({"type": "loyalty_id", "value": v} for v in [text(data, LOYALTY_FIELD)] if v),
            *(
                filled({"type": "tax_id", "issuer": text(tax, "BPTaxType"), "value": value})
                for tax in parts.children(data, "to_BusinessPartnerTax")
                if (value := text(tax, "BPTaxNumber"))
            ),
        ],
        "relations": [{"type": "contact_of", "source_id": c} for c in dict.fromkeys(companies)],
        "attributes": parts.attributes(data, known=_READ)
        | filled({"birthday": birthday, "external_id": external}),
        "occurred_at": occurred_at,
    })  # fmt: skip


def _name(data: Mapping[str, Any], *, born: str | None) -> dict[str, Any]:
    family = text(data, "LastName")
    return filled({
        "full": None if family else text(data, "BusinessPartnerFullName"),
        "prefix": text(data, "AcademicTitle") if not (text(data, "AcademicTitle") or "").isdigit() else None,
        "given": text(data, "FirstName"), "middle": text(data, "MiddleName"), "family": family,
        "former_family": [born] if born and born != family else [],
    })  # fmt: skip


def _place(place: Mapping[str, Any], *, at: str | None) -> dict[str, Any] | None:
    ended = _day(place.get("ValidityEndDate"), "ValidityEndDate")
    street = _street(text(place, "StreetName"), text(place, "HouseNumber"), text(place, "Country"))
    found = filled({
        "street": street, "unit": text(place, "HouseNumberSupplementText"), "city": text(place, "CityName"),
        "region": text(place, "Region"), "postal_code": text(place, "PostalCode"), "country": text(place, "Country"),
    })  # fmt: skip
    # Where the partner lived before is evidence all the same; 9999 stands for "without end".
    past = bool(ended and at and ended[:4] != "9999" and ended < at[:10])
    return {**({"type": "former"} if past else {}), **found} if found else None


def _street(street: str | None, house: str | None, country: str | None) -> str:
    parts_of_it = (house, street) if country in _NUMBER_FIRST else (street, house)
    return " ".join(filter(None, parts_of_it))


def _emails(place: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = parts.children(place, "to_EmailAddress")
    items = sorted(items, key=lambda item: not flag(item, "IsDefaultEmailAddress"))
    return [e for item in items for e in parts.contact(text(item, "EmailAddress"))]


def _phones(place: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for field, kind in (("to_MobilePhoneNumber", "mobile"), ("to_PhoneNumber", None)):
        for item in parts.children(place, field):
            number = text(item, "InternationalPhoneNumber") or text(item, "PhoneNumber")
            found += parts.contact(number, type=kind)
    return found


def _changed(data: Mapping[str, Any]) -> str | None:
    for kind in ("LastChange", "Creation"):
        day = _day(data.get(f"{kind}Date"), f"{kind}Date")
        if day:
            clock = _CLOCK.match(text(data, f"{kind}Time") or "PT0S")
            if not clock:
                raise MappingError(f"{kind}Time", "must be a time of day such as PT10H20M30S")
            hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return parts.instant(f"{day}T{hours:02d}:{minutes:02d}:{seconds:02d}Z", f"{kind}Time")
    return None


def _day(value: Any, field: str) -> str | None:
    """An ISO date from OData's ``/Date(milliseconds)/``, negative before 1970; ISO dates pass."""
    found = parts.as_text(value, field)
    if found is None or not found.startswith("/Date"):
        return found[:10] if found else None
    ticks = _DATE.match(found)
    if not ticks:
        raise MappingError(field, "must be a date such as /Date(447811200000)/")
    try:
        return (_EPOCH + timedelta(milliseconds=int(ticks[1]))).date().isoformat()
    except OverflowError:
        raise MappingError(field, "is outside the calendar") from None
