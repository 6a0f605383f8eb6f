"""A Square customer profile, alone or in a webhook event, as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.inbound import parts
from connectors.inbound.envelope import unwrap
from connectors.inbound.parts import MappingError, filled, flag, text

_READ = parts.words(
    "id given_name family_name company_name nickname email_address phone_number birthday reference_id address "
    "preferences version created_at updated_at group_ids segment_ids cards"
)


def to_nested(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The customer that the profile or event speaks of; raises ``MappingError``."""
    notice, data = unwrap(payload)
    if "data" not in data:
        return [_profile(data, sent_at=notice.triggered_at)]
    kind = text(data, "type") or ""
    sent_at = parts.instant(data.get("created_at"), "created_at")
    body = parts.child(data, "data")
    held = parts.child(body, "object")
    customer = parts.child(held, "customer")
    merge = parts.child(parts.child(held, "event_context"), "merge")
    if kind == "customer.deleted":
        source_id = text(customer, "id") or parts.identity(body, "id")
        survivor = text(merge, "to_customer_id")
        if survivor and survivor != source_id:
            return [parts.merged_into(source_id, survivor, occurred_at=sent_at)]
        return [parts.deletion(source_id, occurred_at=sent_at)]
    if kind not in ("customer.created", "customer.updated"):
        raise MappingError("type", "must be customer.created, customer.updated or customer.deleted")
    record = _profile(customer, sent_at=sent_at)
    # The survivor of a merge names those it was made of, so that either event alone tells of the merge.
    absorbed = [i for i in parts.texts(merge, "from_customer_ids") if i != record["source_id"]]
    return [record, *(parts.merged_into(i, record["source_id"], occurred_at=sent_at) for i in absorbed)]


def _profile(data: Mapping[str, Any], *, sent_at: str | None) -> dict[str, Any]:
    source_id = parts.identity(data, "id")
    birth_date, birthday = parts.birth(data.get("birthday"), "birthday")
    occurred_at = parts.instant(data.get("updated_at"), "updated_at") or sent_at
    occurred_at = occurred_at or parts.instant(data.get("created_at"), "created_at")
    company = text(data, "company_name")
    reference = text(data, "reference_id")
    given, family, nickname = text(data, "given_name"), text(data, "family_name"), text(data, "nickname")
    return filled({
        "source_id": source_id,
        # A profile with a company and nobody's name stands for the company.
        "kind": "organisation" if company and not (given or family or nickname) else "person",
        "name": filled({"given": given or nickname, "family": family}),
        "organisation": {"name": company} if company else None,
        "birth_date": birth_date,
        "emails": parts.contact(text(data, "email_address")),
        "phones": parts.contact(text(data, "phone_number")),
        "addresses": _addresses(data),
        # Square leaves this field to the seller; ours keep the loyalty card's number there.
        "identifiers": [{"type": "loyalty_id", "value": reference}] if reference else [],
        "consents": _consents(data, at=occurred_at),
        "attributes": parts.attributes(data, known=_READ)
        | filled({"birthday": birthday, "nickname": nickname if given else None}),
        "occurred_at": occurred_at,
        "version": _version(data),
    })  # fmt: skip


def _addresses(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    place = parts.child(data, "address")
    found = filled({
        "street": text(place, "address_line_1"), "unit": text(place, "address_line_2"),
        "city": text(place, "locality"), "region": text(place, "administrative_district_level_1"),
        "postal_code": text(place, "postal_code"), "country": text(place, "country"),
    })  # fmt: skip
    return [found] if found else []


def _consents(data: Mapping[str, Any], *, at: str | None) -> list[dict[str, Any]]:
    # False is what every new profile has: it says nothing.
    if not flag(parts.child(data, "preferences"), "email_unsubscribed"):
        return []
    return [parts.consent("email", "withdrawn", contact_point=text(data, "email_address"), captured_at=at,
                          proof="preferences.email_unsubscribed")]  # fmt: skip


def _version(data: Mapping[str, Any]) -> int | None:
    value = data.get("version")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18):
        return value
    raise MappingError("version", "must be a whole number")
