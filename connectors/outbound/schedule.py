"""When to try again. The schedule is that of Standard Webhooks, spread so that receivers are not hit at once."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

MINUTE, HOUR = 60.0, 3600.0
DELAYS = (5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
JITTER = 0.2
LONGEST = 24 * HOUR


def delay(attempts: int, *, spread: float, retry_after: float | None = None) -> float | None:
    """Seconds until the next try after ``attempts`` that failed; None when none is left.

    ``spread`` from 0 to 1 is the place within the jitter. ``retry_after`` is what the receiver asked for, in
    seconds: no try is made before it, and no more than a day is granted.
    """
    if attempts > len(DELAYS):
        return None
    planned = DELAYS[attempts - 1] * (1 + JITTER * spread)
    return max(planned, min(retry_after or 0.0, LONGEST))


def retry_after(value: str, *, now: datetime) -> float | None:
    """``Retry-After`` in seconds, whether it was sent as seconds or as a date; None where it says nothing."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST)
    try:
        until = parsedate_to_datetime(text)
        return min(max((until - now).total_seconds(), 0.0), LONGEST)
    except (ValueError, TypeError, OverflowError):
        return None
