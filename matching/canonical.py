"""Reading and writing canonical records: nested JSON, flat rows, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from matching.records import Address, CanonicalRecord, Email, Identifier, Name, Phone

FLAT_COLUMNS = (
    "source_system", "source_id", "kind", "given_name", "middle_name", "family_name", "full_name",
    "birth_date", "email", "email2", "phone", "phone2", "street", "city", "region", "postal_code",
    "country", "loyalty_id", "tax_id", "company_name", "updated_at", "deleted",
)  # fmt: skip

KINDS = ("person", "organisation")
MAX_TEXT = 10_000
MAX_ITEMS = 200
MAX_SOURCE_ID = 500
_NAME = ("full", "prefix", "given", "middle", "family", "suffix")
_ADDRESS = ("type", "street", "unit", "city", "region", "postal_code", "country")
_CONSENT_STATES = ("granted", "withdrawn", "pending", "unknown")
_NESTED_KEYS = frozenset(
    [
        "source_system",
        "source_id",
        "kind",
        "name",
        "organisation",
        "birth_date",
        "emails",
        "phones",
        "addresses",
        "identifiers",
        "consents",
        "relations",
        "attributes",
        "business_unit",
        "occurred_at",
        "version",
        "deleted",
    ]
)
_TRUE = frozenset(("1", "true", "t", "yes", "y"))
_FALSE = frozenset(("", "0", "false", "f", "no", "n"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_ISO_LIKE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$")


class RecordError(ValueError):
    """The record cannot be taken as it is: ``field`` says where, the message what to do.

    The message never holds a value from the record.
    """

    def __init__(self, field: str, message: str):
        self.field = field
        super().__init__(f"{field}: {message}")


def from_nested(data: Any, *, source_system: str) -> CanonicalRecord:
    """The canonical record in ``data``, a decoded JSON object in nested form.

    Raises ``RecordError`` naming the field that is wrong. Unknown keys are kept as attributes, so
    that nothing a source says is lost.
    """
    if not isinstance(data, Mapping):
        raise RecordError("record", "must be a JSON object")
    name = _object(data, "name")
    organisation = _object(data, "organisation")
    attributes = dict(_object(data, "attributes"))
    for key in data.keys() - _NESTED_KEYS:
        attributes.setdefault(str(key), data[key])
    return CanonicalRecord(
        source_system=_system(data, source_system),
        source_id=_source_id(data.get("source_id")),
        kind=_kind(data.get("kind")),
        name=Name(
            **{part: _text(name.get(part), f"name.{part}") for part in _NAME},
            former_family=tuple(_texts(name.get("former_family"), "name.former_family")),
        ),
        organisation_name=_text(organisation.get("name"), "organisation.name"),
        birth_date=_date(data.get("birth_date")),
        emails=tuple(_email(item, i) for i, item in _items(data, "emails")),
        phones=tuple(_phone(item, i) for i, item in _items(data, "phones")),
        addresses=tuple(
            Address(**{k: _text(item.get(k), f"addresses[{i}].{k}") for k in _ADDRESS})
            for i, item in _items(data, "addresses")
        ),
        identifiers=tuple(_identifier(item, i) for i, item in _items(data, "identifiers")),
        consents=tuple(_consent(item, i) for i, item in _items(data, "consents")),
        relations=tuple(dict(item) for _, item in _items(data, "relations")),
        attributes=_clean(attributes),
        business_unit=_text(data.get("business_unit"), "business_unit"),
        occurred_at=_instant(data.get("occurred_at"), "occurred_at"),
        version=_integer(data.get("version"), "version"),
        deleted=_boolean(data.get("deleted"), "deleted"),
        partial=_boolean(data.get("partial"), "partial"),
    )


def from_flat(row: Mapping[str, Any], *, source_system: str | None = None) -> CanonicalRecord:
    """The canonical record in one flat row (CSV, NDJSON, Parquet); unknown columns are attributes.

    ``source_system`` is used where the row has none. Raises ``RecordError``.
    """
    get = {key: _text(row.get(key), key) for key in FLAT_COLUMNS if key != "deleted"}
    system = get["source_system"] or source_system
    if not system:
        raise RecordError("source_system", "is missing: add the column or name the source")
    person = Name(
        full=get["full_name"], given=get["given_name"], middle=get["middle_name"],
        family=get["family_name"],
    )  # fmt: skip
    place = {key: get[key] for key in ("street", "city", "region", "postal_code", "country")}
    identifiers = [Identifier(type=kind, value=get[kind] or "") for kind in ("loyalty_id", "tax_id") if get[kind]]
    return CanonicalRecord(
        source_system=system,
        source_id=_source_id(row.get("source_id")),
        kind=_kind(get["kind"]),
        name=person,
        organisation_name=get["company_name"],
        birth_date=_date(get["birth_date"]),
        emails=tuple(Email(v) for v in (get["email"], get["email2"]) if v),
        phones=tuple(Phone(v) for v in (get["phone"], get["phone2"]) if v),
        addresses=(Address(**place),) if any(place.values()) else (),
        identifiers=tuple(identifiers),
        attributes=_clean({k: v for k, v in row.items() if k not in _FLAT_SET and v not in (None, "")}),
        occurred_at=_instant(get["updated_at"], "updated_at"),
        deleted=_boolean(row.get("deleted"), "deleted"),
    )


_FLAT_SET = frozenset(FLAT_COLUMNS)


def flat_value(column: str, value: Any) -> Any:
    """What ``from_flat`` keeps of a canonical column's cell, None where it says nothing. Raises ``RecordError``."""
    if column == "source_id":
        return _source_id(value)
    text = None if column == "deleted" else _text(value, column)
    if column == "kind":
        return _kind(text)
    if column == "birth_date":
        return _date(text)
    if column == "updated_at":
        return _instant(text, column)
    return _boolean(value, column) if column == "deleted" else text


