"""Instants among the query parameters: ``as_of``, ``from``, ``to``."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from rest_framework.request import Request

from hub.api.doors import query_text
from hub.api.openapi import query
from hub.api.problems import Problem

AS_OF = query(
    "as_of", {"type": "string", "format": "date-time"}, "What the hub showed at this instant, by the time it knew it."
)


def instant(request: Request, name: str, *, ahead: bool = False) -> datetime | None:
    """The instant that the parameter names, None without it; raises ``Problem`` for another text, or, unless
    ``ahead``, a time that has not come."""
    # Whoever forgets to percent-encode the plus of an offset means no blank.
    text = query_text(request, name, longest=40).replace(" ", "+")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None  # type: ignore[assignment]
    if found is None or found.tzinfo is None or "T" not in text.upper():
        detail = f"The parameter {name} is an instant with its offset, such as 2026-01-02T03:04:05Z."
        raise Problem("invalid-request", detail, field=name)
    if found > timezone.now() and not ahead:
        raise Problem("invalid-request", f"The parameter {name} is an instant that has not come yet.", field=name)
    return found
