"""What sign-ins leave behind is taken away: sessions that ended by time, and tries that do not count any more."""

from __future__ import annotations

import time

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from hub.signin import tries

_EVERY_SECONDS = 3600.0
_looked = float("-inf")


def look() -> int:
    """To be called by sweepers; does something once an hour. Nothing of it is work that anybody waits for."""
    global _looked
    now = time.monotonic()
    if now - _looked >= _EVERY_SECONDS:
        _looked = now
        SessionStore.clear_expired()
        tries.forget(now=timezone.now())
    return 0
