"""How many deliveries of each endpoint may be under way at once, so that none takes the places of the others.

There are lanes with places of their own: for endpoints that answer quickly, for those that are slow, and for those
that were not tried yet, of which each gets one try. However many receivers hang, they share a lane. Those whose last
try failed have places of their own, too: see ``suspects``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

# So much of each new answer's time goes into what an endpoint is known to take.
_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Places:
    """How many deliveries may be claimed, waiting for their turn or being tried."""

    at_once: int = 20  # tries to one endpoint
    batch: int = 400  # of one endpoint that is quick
    quick: int = 1200  # of all those that are
    slow: int = 400  # of all those that are not
    slow_after: float = 1.0  # seconds that an answer takes
    first: int = 1200  # of all those that were not tried yet


class Speeds:
    """How long each endpoint takes to answer, in seconds; unknown until it has taken something."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def note(self, endpoint: int, seconds: float, *, taken: bool) -> None:
        was = self._seconds.get(endpoint)
        if was is None:
            if not taken:
                return  # a refusal says nothing of how long it would take
            was = seconds
        self._seconds[endpoint] = was + _WEIGHT * (seconds - was)

    def forget_but(self, endpoints: Collection[int]) -> None:
        self._seconds = {pk: took for pk, took in self._seconds.items() if pk in endpoints}

    def get(self, endpoint: int) -> float | None:
        return self._seconds.get(endpoint)

    def __contains__(self, endpoint: object) -> bool:
        return endpoint in self._seconds


def rooms(wanted: Collection[int], *, flying: Mapping[int, int], speeds: Speeds, places: Places) -> dict[int, int]:
    """How many more deliveries of each of these endpoints, which have taken something, may be claimed, in this order.
    ``flying`` is what was claimed of any such endpoint and is not through."""

    def is_quick(endpoint: int) -> bool:
        return (speeds.get(endpoint) or 0.0) <= places.slow_after

    # What waits for its turn takes no place from others: only memory.
    used = {True: 0, False: 0}
    for endpoint, number in flying.items():
        used[is_quick(endpoint)] += min(number, places.at_once)
    left = {True: places.quick - used[True], False: places.slow - used[False]}
    number_of = {True: 0, False: 0}
    for endpoint in wanted:
        number_of[is_quick(endpoint)] += 1
    share = {
        True: min(places.batch, max(places.quick // max(number_of[True], 1), places.at_once)),
        False: min(places.at_once, max(places.slow // max(number_of[False], 1), 1)),
    }
    found: dict[int, int] = {}
    for endpoint in wanted:
        quick = is_quick(endpoint)
        room = min(share[quick] - flying.get(endpoint, 0), left[quick])
        # Small claims cost as much as large ones: wait until there is room for a few.
        if room > 0 and room >= min(share[quick] // 4, left[quick]):
            found[endpoint] = room
            left[quick] -= min(room, places.at_once)
    return found


def first_tries(wanted: Iterable[int], *, under_way: int, places: Places) -> dict[int, int]:
    """Which of these endpoints, that were not tried yet, may have their one try; ``under_way``: how many have it."""
    return dict.fromkeys(islice(wanted, max(places.first - under_way, 0)), 1)
