"""How a golden record came to be, for its page: newest first, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.models import GoldenRecord, OutboxEvent

_MOST = 20
_WORDS = {
    "golden.created": "Created", "golden.updated": "Updated", "golden.merged": "Merged with another",
    "golden.split": "Split: some records left", "consent.changed": "Consent changed",
    "review.opened": "A review was opened", "review.decided": "A review was decided", "golden.erased": "Erased",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """One step; ``code`` is the type of its event."""

    at: datetime
    texts: tuple[str, ...]
    code: str


def of(golden: GoldenRecord) -> list[Moment]:
    """The newest steps of a golden record."""
    events = OutboxEvent.objects.filter(golden=golden).only("type", "time", "sequence").order_by("-sequence")
    return [Moment(event.time, (_WORDS.get(event.type, event.type),), event.type) for event in events[:_MOST]]
