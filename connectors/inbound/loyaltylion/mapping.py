"""A LoyaltyLion customer as canonical JSON. It holds little: ids, an e-mail, a birthday, points.

``merchant_id`` is the customer's id in the shop that runs the programme. It is kept as the identifier
``shop_customer_id``, which Shopify's mapping gives for its own customers too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.inbound import parts
from connectors.inbound.envelope import unwrap
from connectors.inbound.parts import MappingError, filled, text

_READ = parts.words(
    "id merchant_id linked_merchant_ids email birthday first_name last_name properties metadata created_at updated_at "
    "loyalty_tier_membership tier_membership referred_by"
)
_PERSONAL = frozenset(("first_name", "last_name", "phone", "postcode", "country"))


def to_nested(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One customer; raises ``MappingError``."""
    notice, data = unwrap(payload)
    sent_at = None
    if "topic" in data and "payload" in data:  # a webhook: {id, topic, created_at, payload}
        sent_at = parts.instant(data.get("created_at"), "created_at")
        data = parts.child(data, "payload")
    if "customer" in data:
        data = parts.child(data, "customer")
    source_id = parts.identity(data, "id")
    occurred_at = parts.instant(data.get("updated_at"), "updated_at") or notice.triggered_at or sent_at
    occurred_at = occurred_at or parts.instant(data.get("created_at"), "created_at")
    said = parts.child(data, "properties")
    birth_date, birthday = _birthday(data.get("birthday"))
    tier = parts.child(parts.child(data, "loyalty_tier_membership"), "loyalty_tier")
    shop_ids = [i for i in (text(data, "merchant_id"), *parts.texts(data, "linked_merchant_ids")) if i]
    place = filled({"postal_code": text(said, "postcode"), "country": text(said, "country")})
    return [filled({
        "source_id": source_id,
        "kind": "person",
        "name": filled({
            "given": text(data, "first_name") or text(said, "first_name"),
            "family": text(data, "last_name") or text(said, "last_name"),
        }),
        "birth_date": birth_date,
        "emails": parts.contact(text(data, "email")),
        "phones": parts.contact(text(said, "phone")),
        "addresses": [place] if place else [],
        "identifiers": [
            {"type": "loyalty_id", "value": source_id},
            *({"type": "shop_customer_id", "value": i} for i in dict.fromkeys(shop_ids)),
        ],
        "attributes": parts.attributes(said, known=_PERSONAL)
        | parts.attributes(data, known=_READ)
        | filled({"tier": text(tier, "name"), "birthday": birthday}),
        "occurred_at": occurred_at,
    })]  # fmt: skip


def _birthday(value: Any) -> tuple[str | None, str | None]:
    """The Admin API gives a date as text, the Headless API day and month alone."""
    if not isinstance(value, Mapping):
        return parts.birth(value, "birthday")
    day, month = value.get("day"), value.get("month")
    if isinstance(day, int) and isinstance(month, int) and 1 <= month <= 12 and 1 <= day <= 31:
        return None, f"{month:02d}-{day:02d}"
    raise MappingError("birthday", "must hold a day and a month")
