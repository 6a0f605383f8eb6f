"""Reading and writing canonical records: nested JSON, flat rows, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from matching import consentdoor
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
from matching.jsontext import dumps
from matching.records import Address, CanonicalRecord, Email, Identifier, Name, Phone

FLAT_COLUMNS = (
    "source_system", "source_id", "kind", "given_name", "middle_name", "family_name", "full_name",
    "birth_date", "email", "email2", "phone", "phone2", "street", "city", "region", "postal_code",
    "country", "loyalty_id", "tax_id", "company_name", "updated_at", "deleted",
)  # fmt: skip

_NAME = ("full", "prefix", "given", "middle", "family", "suffix")
_ADDRESS = ("type", "street", "unit", "city", "region", "postal_code", "country")
_NOBODY = Name()
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
    get = data.get
    name = mapping_of(data, "name")
    organisation = mapping_of(data, "organisation")
    attributes = mapping_of(data, "attributes")
    consents = _each(data, "consents", consentdoor.read)
    occurred_at = instant_of(get("occurred_at"), "occurred_at")
    consentdoor.refuse_contradiction(consents, occurred_at)
    if others := data.keys() - _NESTED_KEYS:
        attributes = dict(attributes)
        for key in others:
            attributes.setdefault(str(key), data[key])
    return CanonicalRecord(
        source_system=_system(data, source_system),
        source_id=source_id_of(get("source_id")),
        kind=kind_of(get("kind")),
        name=_name(name) if name else _NOBODY,
        organisation_name=text_of(organisation.get("name"), "organisation.name") if organisation else None,
        birth_date=date_of(get("birth_date")),
        emails=_each(data, "emails", _email),
        phones=_each(data, "phones", _phone),
        addresses=_each(data, "addresses", _address),
        identifiers=_each(data, "identifiers", _identifier),
        consents=consents,
        relations=_each(data, "relations", dict),
        attributes=cleaned(attributes) if attributes else {},
        business_unit=text_of(get("business_unit"), "business_unit"),
        occurred_at=occurred_at,
        version=integer_of(get("version"), "version"),
        deleted=boolean_of(get("deleted"), "deleted"),
        partial=boolean_of(get("partial"), "partial"),
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
    said = record.name
    name = {k: v for k in _NAME if (v := getattr(said, k)) is not None} if said is not _NOBODY else {}
    if said.former_family:
        name["former_family"] = list(said.former_family)
    out: dict[str, Any] = {"source_id": record.source_id, "kind": record.kind}
    if name:
        out["name"] = name
    if record.organisation_name:
        out["organisation"] = {"name": record.organisation_name}
    if record.birth_date is not None:
        out["birth_date"] = record.birth_date
    if record.emails:
        out["emails"] = [_filled({"value": e.value, "type": e.type, "verified": e.verified}) for e in record.emails]
    if record.phones:
        out["phones"] = [_filled({"value": p.value, "type": p.type}) for p in record.phones]
    if record.addresses:
        out["addresses"] = [_filled({k: getattr(a, k) for k in _ADDRESS}) for a in record.addresses]
    if record.identifiers:
        out["identifiers"] = [
            _filled({"type": i.type, "issuer": i.issuer, "value": i.value}) for i in record.identifiers
        ]
    if record.consents:
        out["consents"] = [dict(c) for c in record.consents]
    if record.relations:
        out["relations"] = [dict(r) for r in record.relations]
    if record.attributes:
        out["attributes"] = dict(record.attributes)
    if record.business_unit is not None:
        out["business_unit"] = record.business_unit
    if record.occurred_at is not None:
        out["occurred_at"] = rfc3339(record.occurred_at)
    if record.version is not None:
        out["version"] = record.version
    if record.deleted:
        out["deleted"] = True
    if record.partial:
        out["partial"] = True
    return out


def sealed(record: CanonicalRecord) -> tuple[bytes, bytes]:
    """The record as it is stored, UTF-8 JSON that ``from_nested`` reads back, and 16 bytes over what it says.

    The hash leaves out time and version: the same statement again is the same, whatever the order of its keys.
    """
    nested = to_nested(record)
    dated = {key: nested.pop(key) for key in ("occurred_at", "version") if key in nested}
    said = dumps(nested)
    stored = b"%b,%b" % (said[:-1], dumps(dated)[1:]) if dated else said
    return stored, blake2b(said, digest_size=16).digest()


def _filled(item: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in item.items() if v is not None}


def rfc3339(moment: datetime) -> str:
    """The aware instant in UTC, as ``2026-11-20T10:00:00Z``."""
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat().removesuffix("+00:00") + "Z"


def _system(data: Mapping[str, Any], expected: str) -> str:
    said = data.get("source_system")
    if said not in (None, "", expected):
        raise RecordError("source_system", "differs from the source this was sent to")
    return expected


def _each(data: Mapping[str, Any], field: str, read: Callable[[Mapping[str, Any]], Any]) -> tuple[Any, ...]:
    """What ``read`` makes of each object in the list; an error says which of them was wrong."""
    items = items_of(data, field)
    if not items:
        return ()
    made = []
    try:
        for item in items:
            made.append(read(item))  # noqa: PERF401 - how far it came names the wrong one
    except RecordError as error:
        raise error.within(f"{field}[{len(made)}]") from None
    return tuple(made)


def _name(data: Mapping[str, Any]) -> Name:
    get = data.get
    return Name(
        text_of(get("full"), "name.full"),
        text_of(get("prefix"), "name.prefix"),
        text_of(get("given"), "name.given"),
        text_of(get("middle"), "name.middle"),
        text_of(get("family"), "name.family"),
        text_of(get("suffix"), "name.suffix"),
        tuple(texts_of(get("former_family"), "name.former_family")),
    )


def _address(item: Mapping[str, Any]) -> Address:
    get = item.get
    return Address(
        text_of(get("type"), "type"),
        text_of(get("street"), "street"),
        text_of(get("unit"), "unit"),
        text_of(get("city"), "city"),
        text_of(get("region"), "region"),
        text_of(get("postal_code"), "postal_code"),
        text_of(get("country"), "country"),
    )


def _email(item: Mapping[str, Any]) -> Email:
    value = text_of(item.get("value"), "value")
    if not value:
        raise RecordError("value", "is missing")
    verified = item.get("verified")
    return Email(
        value, text_of(item.get("type"), "type"), None if verified is None else boolean_of(verified, "verified")
    )


def _phone(item: Mapping[str, Any]) -> Phone:
    value = text_of(item.get("value"), "value")
    if not value:
        raise RecordError("value", "is missing")
    return Phone(value, text_of(item.get("type"), "type"))


def _identifier(item: Mapping[str, Any]) -> Identifier:
    kind = text_of(item.get("type"), "type")
    value = text_of(item.get("value"), "value")
    if not kind or not value:
        raise RecordError("", "needs a type and a value")
    return Identifier(kind, value, text_of(item.get("issuer"), "issuer"))
