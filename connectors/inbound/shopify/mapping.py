"""A Shopify customer, consent statement, merge or redaction as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.inbound import parts
from connectors.inbound.envelope import Notice, unwrap
from connectors.inbound.parts import MappingError, filled, flag, text

_STATES = {
    "subscribed": "granted", "unsubscribed": "withdrawn", "pending": "pending",
    # The shopper never said: a withdrawal, by law or by wish, must not be lifted by it.
    "not_subscribed": None, "redacted": None, "invalid": None,
}  # fmt: skip
_READ = parts.words(
    "id first_name last_name email phone addresses default_address created_at updated_at verified_email "
    "email_marketing_consent sms_marketing_consent metafields admin_graphql_api_id tags"
)
_PRIVACY = {"customers/redact": "erasure", "customers/data_request": "access"}
# Whose payloads are no whole customers.
_BARE = ("customers_email_marketing_consent/update", "customers_marketing_consent/update")
LOYALTY_METAFIELDS = ("loyalty_number", "loyalty_id", "card_number")


def to_nested(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records that one webhook or one exported customer speaks of; raises ``MappingError``.

    The topic comes with the envelope; without one it is told from the payload's shape.
    """
    notice, data = unwrap(payload)
    topic = notice.topic or _topic(data)
    if topic == "customers/merge":
        return _merge(data, notice)
    if topic in (*_PRIVACY, "shop/redact"):
        raise MappingError("topic", f"{topic} is a privacy request, not a record: file it as one")
    if topic in _BARE and data.get("updated_at") is not None:
        # The topic is no part of what is signed: a customer that was sent long ago must not come back as a consent.
        raise MappingError("updated_at", f"is of a whole customer: this is no {topic}")
    if topic == "customers/delete":
        return [parts.deletion(parts.identity(data, "id"), occurred_at=_deleted_at(data, notice))]
    if topic == "customers_email_marketing_consent/update":
        return [_consent_only(data, notice, id_key="customer_id", point_key="email_address")]
    if topic == "customers_marketing_consent/update":
        return [_consent_only(data, notice, id_key="id", point_key="phone")]
    return [_customer(data, notice)]


def _deleted_at(data: Mapping[str, Any], notice: Notice) -> str | None:
    """Right after the version that went, where the payload has it whole. For neither topic nor time is part of what is
    signed: a customer that was sent long ago and comes back as a deletion is older than what is held."""
    last = parts.instant(data.get("updated_at"), "updated_at")
    if last is None:
        return notice.triggered_at
    return (datetime.fromisoformat(last) + timedelta(microseconds=1)).isoformat()


def privacy(payload: Mapping[str, Any]) -> tuple[str, str] | None:
    """(kind of privacy request, source id) of a compliance webhook about one customer; None for any other payload.

    Shopify sends a redact for the losing side of a merge too: it concerns this source record alone.
    """
    notice, data = unwrap(payload)
    kind = _PRIVACY.get(notice.topic or _topic(data))
    return (kind, parts.identity(parts.child(data, "customer"), "id")) if kind else None


def _topic(data: Mapping[str, Any]) -> str:
    if "admin_graphql_api_customer_kept_id" in data:
        return "customers/merge"
    if "customer" in data and "data_request" in data:
        return "customers/data_request"
    if "customer" in data and "orders_to_redact" in data:
        return "customers/redact"
    if "shop_id" in data and "shop_domain" in data:
        return "shop/redact"
    if "customer_id" in data and "email_marketing_consent" in data:
        return "customers_email_marketing_consent/update"
    if set(data) <= {"id", "phone", "sms_marketing_consent"} and "sms_marketing_consent" in data:
        return "customers_marketing_consent/update"
    return "customers/update"


