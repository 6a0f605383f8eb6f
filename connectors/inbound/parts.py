"""What every mapping is made of: reading a vendor's JSON with care, and building canonical JSON.

A payload comes from outside, so each reader checks what it reads and names the field that is wrong. No
error holds a value: it may be personal data, and errors are logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

MAX_TEXT = 10_000
# Years that systems write where they do not know the year: Shopify-like sign-up forms 0000, Smile 1004.
UNKNOWN_YEARS = ("0000", "1004")
_EMPTY: Mapping[str, Any] = MappingProxyType({})
UNKNOWN_DATES = ("1900-01-01", "1899-12-31", "0001-01-01", "9999-12-31")


class MappingError(ValueError):
    """The payload cannot be mapped: ``field`` says where in the payload, the message what to do."""

    def __init__(self, field: str, message: str):
        self.field = field
        super().__init__(f"{field}: {message}")


def require_object(payload: Any, field: str = "payload") -> Mapping[str, Any]:
    """``payload`` itself when it is a JSON object; raises ``MappingError``."""
    # An abstract class costs ten times what the exact type costs to ask for, and a payload asks often.
    if type(payload) is not dict and not isinstance(payload, Mapping):
        raise MappingError(field, "must be a JSON object")
    return payload  # type: ignore[no-any-return]


def text(data: Mapping[str, Any], key: str) -> str | None:
    """Trimmed text under ``key``; numbers become text; None where there is nothing."""
    value = data.get(key)
    if value is None:
        return None
    # As as_text begins: a call less, thirty times a payload.
    if type(value) is str and len(value) <= MAX_TEXT and "\x00" not in value:
        return value.strip() or None
    return as_text(value, key)


def as_text(value: Any, field: str) -> str | None:
    if value is None:
        return None
    if type(value) is str and len(value) <= MAX_TEXT and "\x00" not in value:
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise MappingError(field, "must be text")
    found = str(value).replace("\x00", "").strip()
    if len(found) > MAX_TEXT:
        raise MappingError(field, f"is longer than {MAX_TEXT:,} characters")
    return found or None


def identity(data: Mapping[str, Any], key: str) -> str:
    """The record's id in its source system, 1 to 500 characters."""
    value = data.get(key)
    if isinstance(value, float):
        raise MappingError(key, "must be text or a whole number")
    found = as_text(value, key)
    if not found or len(found) > 500:
        raise MappingError(key, "is missing: it must hold the record's id, 1 to 500 characters")
    return found


def child(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under ``key``, empty where there is none."""
    value = data.get(key)
    return _EMPTY if value is None else require_object(value, key)


def children(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects in the list under ``key``; OData's ``{"results": […]}`` counts as a list."""
    value = data.get(key)
    if value is None:
        return []
    if type(value) is not list and isinstance(value, Mapping):
        if "__deferred" in value:  # a navigation property that was not expanded says nothing
            return []
        value = value.get("results")
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise MappingError(key, "must be a list of JSON objects")
    for item in value:
        if type(item) is not dict and not isinstance(item, Mapping):
            raise MappingError(key, "must be a list of JSON objects")
    return list(value)


def texts(data: Mapping[str, Any], key: str) -> list[str]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise MappingError(key, "must be a list of texts")
    return [found for item in value if (found := as_text(item, key))]


def flag(data: Mapping[str, Any], key: str) -> bool | None:
    """True, False, or None where the payload does not say."""
    value = data.get(key)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false", "x", ""):
        return value.strip().lower() in ("true", "x")
    raise MappingError(key, "must be true or false")


def instant(value: Any, field: str) -> str | None:
    """``value``, an ISO 8601 time, as RFC 3339 in UTC; a time without zone is read as UTC."""
    found = as_text(value, field)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found)
        if moment.tzinfo is not UTC:
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return rfc3339(moment)
    except (ValueError, OverflowError):
        raise MappingError(field, "must be a time such as 2026-11-20T10:00:00Z") from None


def rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def birth(value: Any, field: str) -> tuple[str | None, str | None]:
    """``(birth_date, month_day)``: one of them, or neither where the value is a known dummy.

    A date whose year is unknown is no birth date; its ``MM-DD`` is kept as the attribute ``birthday``.
    """
    found = as_text(value, field)
    if found is None or found[:10] in UNKNOWN_DATES:
        return None, None
    if found[:4] in UNKNOWN_YEARS and found[4:5] == "-":
        return None, found[5:10]
    if found.startswith("--"):
        return None, found[2:7]
    return found, None


def words(text: str) -> frozenset[str]:
    """Field names separated by spaces, as a set."""
    return frozenset(text.split())


def attributes(data: Mapping[str, Any], *, known: frozenset[str]) -> dict[str, Any]:
    """What else the payload says: its scalar fields that the mapping does not read itself."""
    found: dict[str, Any] = {}
    for key in [key for key in data if key not in known]:
        value = data[key]
        if not isinstance(value, (str, int, float)):
            continue
        kept = value if not isinstance(value, str) else value.replace("\x00", "").strip()
        if kept != "":
            found[key] = kept
    return found


def consent(channel: str, state: str, *, contact_point: str | None, captured_at: str | None,
            proof: str | None = None, purpose: str = "marketing", **more: Any) -> dict[str, Any]:  # fmt: skip
    """A consent statement; ``state`` is granted, withdrawn, pending or unknown. Channel or purpose ``*`` is every one;
    no contact point: the whole person."""
    return filled({
        "purpose": purpose, "channel": channel, "contact_point": contact_point, "state": state,
        "captured_at": captured_at, "proof": proof, **more,
    })  # fmt: skip


def contact(value: str | None, **more: Any) -> list[dict[str, Any]]:
    """A list of one e-mail or phone, or an empty one."""
    if not value:
        return []
    return [filled({"value": value, **more}) if more else {"value": value}]


def distinct(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without repeats of the same value; the first one stays."""
    seen: dict[str, dict[str, Any]] = {}
    for item in items:
        seen.setdefault(str(item.get("value")), item)
    return list(seen.values())


def filled(data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` without keys that say nothing (None, empty text, list or object)."""
    return {k: v for k, v in data.items() if v or (v is not None and v != "" and v != [] and v != {})}


def deletion(source_id: str, *, occurred_at: str | None) -> dict[str, Any]:
    """The source system has removed this record; scoped to the record, never to its golden record."""
    return filled({"source_id": source_id, "deleted": True, "occurred_at": occurred_at})


def merged_into(source_id: str, survivor: str, *, occurred_at: str | None) -> dict[str, Any]:
    """The source system merged this record into ``survivor``: evidence, and no deletion.

    ``partial`` says that this is all the payload holds: the values held for the record stay.
    """
    return filled({
        "source_id": source_id, "partial": True, "occurred_at": occurred_at,
        "relations": [{"type": "merged_into", "source_id": survivor}],
    })  # fmt: skip
