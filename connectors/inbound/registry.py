"""Every inbound connector by its name. A new one is a folder like the others and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from connectors.inbound.loyaltylion import mapping as loyaltylion
from connectors.inbound.loyaltylion import signature as loyaltylion_signature
from connectors.inbound.parts import MappingError
from connectors.inbound.salesforce import mapping as salesforce
from connectors.inbound.salesforce import signature as salesforce_signature
from connectors.inbound.sap import mapping as sap
from connectors.inbound.sap import signature as sap_signature
from connectors.inbound.shopify import mapping as shopify
from connectors.inbound.shopify import signature as shopify_signature
from connectors.inbound.square import mapping as square
from connectors.inbound.square import signature as square_signature

__all__ = ["Connector", "MappingError", "mapping", "names", "register_all"]


@dataclass(frozen=True, slots=True)
class Connector:
    """One source system's type: how its payloads read, and how it signs them."""

    name: str
    _mapping: ModuleType
    _signature: ModuleType

    def to_nested(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Nested canonical JSON, one object a record; the same payload gives the same records.

        A record with ``partial`` true says only what it holds: whatever else is held of it stays.
        Raises ``MappingError`` naming the payload's field, and no value of it.
        """
        records: list[dict[str, Any]] = self._mapping.to_nested(payload)
        return records

    def privacy(self, payload: Mapping[str, Any]) -> tuple[str, str] | None:
        """(kind, source id) where the payload is a privacy request about one record, and no record."""
        asks = getattr(self._mapping, "privacy", None)
        found: tuple[str, str] | None = asks(payload) if asks else None
        return found

    def verify(self, headers: Mapping[str, str], raw_body: bytes, secret: str, url: str) -> bool:
        """Whether the vendor signed this body with ``secret``; false for vendors that sign nothing."""
        return bool(self._signature.verify(headers, raw_body, secret, url))


_CONNECTORS = {
    c.name: c
    for c in (
        Connector("loyaltylion", loyaltylion, loyaltylion_signature),
        Connector("salesforce", salesforce, salesforce_signature),
        Connector("sap", sap, sap_signature),
        Connector("shopify", shopify, shopify_signature),
        Connector("square", square, square_signature),
    )
}


def names() -> list[str]:
    return sorted(_CONNECTORS)


def mapping(name: str) -> Connector:
    """The connector of that name; raises KeyError."""
    return _CONNECTORS[name]


def register_all(register: Callable[[Connector], None]) -> None:
    """Hand every connector to ``register`` (``hub.ports.register_mapping``, from ``AppConfig.ready``)."""
    for name in names():
        register(_CONNECTORS[name])
