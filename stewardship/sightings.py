"""Who saw and who changed a golden record, from the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.models import AuditEntry
from stewardship.people import names

_MOST = 30
# Entries that name it among others have no index, which would cost every read of a client: so many are looked through.
_LOOKED_AT = 100_000
_WORDS = {
    "profile.seen": "looked at it, values masked",
    "values.revealed": "revealed values",
    "review.seen": "looked at a review of it",
    "review.decided": "decided a review of it",
    "profiles.read": "read its profile",
    "consents.read": "read its consents",
    "privacy.filed": "filed a privacy request",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    at: datetime
    who: str
    what: str
    fields: str


def of(golden_id: str) -> list[Sighting]:
    """The newest entries about a golden id: those of which it is the subject, and those that name it among others."""
    own = list(AuditEntry.objects.filter(subject=golden_id).order_by("-id")[:_MOST])
    newest = AuditEntry.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    lately = AuditEntry.objects.filter(pk__gt=newest - _LOOKED_AT, detail__golden_ids__contains=[golden_id])
    among = list(lately.order_by("-id")[:_MOST])
    found = sorted({entry.pk: entry for entry in (*own, *among)}.values(), key=lambda e: -e.pk)[:_MOST]
    people = names(entry.actor for entry in found)
    return [
        Sighting(e.at, people.get(e.actor, e.actor), _WORDS.get(e.action, e.action.replace(".", " ")),
                 ", ".join(map(str, e.detail.get("fields") or ())))
        for e in found
    ]  # fmt: skip
