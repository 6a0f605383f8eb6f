"""What flows between stages: the canonical record, as a source system said it.

    CanonicalRecord
      ├─ Name, organisation_name, birth_date
      ├─ emails[Email]  phones[Phone]  addresses[Address]  identifiers[Identifier]
      ├─ consents[dict] relations[dict] attributes{str: JSON}
      └─ occurred_at, version, deleted

Values are the source's own spelling; ``matching.normalise`` makes them comparable. ``repr`` shows ids
only, because a record may end up in a log line or a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """A person's name in as many parts as the source keeps; ``full`` where it keeps one field."""

    full: str | None = None
    prefix: str | None = None
    given: str | None = None
    middle: str | None = None
    family: str | None = None
    suffix: str | None = None
    former_family: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Email:
    value: str
    type: str | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Phone:
    value: str
    type: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """``street`` holds street and house number as the source writes them."""

    type: str | None = None
    street: str | None = None
    unit: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Identifier:
    """``type`` such as ``loyalty_id`` or ``tax_id``; ``issuer`` names the programme or state."""

    type: str
    value: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class CanonicalRecord:
    """One source record in canonical form; every field but the address may be missing.

    ``birth_date`` is text as the source wrote it; ``occurred_at`` is aware, in UTC, or None where the
    source gave no time. A ``partial`` record says only what it holds (a change of consent, say): whatever
    else is held of the record stays.
    """

    source_system: str
    source_id: str
    kind: str = "person"
    name: Name = Name()
    organisation_name: str | None = None
    birth_date: str | None = None
    emails: tuple[Email, ...] = ()
    phones: tuple[Phone, ...] = ()
    addresses: tuple[Address, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    consents: tuple[Mapping[str, Any], ...] = ()
    relations: tuple[Mapping[str, Any], ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    business_unit: str | None = None
    occurred_at: datetime | None = None
    version: int | None = None
    deleted: bool = False
    partial: bool = False

    @property
    def address(self) -> str:
        """``system:source_id``, the way a record is named everywhere; the first colon divides."""
        return f"{self.source_system}:{self.source_id}"

    def __repr__(self) -> str:
        return f"CanonicalRecord({self.source_system}:…)"