def flat_values(column: str, values: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """``flat_value`` of each of many cells, and the places of those that it refuses (None in the list)."""
    if texts := _plain_texts(values):
        if column == "source_id":
            wrong = [place for place, text in enumerate(texts) if not text or len(text) > MAX_SOURCE_ID]
            return texts, wrong
        if column == "updated_at" and _all_utc(texts):
            return texts, []
        if column not in ("kind", "birth_date", "updated_at", "deleted"):
            return texts, []
    found, wrong = [], []
    for place, value in enumerate(values):
        try:
            found.append(flat_value(column, value))
        except RecordError:
            found.append(None)
            wrong.append(place)
    return found, wrong


def _plain_texts(values: Sequence[Any]) -> list[str] | None:
    """The values trimmed, where all are texts of which ``_text`` would only trim; looked at all at once."""
    if not values or set(map(type, values)) != {str} or max(map(len, values)) > MAX_TEXT:
        return None
    together = "\n".join(values)
    if "\x00" in together or (not together.isascii() and _SURROGATE.search(together)):
        return None
    return [value.strip() for value in values]


def _all_utc(texts: Sequence[str]) -> bool:
    try:
        return all(datetime.fromisoformat(text).tzinfo is UTC for text in texts)
    except ValueError:
        return False


def to_nested(record: CanonicalRecord) -> dict[str, Any]:
    """The record as nested JSON, keys without a value left out; ``from_nested`` reads it back."""
    name = {k: v for k in _NAME if (v := getattr(record.name, k)) is not None}
    if record.name.former_family:
        name["former_family"] = list(record.name.former_family)  # type: ignore[assignment]
    out: dict[str, Any] = {
        "source_id": record.source_id,
        "kind": record.kind,
        "name": name,
        "organisation": {"name": record.organisation_name} if record.organisation_name else None,
        "birth_date": record.birth_date,
        "emails": [_filled(e, "value", "type", "verified") for e in record.emails],
        "phones": [_filled(p, "value", "type") for p in record.phones],
        "addresses": [_filled(a, *_ADDRESS) for a in record.addresses],
        "identifiers": [_filled(i, "type", "issuer", "value") for i in record.identifiers],
        "consents": [dict(c) for c in record.consents],
        "relations": [dict(r) for r in record.relations],
        "attributes": dict(record.attributes),
        "business_unit": record.business_unit,
        "occurred_at": _rfc3339(record.occurred_at),
        "version": record.version,
        "deleted": record.deleted or None,
        "partial": record.partial or None,
    }
    return {k: v for k, v in out.items() if v not in (None, [], {})}


def _filled(item: object, *keys: str) -> dict[str, Any]:
    return {k: v for k in keys if (v := getattr(item, k)) is not None}


def _rfc3339(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def _system(data: Mapping[str, Any], expected: str) -> str:
    said = data.get("source_system")
    if said not in (None, "", expected):
        raise RecordError("source_system", "differs from the source this was sent to")
    return expected


def _source_id(value: Any) -> str:
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        text = _text(value, "source_id")
        if text and len(text) <= MAX_SOURCE_ID:
            return text
    raise RecordError("source_id", "is missing: give the record's id in its source system, 1 to 500 characters")


def _kind(value: Any) -> str:
    kind = (_text(value, "kind") or "person").lower()
    kind = "organisation" if kind == "organization" else kind
    if kind not in KINDS:
        raise RecordError("kind", "must be person or organisation")
    return kind


def _text(value: Any, field: str) -> str | None:
    """Trimmed text, or None where there is none. NUL is dropped: PostgreSQL cannot hold it."""
    if type(value) is str:
        return _bounded(_scrub(value).strip(), field)
    if value is None or value != value:  # NaN, as Parquet and pandas give for nothing
        return None
    if isinstance(value, (list, dict, bool, bytes)):
        raise RecordError(field, "must be text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (datetime, date)):
        value = value.isoformat()
    return _bounded(_scrub(str(value)).strip(), field)


def _bounded(text: str, field: str) -> str | None:
    if len(text) > MAX_TEXT:
        raise RecordError(field, f"is longer than {MAX_TEXT:,} characters")
    return text or None


def _scrub(text: str) -> str:
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _clean(value: Any, depth: int = 0) -> Any:
    """JSON-safe copy of an attribute's value, without NUL and NaN and at most 20 levels deep."""
    if depth > 20:
        raise RecordError("attributes", "are nested deeper than 20 levels")
    if isinstance(value, str):
        return _scrub(value)
    if isinstance(value, Mapping):
        return {_scrub(str(k)): _clean(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(v, depth + 1) for v in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _scrub(str(value))


def _texts(value: Any, field: str) -> Iterable[str]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or len(value) > MAX_ITEMS:
        raise RecordError(field, f"must be a list of at most {MAX_ITEMS} texts")
    return [t for item in value if (t := _text(item, field))]


def _object(data: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = data.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RecordError(field, "must be a JSON object")
    return value


def _items(data: Mapping[str, Any], field: str) -> list[tuple[int, Mapping[str, Any]]]:
    value = data.get(field)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or len(value) > MAX_ITEMS:
        raise RecordError(field, f"must be a list of at most {MAX_ITEMS} objects")
    if not all(isinstance(item, Mapping) for item in value):
        raise RecordError(field, "must hold JSON objects")
    return list(enumerate(value))


def _email(item: Mapping[str, Any], i: int) -> Email:
    value = _text(item.get("value"), f"emails[{i}].value")
    if not value:
        raise RecordError(f"emails[{i}].value", "is missing")
    verified = item.get("verified")
    return Email(value, _text(item.get("type"), f"emails[{i}].type"),
                 None if verified is None else _boolean(verified, f"emails[{i}].verified"))  # fmt: skip


def _phone(item: Mapping[str, Any], i: int) -> Phone:
    value = _text(item.get("value"), f"phones[{i}].value")
    if not value:
        raise RecordError(f"phones[{i}].value", "is missing")
    return Phone(value, _text(item.get("type"), f"phones[{i}].type"))


def _identifier(item: Mapping[str, Any], i: int) -> Identifier:
    kind = _text(item.get("type"), f"identifiers[{i}].type")
    value = _text(item.get("value"), f"identifiers[{i}].value")
    if not kind or not value:
        raise RecordError(f"identifiers[{i}]", "needs a type and a value")
    return Identifier(kind, value, _text(item.get("issuer"), f"identifiers[{i}].issuer"))


def _consent(item: Mapping[str, Any], i: int) -> Mapping[str, Any]:
    for key in ("purpose", "channel", "state"):
        if not _text(item.get(key), f"consents[{i}].{key}"):
            raise RecordError(f"consents[{i}].{key}", "is missing")
    if item["state"] not in _CONSENT_STATES:
        raise RecordError(f"consents[{i}].state", "must be granted, withdrawn, pending or unknown")
    _instant(item.get("captured_at"), f"consents[{i}].captured_at")
    return dict(_clean(item))


def _date(value: Any) -> str | None:
    """The date as written. An ISO date that no calendar has (31 February) is an error; other
    spellings are left to ``matching.normalise``, which knows the country's order."""
    text = _text(value, "birth_date")
    if text and (found := _ISO_LIKE.match(text)):
        year, month, day = (int(part) for part in found.groups())
        # 0000-MM-DD and --MM-DD style values say "year unknown" in several systems.
        if (month or day) and year:
            try:
                date(year, month, day)
            except ValueError:
                raise RecordError("birth_date", "is no day of the calendar: correct or omit it") from None
    return text


def _instant(value: Any, field: str) -> datetime | None:
    """An aware instant in UTC; a time without zone is read as UTC."""
    if isinstance(value, datetime):
        moment = value
    else:
        text = _text(value, field)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise RecordError(field, "must be an RFC 3339 time such as 2026-11-20T10:00:00Z") from None
    if moment.tzinfo is UTC:
        return moment
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise RecordError(field, "is outside the years that can be kept") from None


def _integer(value: Any, field: str) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise RecordError(field, "must be a whole number")
    return int(value)


def _boolean(value: Any, field: str) -> bool:
    if isinstance(value, bool):
        return value
    text = "" if value is None or value != value else str(value).strip().lower()
    if text in _TRUE or text == "1.0":
        return True
    if text in _FALSE or text == "0.0":
        return False
    raise RecordError(field, "must be true or false")
