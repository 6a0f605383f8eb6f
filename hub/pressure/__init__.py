"""Back-pressure at the doors where records come in: what cannot be kept well is refused before it costs anything.

``room`` lets one request in, or says why not and when to come again. It asks no server: what it goes by was read
within the last seconds by ``watch``, and what this process has in hand it knows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from django.conf import settings

from hub.errors import Overloaded
from hub.models.inbox import Lane
from hub.pressure.bounds import Refusal

__all__ = ["Overloaded", "Refusal", "refusals", "room", "say"]

_refused: Mapping[Lane, Refusal] = MappingProxyType({})
_guard = threading.Lock()
_bytes_in_hand = 0
_batches = 0
_FULL = "this process has as much in hand as it can do at once"


def say(refused: Mapping[Lane, Refusal]) -> None:
    """From now on these lanes are refused, and no other."""
    global _refused
    _refused = MappingProxyType(dict(refused))


def refusals() -> Mapping[Lane, Refusal]:
    """The lanes that are refused now, with the reason."""
    return _refused


@contextmanager
def room(lane: Lane, size: int) -> Iterator[None]:
    """Room for a request whose body has ``size`` bytes; raises ``Overloaded``.

    Batches, each of which takes a second, leave threads for whatever takes milliseconds; a burst of single records
    just queues. Bodies together stay within bounds, because what is made of them takes a multiple of their bytes.
    """
    global _bytes_in_hand, _batches
    if (why := _refused.get(lane)) is not None:
        raise Overloaded(why.text, retry_after=why.retry_after)
    with _guard:
        full = lane == Lane.BULK and _batches >= settings.HUB_BATCHES_AT_ONCE
        full |= bool(_bytes_in_hand) and _bytes_in_hand + size > settings.HUB_BYTES_AT_ONCE
        if full and lane != Lane.INTERACTIVE:
            raise Overloaded(_FULL, retry_after=1)
        _batches += lane == Lane.BULK
        _bytes_in_hand += size
    try:
        yield
    finally:
        with _guard:
            _batches -= lane == Lane.BULK
            _bytes_in_hand -= size
