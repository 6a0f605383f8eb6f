"""What a consent statement must say to be taken: read, checked, and kept in the source's own words.

Nothing is put right here. What cannot be counted honestly is refused with the field that is wrong; what is merely
older than what is held is taken, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from matching.cells import RecordError, boolean_of, cleaned, instant_of, text_of
from matching.contactpoints import brand_key, channel_key, point_key, purpose_key
from matching.records import CanonicalRecord
from matching.statements import STATES

# How far ahead of ours another system's clock may run.
AHEAD = timedelta(minutes=5)
_TEXTS = ("contact_point", "brand", "jurisdiction", "legal_basis", "proof", "text_version", "source")


def read(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The statement in ``item``, JSON-safe and otherwise as it was said. Raises ``RecordError`` naming the field."""
    for key in ("purpose", "channel", "state"):
        if not text_of(item.get(key), key):
            raise RecordError(key, "is missing")
    if item["state"] not in STATES:
        raise RecordError("state", f"must be {', '.join(STATES[:-1])} or {STATES[-1]}")
    for key in _TEXTS:
        text_of(item.get(key), key)
    boolean_of(item.get("double_opt_in"), "double_opt_in")
    captured = instant_of(item.get("captured_at"), "captured_at")
    begins = instant_of(item.get("effective_from"), "effective_from") or captured
    ends = instant_of(item.get("effective_to"), "effective_to")
    if begins is not None and ends is not None and ends <= begins:
        raise RecordError("effective_to", "must be later than effective_from, or than captured_at where that is absent")
    return dict(cleaned(item))


def refuse_contradiction(consents: Sequence[Mapping[str, Any]], occurred_at: datetime | None) -> None:
    """Raise ``RecordError`` where two statements of one record differ in nothing but their state."""
    if len(consents) < 2:
        return
    seen: dict[tuple[Any, ...], str] = {}
    for number, said in enumerate(consents):
        purpose, channel, brand, point, region = (
            str(said.get(key) or "") for key in ("purpose", "channel", "brand", "contact_point", "jurisdiction")
        )
        place = (
            purpose_key(purpose), channel_key(channel), brand_key(brand), point_key(point, region),
            instant_of(said.get("captured_at"), "captured_at") or occurred_at,
        )  # fmt: skip
        if seen.setdefault(place, said["state"]) != said["state"]:
            raise RecordError(
                f"consents[{number}].state", "contradicts another statement of the same scope and captured_at"
            )


def refuse_future(record: CanonicalRecord, received_at: datetime) -> None:
    """Raise ``RecordError`` where a statement was captured after it was received: it would outrank all that is said
    until then. ``effective_from`` may lie ahead."""
    latest = received_at + AHEAD
    for number, said in enumerate(record.consents):
        captured = instant_of(said.get("captured_at"), "captured_at")
        if captured is None and record.occurred_at is not None and record.occurred_at > latest:
            raise RecordError(
                f"consents[{number}].captured_at", "is missing, and the record's own time lies in the future"
            )
        if captured is not None and captured > latest:
            raise RecordError(
                f"consents[{number}].captured_at", "lies in the future: send the time at which it was said"
            )
