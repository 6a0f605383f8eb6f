"""A Salesforce Contact, from the REST API or from a change event, as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.inbound import parts
from connectors.inbound.envelope import unwrap
from connectors.inbound.parts import MappingError, filled, flag, text
from connectors.inbound.salesforce import individual

# Fields that an organisation defines itself; these are the names that the project's set-up guide uses.
LOYALTY_FIELD = "Loyalty_Number__c"
FORMER_NAME_FIELD = "Former_Last_Name__c"

_EMAILS = (("Email", "home"), ("Secondary_Email__c", None))
_PHONES = (("MobilePhone", "mobile"), ("Phone", None), ("HomePhone", "home"), ("OtherPhone", None),
           ("AssistantPhone", "assistant"))  # fmt: skip
_PLACES = (("Mailing", "home"), ("Other", "other"))
_PLACE_PARTS = (("Street", "street"), ("City", "city"), ("State", "region"), ("PostalCode", "postal_code"),
                ("Country", "country"), ("CountryCode", "country"))  # fmt: skip
_READ = parts.words(
    "Id Salutation FirstName MiddleName LastName Suffix Name Birthdate AccountId MasterRecordId IsDeleted "
    "HasOptedOutOfEmail DoNotCall HasOptedOutOfFax CreatedDate LastModifiedDate SystemModstamp ChangeEventHeader "
    f"Individual ContactPointTypeConsents attributes {LOYALTY_FIELD} {FORMER_NAME_FIELD}"
) | {name for name, _ in (*_EMAILS, *_PHONES)} | {
    place + part for place, _ in _PLACES for part, _ in (*_PLACE_PARTS, ("Address", ""))
}  # fmt: skip


def to_nested(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One Contact, or the contacts named by a change event; raises ``MappingError``."""
    _, data = unwrap(payload)
    if "payload" in data and "ChangeEventHeader" not in data:  # as the Pub/Sub and streaming APIs wrap it
        data = parts.child(data, "payload")
    if "ChangeEventHeader" in data:
        return _change(data)
    source_id = parts.identity(data, "Id")
    at = _modified(data)
    if flag(data, "IsDeleted"):
        # A merge leaves the losing contact deleted with the id of the one that stays.
        if survivor := text(data, "MasterRecordId"):
            return [parts.merged_into(source_id, survivor, occurred_at=at)]
        return [parts.deletion(source_id, occurred_at=at)]
    return [_contact(data, source_id=source_id, occurred_at=at)]


def _change(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    header = parts.child(data, "ChangeEventHeader")
    kind = text(header, "changeType") or ""
    ids = parts.texts(header, "recordIds")
    if not ids:
        raise MappingError("ChangeEventHeader.recordIds", "is missing: it must name the changed records")
    if (text(header, "entityName") or "Contact") != "Contact":
        raise MappingError("ChangeEventHeader.entityName", "must be Contact")
    if kind.startswith("GAP_"):
        raise MappingError("ChangeEventHeader.changeType", "is a gap event: fetch the contact and send it whole")
    at = _milliseconds(header.get("commitTimestamp"))
    if kind == "DELETE":
        return [parts.deletion(i, occurred_at=at) for i in ids]
    if kind not in ("CREATE", "UPDATE", "UNDELETE"):
        raise MappingError("ChangeEventHeader.changeType", "must be CREATE, UPDATE, DELETE, UNDELETE or GAP_…")
    records = [_contact(data, source_id=i, occurred_at=at or _modified(data)) for i in ids]
    # An update says only what changed; what it does not say stays as it is held.
    return [r | {"partial": True} for r in records] if kind == "UPDATE" else records


def _contact(data: Mapping[str, Any], *, source_id: str, occurred_at: str | None) -> dict[str, Any]:
    name = parts.child(data, "Name") if isinstance(data.get("Name"), Mapping) else data
    birth_date, birthday = parts.birth(data.get("Birthdate"), "Birthdate")
    emails = [e for field, kind in _EMAILS for e in parts.contact(text(data, field), type=kind)]
    phones = [p for field, kind in _PHONES for p in parts.contact(text(data, field), type=kind)]
    loyalty = text(data, LOYALTY_FIELD)
    account = text(data, "AccountId")
    former = text(data, FORMER_NAME_FIELD)
    return filled({
        "source_id": source_id,
        "kind": "person",
        "name": filled({
            "full": None if isinstance(data.get("Name"), Mapping) or text(data, "LastName") else text(data, "Name"),
            "prefix": text(name, "Salutation"), "given": text(name, "FirstName"), "middle": text(name, "MiddleName"),
            "family": text(name, "LastName"), "suffix": text(name, "Suffix"),
            "former_family": [former] if former else [],
        }),
        "birth_date": birth_date,
        "emails": parts.distinct(emails),
        "phones": parts.distinct(phones),
        "addresses": [a for place, kind in _PLACES if (a := _place(data, place, kind))],
        "identifiers": [{"type": "loyalty_id", "value": loyalty}] if loyalty else [],
        "consents": _consents(data, at=occurred_at),
        "relations": [{"type": "contact_of", "source_id": account}] if account else [],
        "attributes": parts.attributes(data, known=_READ) | filled({"birthday": birthday}),
        "occurred_at": occurred_at,
    })  # fmt: skip


def _place(data: Mapping[str, Any], place: str, kind: str) -> dict[str, Any] | None:
    compound = parts.child(data, f"{place}Address")
    found: dict[str, Any] = {}
    for theirs, ours in _PLACE_PARTS:
        value = text(data, place + theirs) or text(compound, theirs)
        if value:
            found[ours] = value
    if not found:
        return None
    # The street field has several lines; what follows the first is the flat or floor.
    street, _, unit = found.get("street", "").partition("\n")
    return filled({"type": kind, **found, "street": street.strip(), "unit": " ".join(unit.split())})


def _consents(data: Mapping[str, Any], *, at: str | None) -> list[dict[str, Any]]:
    # The boxes are unticked by default: an unticked one is neither consent nor the end of a withdrawal.
    found = []
    if flag(data, "HasOptedOutOfEmail"):
        found.append(parts.consent("email", "withdrawn", contact_point=text(data, "Email"), captured_at=at,
                                   proof="HasOptedOutOfEmail"))  # fmt: skip
    # These are said of the contact, whichever of the numbers is dialled.
    for field, channel in (("DoNotCall", "phone"), ("HasOptedOutOfFax", "fax")):
        if flag(data, field):
            found.append(parts.consent(channel, "withdrawn", contact_point=None, captured_at=at, proof=field))
    return found + individual.consents(data, at=at)


def _modified(data: Mapping[str, Any]) -> str | None:
    for field in ("SystemModstamp", "LastModifiedDate", "CreatedDate"):
        if found := parts.instant(data.get(field), field):
            return found
    return None


def _milliseconds(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 253_402_300_800_000:
        raise MappingError("ChangeEventHeader.commitTimestamp", "must be milliseconds since 1970")
    return parts.rfc3339(datetime.fromtimestamp(value / 1000, UTC))
