"""The vendors' own shapes of what a system holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from samples.held import Held

_COUNTRY = {"US": "United States", "GB": "United Kingdom", "DE": "Germany", "FR": "France"}


def _clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _said(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value != ""}


def salesforce(held: Held) -> dict[str, Any]:
    mobile = held.phone2 or (held.phone if held.updated % 2 else "")
    out = {
        "attributes": {"type": "Contact", "url": f"/services/data/v62.0/sobjects/Contact/{held.source_id}"},
        "Id": held.source_id,
        "FirstName": held.given, "MiddleName": held.middle, "LastName": held.family, "Suffix": held.suffix,
        "Former_Last_Name__c": held.former, "Birthdate": held.birth,
        "Email": held.email, "Secondary_Email__c": held.email2,
        "Phone": held.phone if held.phone != mobile else "", "MobilePhone": mobile,
        "MailingStreet": f"{held.street_line}\n{held.unit}" if held.unit else held.street_line,
        "MailingCity": held.city, "MailingState": held.region, "MailingPostalCode": held.postal_code,
        "MailingCountry": _COUNTRY[held.country] if held.city or held.postal_code else "",
        "MailingCountryCode": held.country if held.city or held.postal_code else "",
        "Loyalty_Number__c": held.loyalty_id,
        "HasOptedOutOfEmail": held.opted_out,
        "LastModifiedDate": _clock(held.updated) + ".000+0000",
    }  # fmt: skip
    return {key: value if value != "" else None for key, value in out.items()}


def loyaltylion(held: Held) -> dict[str, Any]:
    points = held.updated % 2900
    tier = "Gold" if points > 2000 else "Silver" if points > 900 else "Blue"
    properties = _said({
        "first_name": held.given, "last_name": held.family, "postcode": held.postal_code,
        "country": held.country if held.postal_code else "",
    })  # fmt: skip
    return {
        "id": int(held.source_id), "merchant_id": held.shop_id or None, "email": held.email or None,
        "points_approved": points, "points_pending": points % 50, "points_spent": points // 3, "properties": properties,
        "blocked": False, "guest": False, "enrolled": True, "birthday": held.birth or None,
        "loyalty_tier_membership": {"loyalty_tier": {"name": tier}},
        "created_at": _clock(held.updated - 4_000_000) + "Z", "updated_at": _clock(held.updated) + "Z",
    }  # fmt: skip


def shopify(held: Held) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": int(held.source_id), "email": held.email or None, "created_at": _clock(held.updated - 9_000_000) + "Z",
        "updated_at": _clock(held.updated) + "Z", "first_name": held.given or None, "last_name": held.family or None,
        "verified_email": held.updated % 7 > 0, "phone": held.phone or None, "tax_exempt": False, "addresses": [],
        "admin_graphql_api_id": f"gid://shopify/Customer/{held.source_id}",
    }  # fmt: skip
    if held.street or held.postal_code:
        place = {
            "id": int(held.source_id) + 1, "customer_id": int(held.source_id), "first_name": held.given,
            "last_name": held.family,
            "company": held.company or None, "address1": held.street_line, "address2": held.unit or None,
            "city": held.city,
            "province_code": held.region or None, "zip": held.postal_code, "country_code": held.country, "phone": None,
            "default": True,
        }  # fmt: skip
        out["addresses"] = [place]
        out["default_address"] = place
    if held.loyalty_id:
        out["metafields"] = [{"namespace": "club", "key": "loyalty_number", "value": held.loyalty_id}]
    return out


def square(held: Held) -> dict[str, Any]:
    out: dict[str, Any] = _said({
        "id": held.source_id, "created_at": _clock(held.updated - 2_000_000) + "Z",
        "updated_at": _clock(held.updated) + "Z",
        "given_name": held.given, "family_name": held.family, "email_address": held.email, "phone_number": held.phone,
        "birthday": held.birth, "reference_id": held.loyalty_id,
    })  # fmt: skip
    if held.street or held.postal_code:
        out["address"] = _said({
            "address_line_1": held.street_line, "address_line_2": held.unit, "locality": held.city,
            "administrative_district_level_1": held.region, "postal_code": held.postal_code, "country": held.country,
        })  # fmt: skip
    out["preferences"] = {"email_unsubscribed": held.opted_out}
    out["creation_source"] = "DIRECTORY" if held.given and held.family else "INSTANT_PROFILE"
    out["version"] = held.updated % 9
    return out


def sap(held: Held) -> dict[str, Any]:
    person = held.kind == "person"
    place: dict[str, Any] = {
        "AddressID": held.source_id[-6:], "StreetName": held.street, "HouseNumber": held.house,
        "HouseNumberSupplementText": held.unit, "PostalCode": held.postal_code, "CityName": held.city,
        "Region": held.region, "Country": held.country, "ValidityEndDate": "/Date(253402300799000)/",
        "to_EmailAddress": _listed({"EmailAddress": held.email, "IsDefaultEmailAddress": True} if held.email else None),
        "to_PhoneNumber": _listed(*(
            {"PhoneNumber": n, "InternationalPhoneNumber": n if n.startswith("+") else "",
            "DestinationLocationCountry": held.country}
            for n in (held.phone, held.phone2) if n
        )),
    }  # fmt: skip
    day = held.updated - held.updated % 86_400
    clock = _clock(held.updated)
    out: dict[str, Any] = {
        "BusinessPartner": held.source_id, "BusinessPartnerCategory": "1" if person else "2",
        "FirstName": held.given, "MiddleName": held.middle, "LastName": held.family[:40], "BirthName": held.former,
        "OrganizationBPName1": "" if person else held.company[:40],
        "BirthDate": _ticks(held.birth) if held.birth else None,
        "BusinessPartnerIsBlocked": False, "IsMarkedForArchiving": False,
        "LastChangeDate": f"/Date({day * 1000})/", "LastChangeTime": f"PT{clock[11:13]}H{clock[14:16]}M{clock[17:19]}S",
        "to_BusinessPartnerAddress": _listed(place),
        "to_BusinessPartnerTax": _listed(
            {"BPTaxType": f"{held.country}0", "BPTaxNumber": held.tax_id} if held.tax_id else None
        ),
    }  # fmt: skip
    if held.company_id:
        out["to_BusinessPartnerContact"] = _listed(
            {
                "BusinessPartnerCompany": held.company_id,
                "BusinessPartnerPerson": held.source_id,
                "RelationshipCategory": "BUR001",
            }
        )
    if held.loyalty_id:
        out["YY1_LoyaltyNumber_bus"] = held.loyalty_id
    return out


def _listed(*items: dict[str, Any] | None) -> dict[str, Any]:
    return {"results": [item for item in items if item]}


def _ticks(birth: str) -> str:
    year, month, day = int(birth[:4]), int(birth[5:7]), int(birth[8:])
    return f"/Date({int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1000})/"


PAYLOADS = {"crm": salesforce, "loyalty": loyaltylion, "ecommerce": shopify, "pos": square, "erp": sap}