def _customer(data: Mapping[str, Any], notice: Notice) -> dict[str, Any]:
    source_id = parts.identity(data, "id")
    occurred_at = parts.instant(data.get("updated_at"), "updated_at") or notice.triggered_at
    occurred_at = occurred_at or parts.instant(data.get("created_at"), "created_at")
    first, *others = _addresses(data) or [{}]
    phones = parts.contact(text(data, "phone")) + parts.contact(text(first, "phone"))
    loyalty = _loyalty(data)
    company = text(first, "company")
    return filled({
        "source_id": source_id,
        "kind": "person",
        # A guest order leaves the name with the delivery address only.
        "name": filled({
            "given": text(data, "first_name") or text(first, "first_name"),
            "family": text(data, "last_name") or text(first, "last_name"),
            "full": None if text(data, "last_name") or text(first, "last_name") else text(first, "name"),
        }),
        "organisation": {"name": company} if company else None,
        "emails": parts.contact(text(data, "email"), verified=flag(data, "verified_email")),
        "phones": parts.distinct(phones),
        "addresses": [a for place in (first, *others) if (a := _place(place))],
        "identifiers": [
            {"type": "shop_customer_id", "value": source_id},
            *([{"type": "loyalty_id", "value": loyalty}] if loyalty else []),
        ],
        # What a whole customer shows without a time was granted no later than the customer was made: dated by the last
        # change, every new address of a subscriber would be a new grant and lift what was withdrawn elsewhere.
        "consents": _consents(
            data, at=occurred_at, granted_at=parts.instant(data.get("created_at"), "created_at") or occurred_at
        ),
        "attributes": parts.attributes(data, known=_READ),
        "occurred_at": occurred_at,
    })  # fmt: skip


def _addresses(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The default address first, and each address once."""
    default = parts.child(data, "default_address")
    found = [default] if default else []
    for place in parts.children(data, "addresses"):
        if place not in found and (not default or place.get("id") is None or place.get("id") != default.get("id")):
            found.append(place)
    return found


def _place(place: Mapping[str, Any]) -> dict[str, Any] | None:
    found = filled({
        "street": text(place, "address1"), "unit": text(place, "address2"), "city": text(place, "city"),
        "region": text(place, "province_code") or text(place, "province"), "postal_code": text(place, "zip"),
        "country": text(place, "country_code") or text(place, "country"),
    })  # fmt: skip
    return found or None


def _loyalty(data: Mapping[str, Any]) -> str | None:
    for field in parts.children(data, "metafields"):
        if text(field, "key") in LOYALTY_METAFIELDS:
            return text(field, "value")
    return None


def _consents(data: Mapping[str, Any], *, at: str | None, granted_at: str | None) -> list[dict[str, Any]]:
    """Statements for the channels that the payload speaks of; silence is no withdrawal. ``at`` and, for what permits,
    ``granted_at`` are the times of one that has none of its own."""
    found = []
    for field, channel, point in (
        ("email_marketing_consent", "email", text(data, "email") or text(data, "email_address")),
        ("sms_marketing_consent", "sms", text(data, "phone")),
    ):
        said = parts.child(data, field)
        state = (text(said, "state") or "").lower()  # the webhooks write it small, GraphQL in capitals
        if not state:
            continue
        if state not in _STATES:
            raise MappingError(f"{field}.state", "must be one of " + ", ".join(_STATES))
        if ours := _STATES[state]:
            level = text(said, "opt_in_level")
            set_at = parts.instant(said.get("consent_updated_at"), f"{field}.consent_updated_at")
            at_last = at if ours == "withdrawn" else granted_at
            # At "confirmed_opt_in" the shopper answered the shop's message: a double opt-in.
            twice = level.lower() == "confirmed_opt_in" if level and ours == "granted" else None
            found.append(parts.consent(channel, ours, contact_point=point, captured_at=set_at or at_last, proof=level,
                                       double_opt_in=twice))  # fmt: skip
    return found


def _consent_only(data: Mapping[str, Any], notice: Notice, *, id_key: str, point_key: str) -> dict[str, Any]:
    source_id = parts.identity(data, id_key)
    text(data, point_key)
    consents = _consents(data, at=notice.triggered_at, granted_at=notice.triggered_at)
    at = notice.triggered_at or next((c["captured_at"] for c in consents if "captured_at" in c), None)
    return filled({"source_id": source_id, "partial": True, "consents": consents, "occurred_at": at})


def _merge(data: Mapping[str, Any], notice: Notice) -> list[dict[str, Any]]:
    if (text(data, "status") or "completed").lower() != "completed":
        return []  # a merge that failed or is still running has changed nothing
    kept = parts.identity(data, "admin_graphql_api_customer_kept_id").rsplit("/", 1)[-1]
    lost = parts.identity(data, "admin_graphql_api_customer_deleted_id").rsplit("/", 1)[-1]
    if not kept or not lost or kept == lost:
        raise MappingError("admin_graphql_api_customer_kept_id", "must name another customer than the deleted one")
    return [parts.merged_into(lost, kept, occurred_at=notice.triggered_at)]
