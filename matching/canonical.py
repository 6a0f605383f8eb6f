"""Reading and writing canonical records: nested JSON, flat rows, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from matching.cells import (
    RecordError,
    boolean_of,
    cleaned,
    date_of,
    instant_of,
    integer_of,
    items_of,
    kind_of,
    mapping_of,
    source_id_of,
    text_of,
    texts_of,
)
from matching.records import Address, CanonicalRecord, Email, Identifier, Name, Phone

FLAT_COLUMNS = (
    "source_system", "source_id", "kind", "given_name", "middle_name", "family_name", "full_name",
    "birth_date", "email", "email2", "phone", "phone2", "street", "city", "region", "postal_code",
    "country", "loyalty_id", "tax_id", "company_name", "updated_at", "deleted",
)  # fmt: skip

_NAME = ("full", "prefix", "given", "middle", "family", "suffix")
_ADDRESS = ("type", "street", "unit", "city", "region", "postal_code", "country")
_CONSENT_STATES = ("granted", "withdrawn", "pending", "unknown")
_NESTED_KEYS = frozenset((
    "source_system", "source_id", "kind", "name", "organisation", "birth_date", "emails", "phones", "addresses",
    "identifiers", "consents", "relations", "attributes", "business_unit", "occurred_at", "version", "deleted",
    "partial",
))  # fmt: skip


def from_nested(data: Any, *, source_system: str) -> CanonicalRecord:
    """The canonical record in ``data``, a decoded JSON object in nested form.

    Raises ``RecordError`` naming the field that is wrong. Unknown keys are kept as attributes, so
    that nothing a source says is lost.
    """
    if not isinstance(data, Mapping):
        raise RecordError("record", "must be a JSON object")
    name = mapping_of(data, "name")
    organisation = mapping_of(data, "organisation")
    attributes = dict(mapping_of(data, "attributes"))
    for key in data.keys() - _NESTED_KEYS:
        attributes.setdefault(str(key), data[key])
    return CanonicalRecord(
        source_system=_system(data, source_system),
        source_id=source_id_of(data.get("source_id")),
        kind=kind_of(data.get("kind")),
        name=Name(
            **{part: text_of(name.get(part), f"name.{part}") for part in _NAME},
            former_family=tuple(texts_of(name.get("former_family"), "name.former_family")),
        ),
        organisation_name=text_of(organisation.get("name"), "organisation.name"),
        birth_date=date_of(data.get("birth_date")),
        emails=tuple(_email(item, i) for i, item in items_of(data, "emails")),
        phones=tuple(_phone(item, i) for i, item in items_of(data, "phones")),
        addresses=tuple(
            Address(**{k: text_of(item.get(k), f"addresses[{i}].{k}") for k in _ADDRESS})
            for i, item in items_of(data, "addresses")
        ),
        identifiers=tuple(_identifier(item, i) for i, item in items_of(data, "identifiers")),
        consents=tuple(_consent(item, i) for i, item in items_of(data, "consents")),
        relations=tuple(dict(item) for _, item in items_of(data, "relations")),
        attributes=cleaned(attributes),
        business_unit=text_of(data.get("business_unit"), "business_unit"),
        occurred_at=instant_of(data.get("occurred_at"), "occurred_at"),
        version=integer_of(data.get("version"), "version"),
        deleted=boolean_of(data.get("deleted"), "deleted"),
        partial=boolean_of(data.get("partial"), "partial"),
    )


def from_flat(row: Mapping[str, Any], *, source_system: str | None = None) -> CanonicalRecord:
    """The canonical record in one flat row (CSV, NDJSON, Parquet); unknown columns are attributes.

    ``source_system`` is used where the row has none. Raises ``RecordError``.
    """
    get = {key: text_of(row.get(key), key) for key in FLAT_COLUMNS if key != "deleted"}
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
        source_id=source_id_of(row.get("source_id")),
        kind=kind_of(get["kind"]),
        name=person,
        organisation_name=get["company_name"],
        birth_date=date_of(get["birth_date"]),
        emails=tuple(Email(v) for v in (get["email"], get["email2"]) if v),
        phones=tuple(Phone(v) for v in (get["phone"], get["phone2"]) if v),
        addresses=(Address(**place),) if any(place.values()) else (),
        identifiers=tuple(identifiers),
        attributes=cleaned({k: v for k, v in row.items() if k not in _FLAT_SET and v not in (None, "")}),
        occurred_at=instant_of(get["updated_at"], "updated_at"),
        deleted=boolean_of(row.get("deleted"), "deleted"),
    )


_FLAT_SET = frozenset(FLAT_COLUMNS)


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


def _email(item: Mapping[str, Any], i: int) -> Email:
    value = text_of(item.get("value"), f"emails[{i}].value")
    if not value:
        raise RecordError(f"emails[{i}].value", "is missing")
    verified = item.get("verified")
    return Email(value, text_of(item.get("type"), f"emails[{i}].type"),
                 None if verified is None else boolean_of(verified, f"emails[{i}].verified"))  # fmt: skip


def _phone(item: Mapping[str, Any], i: int) -> Phone:
    value = text_of(item.get("value"), f"phones[{i}].value")
    if not value:
        raise RecordError(f"phones[{i}].value", "is missing")
    return Phone(value, text_of(item.get("type"), f"phones[{i}].type"))


def _identifier(item: Mapping[str, Any], i: int) -> Identifier:
    kind = text_of(item.get("type"), f"identifiers[{i}].type")
    value = text_of(item.get("value"), f"identifiers[{i}].value")
    if not kind or not value:
        raise RecordError(f"identifiers[{i}]", "needs a type and a value")
    return Identifier(kind, value, text_of(item.get("issuer"), f"identifiers[{i}].issuer"))


def _consent(item: Mapping[str, Any], i: int) -> Mapping[str, Any]:
    for key in ("purpose", "channel", "state"):
        if not text_of(item.get(key), f"consents[{i}].{key}"):
            raise RecordError(f"consents[{i}].{key}", "is missing")
    if item["state"] not in _CONSENT_STATES:
        raise RecordError(f"consents[{i}].state", "must be granted, withdrawn, pending or unknown")
    instant_of(item.get("captured_at"), f"consents[{i}].captured_at")
    return dict(cleaned(item))
