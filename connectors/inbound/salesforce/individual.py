"""What Salesforce's privacy objects say beside a Contact: ``Individual`` and its ``ContactPointTypeConsents``.

They come with the contact where a query names them (``SELECT …, Individual.HasOptedOutSolicit, …``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.inbound import parts
from connectors.inbound.parts import MappingError, flag, text

# Inverted: a ticked box is a withdrawal, an unticked one, as it is from the start, says nothing.
_OPT_OUTS = (
    ("HasOptedOutProcessing", "*"), ("HasOptedOutSolicit", "marketing"), ("HasOptedOutProfiling", "profiling"),
    ("HasOptedOutTracking", "tracking"),
)  # fmt: skip
_STATUS = {
    "optin": "granted",
    "optout": "withdrawn",
    "optinpending": "pending",
    "seen": "unknown",
    "notseen": "unknown",
}
_TYPES = {"email": "email", "phone": "phone", "mailingaddress": "postal", "social": "social", "web": "web"}


def consents(data: Mapping[str, Any], *, at: str | None) -> list[dict[str, Any]]:
    """The statements of the whole person; ``at`` is when the contact last changed. Raises ``MappingError``."""
    individual = parts.child(data, "Individual")
    changed = parts.instant(individual.get("LastModifiedDate"), "Individual.LastModifiedDate") or at
    found = [
        parts.consent("*", "withdrawn", contact_point=None, captured_at=changed, proof=field, purpose=purpose)
        for field, purpose in _OPT_OUTS
        if flag(individual, field)
    ]
    for held in (data, individual):
        found += [_by_type(said, changed) for said in _records(held, "ContactPointTypeConsents")]
    return found


def _records(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a subquery, which stand under ``records``, or in a plain list."""
    value = data.get(key)
    return parts.children(value, "records") if isinstance(value, Mapping) else parts.children(data, key)


def _by_type(said: Mapping[str, Any], changed: str | None) -> dict[str, Any]:
    field = "ContactPointTypeConsents.PrivacyConsentStatus"
    status = _plain(text(said, "PrivacyConsentStatus"))
    if status not in _STATUS:
        raise MappingError(field, "must be OptIn, OptOut, OptInPending, Seen or NotSeen")
    kind = _plain(text(said, "ContactPointType"))
    if not kind:
        raise MappingError("ContactPointTypeConsents.ContactPointType", "is missing")
    confirmed = parts.instant(said.get("DoubleConsentCaptureDate"), "DoubleConsentCaptureDate")
    captured = parts.instant(said.get("CaptureDate"), "CaptureDate") or changed
    return parts.consent(
        _TYPES.get(kind, kind), _STATUS[status], contact_point=None,
        # A grant is one from its confirmation on.
        captured_at=(confirmed or captured) if status == "optin" else captured,
        proof=text(said, "CaptureSource"),
        effective_from=parts.instant(said.get("EffectiveFrom"), "EffectiveFrom"),
        effective_to=parts.instant(said.get("EffectiveTo"), "EffectiveTo"),
        double_opt_in=True if confirmed else None,
    )  # fmt: skip


def _plain(value: str | None) -> str:
    return (value or "").replace(" ", "").replace("_", "").lower()
