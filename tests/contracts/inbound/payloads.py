"""What each vendor sends about Alice, Bob and Charlie, and how it signs.

A new connector adds a ``Case`` here and passes the contract.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.inbound.envelope import wrap

URL = "https://hub.example.com/api/v1/sources/pos/webhooks/customer"
Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One connector's examples. ``birth`` is (path, how a date is written) where the vendor has a birth date."""

    full: Json
    deleted: Json
    consent_paths: tuple[tuple[str, ...], ...]
    withdrawn: Json | None = None
    merged: Json | None = None
    birth: tuple[str, Callable[[str], str]] | None = None
    sign: Callable[[str, bytes], Mapping[str, str]] | None = None
    more: tuple[Json, ...] = field(default=())


def _hmac(secret: str, message: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def _ticks(day: str) -> str:
    from datetime import UTC, datetime

    return f"/Date({int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)})/"


_ALICE_CONTACT = {
    "attributes": {"type": "Contact", "url": "/services/data/v62.0/sobjects/Contact/003A"},
    "Id": "0031x00000AliceAA", "Salutation": "Dr.", "FirstName": "Alice", "MiddleName": "B.", "LastName": "Meyer-Lang",
    "Suffix": None, "Former_Last_Name__c": "Schmidt", "Birthdate": "1984-03-12", "Email": "alice@mail.example.com",
    "Phone": "030 1234567", "MobilePhone": "+49 151 23455994", "MailingStreet": "Lindenstr. 14\nHinterhaus",
    "MailingCity": "Berlin", "MailingState": None, "MailingPostalCode": "10969", "MailingCountry": "Germany",
    "MailingCountryCode": "DE", "Loyalty_Number__c": "9065606144", "AccountId": "001ACC9", "Title": "Buyer",
    "HasOptedOutOfEmail": True, "DoNotCall": False, "LastModifiedDate": "2026-11-20T11:00:00.000+0100",
}  # fmt: skip
_CHANGE = {
    "payload": {
        "ChangeEventHeader": {"entityName": "Contact", "recordIds": ["0031x00000AliceAA"], "changeType": "UPDATE",
                              "changedFields": ["Email"], "commitTimestamp": 1763632800000},
        "Email": "alice.meyer@mail.example.com", "Name": {"FirstName": "Alice", "LastName": "Meyer"},
    },
    "event": {"replayId": 7},
}  # fmt: skip
SALESFORCE = Case(
    full=_ALICE_CONTACT,
    deleted={"Id": "0031x00000AliceAA", "IsDeleted": True, "SystemModstamp": "2026-11-20T10:00:00Z"},
    merged={"Id": "0031x00000AliceAA", "IsDeleted": True, "MasterRecordId": "0031x00000AliceBB"},
    withdrawn=_ALICE_CONTACT,
    consent_paths=(("HasOptedOutOfEmail",), ("DoNotCall",)),
    birth=("Birthdate", str),
    more=(_CHANGE,),
)

LOYALTYLION = Case(
    full={
        "id": 9065606144, "merchant_id": "7001", "email": "bob@mail.example.com", "points_approved": 1200,
        "points_pending": 5, "properties": {"first_name": "Bob", "last_name": "Jones", "postcode": "BS1 4DJ"},
        "blocked": False, "guest": False, "enrolled": True, "birthday": "1979-02-03",
        "loyalty_tier_membership": {"loyalty_tier": {"name": "Gold"}}, "linked_merchant_ids": ["7001", "7002"],
        "created_at": "2020-01-01T00:00:00Z", "updated_at": "2026-05-01T08:00:00Z",
    },
    deleted={},
    consent_paths=(),
    birth=("birthday", str),
    sign=lambda secret, body: {"X-LoyaltyLion-Hmac-SHA256": _hmac(secret, body)},
    more=(
        {"id": "wh_1", "topic": "customers/update", "created_at": "2026-05-01T08:00:00Z",
         "payload": {"customer": {"id": 9065606144, "email": "bob@mail.example.com", "birthday": {"day": 3,
         "month": 2}}}},
    ),
)  # fmt: skip

_PLACE = {"id": 11, "first_name": "Charlie", "last_name": "Brown", "company": None, "address1": "12 Church Lane",
          "address2": "Flat 2", "city": "Leeds", "province_code": None, "zip": "LS1 4DY", "country_code": "GB",
          "phone": "+441132000000", "default": True}  # fmt: skip
_CHARLIE = {
    "id": 7001, "email": "charlie@mail.example.com", "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2026-03-02T04:05:06-05:00", "first_name": "Charlie", "last_name": "Brown", "note": "gate code",
    "verified_email": True, "tax_exempt": False, "phone": "+447400123456", "addresses": [_PLACE],
    "default_address": _PLACE,
    "metafields": [{"namespace": "club", "key": "loyalty_number", "value": "9065606144"}],
    "email_marketing_consent": {"state": "subscribed", "opt_in_level": "confirmed_opt_in",
                                "consent_updated_at": "2025-01-01T00:00:00Z"},
}  # fmt: skip
SHOPIFY = Case(
    full=_CHARLIE,
    deleted=wrap({"id": 7001, "email": None}, topic="customers/delete", triggered_at="2026-03-03T00:00:00Z"),
    merged={
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/7002",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/7001", "status": "COMPLETED",
    },
    withdrawn={"customer_id": 7001, "email_address": "charlie@mail.example.com",
               "email_marketing_consent": {"state": "unsubscribed", "consent_updated_at": "2026-04-01T00:00:00Z"}},
    consent_paths=(("email_marketing_consent",),),
    sign=lambda secret, body: {"X-Shopify-Hmac-Sha256": _hmac(secret, body)},
    more=({"id": 7001, "phone": "+447400123456", "sms_marketing_consent": {"state": "subscribed"}},),
)  # fmt: skip

_BOB = {
    "id": "QPTXM8PQNX3Q726ZYHPMNP46XC", "given_name": "Bob", "family_name": "Jones", "company_name": "Jones Print Ltd",
    "nickname": "Bobby", "email_address": "bob@mail.example.com", "phone_number": "+15125550142",
    "birthday": "1979-02-03",
    "reference_id": "9065606144", "preferences": {"email_unsubscribed": True}, "creation_source": "DIRECTORY",
    "version": 3,
    "address": {"address_line_1": "5 Oak St", "address_line_2": "Apt 2", "locality": "Austin",
                "administrative_district_level_1": "TX", "postal_code": "78704", "country": "US"},
    "created_at": "2022-01-01T00:00:00Z", "updated_at": "2026-10-11T12:13:14.5Z",
}  # fmt: skip


def _event(kind: str, customer: Json, **context: Any) -> Json:
    return {
        "merchant_id": "M", "type": f"customer.{kind}", "event_id": "e1", "created_at": "2026-11-09T21:26:50Z",
        "data": {"type": "customer", "id": customer["id"], "object": {"customer": customer, "event_context": context}},
    }  # fmt: skip


SQUARE = Case(
    full=_BOB,
    deleted=_event("deleted", _BOB),
    merged=_event("deleted", _BOB, merge={"from_customer_ids": [_BOB["id"]], "to_customer_id": "SURVIVOR"}),
    withdrawn=_BOB,
    consent_paths=(("preferences",),),
    birth=("birthday", str),
    sign=lambda secret, body: {"X-Square-HmacSha256-Signature": _hmac(secret, URL.encode() + body)},
    more=(
        _event("updated", _BOB),
        _event("created", _BOB | {"id": "NEW"}, merge={"from_customer_ids": ["A", "B"], "to_customer_id": "NEW"}),
    ),
)

_PARTNER = {
    "__metadata": {"etag": 'W/"1"'}, "BusinessPartner": "1000042", "BusinessPartnerCategory": "1", "FirstName": "ALICE",
    "LastName": "MEYER-LANG", "BirthName": "SCHMIDT", "BirthDate": "/Date(447897600000)/",
    "BusinessPartnerIsBlocked": False,
    "IsMarkedForArchiving": False, "LastChangeDate": "/Date(1763596800000)/", "LastChangeTime": "PT10H00M05S",
    "to_BusinessPartnerAddress": {"results": [{
        "AddressID": "7", "StreetName": "Lindenstr.", "HouseNumber": "14", "PostalCode": "10969", "CityName": "Berlin",
        "Country": "DE", "ValidityEndDate": "/Date(253402300799000)/",
        "to_EmailAddress": {"results": [{"EmailAddress": "old@mail.example.com", "IsDefaultEmailAddress": False},
                                        {"EmailAddress": "alice@mail.example.com", "IsDefaultEmailAddress": True}]},
        "to_PhoneNumber": {"results": [{"PhoneNumber": "030 1234567", "InternationalPhoneNumber": "+49301234567"}]},
        "to_MobilePhoneNumber": {"__deferred": {"uri": "…"}},
    }]},
    "to_BusinessPartnerTax": {"results": [{"BPTaxType": "DE0", "BPTaxNumber": "DE136695976"}]},
    "to_BusinessPartnerContact": {"results": [{"BusinessPartnerCompany": "1000001",
    "BusinessPartnerPerson": "1000042"}]},
    "YY1_LoyaltyNumber_bus": "9065606144",
}  # fmt: skip
SAP = Case(
    full=_PARTNER,
    deleted=_PARTNER | {"IsMarkedForArchiving": True},
    consent_paths=(),
    birth=("BirthDate", _ticks),
    more=(
        {"d": _PARTNER},
        {"d": {"results": [_PARTNER, {"BusinessPartner": "1000001", "BusinessPartnerCategory": "2",
                                      "OrganizationBPName1": "Meyer", "OrganizationBPName2": "GmbH"}]}},
    ),
)  # fmt: skip

CASES = {
    "loyaltylion": LOYALTYLION, "salesforce": SALESFORCE, "sap": SAP, "shopify": SHOPIFY, "square": SQUARE,
}  # fmt: skip
