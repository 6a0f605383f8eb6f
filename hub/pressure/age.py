"""How old what is read may be: as old as the oldest message that is not resolved yet, where it waits for longer than is
usual. Known to each web process from what ``hub.pressure.watch`` read a second ago: nobody who reads waits for it.
"""

from __future__ import annotations

from time import monotonic

# A message is resolved within a second or two; what waits for longer is news.
USUAL_SECONDS = 5.0
_oldest, _read_at = 0.0, 0.0


def say(oldest: float | None) -> None:
    """The seconds that the oldest message has waited; None where that could not be read, and the last word grows."""
    global _oldest, _read_at
    if oldest is not None:
        _oldest, _read_at = oldest, monotonic()


def seconds() -> int | None:
    """Whole seconds, for the header ``Age`` (RFC 9111); None where what is read is as new as ever."""
    if _oldest <= USUAL_SECONDS:
        return None
    return int(_oldest + monotonic() - _read_at)
