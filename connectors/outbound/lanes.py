"""How many deliveries of each endpoint may be under way at once, so that none takes the places of the others.

There are two lanes, with places of their own: one for endpoints that answer quickly, as far as is known, and one for
those that are slow or fail. However many receivers hang, they share the second. Of one that has taken nothing yet, one
delivery is tried.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

# So much of each new answer's time goes into what an endpoint is known to take.
_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Places:
    """How many deliveries may be claimed, waiting for their turn or being tried."""

    at_once: int = 20  # tries to one endpoint
    batch: int = 400  # of one endpoint that is quick
    quick: int = 1200  # of all those that are
    slow: int = 400  # of all the others
    slow_after: float = 1.0  # seconds that an answer takes


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


def rooms(
    wanted: Collection[int], *, flying: Mapping[int, int], failing: Collection[int], half_open: Collection[int],
    speeds: Speeds, places: Places,
) -> dict[int, int]:  # fmt: skip
    """How many more deliveries of each of these endpoints may be claimed, in this order of endpoints. ``flying`` is
    what was claimed of any endpoint and is not through."""

    def is_quick(endpoint: int) -> bool:
        took = speeds.get(endpoint)
        return endpoint not in failing and (took is None or took <= places.slow_after)

    # What waits for its turn takes no place from others: only memory.
    used = {True: 0, False: 0}
    for endpoint, number in flying.items():
        used[is_quick(endpoint)] += min(number, places.at_once)
    left = {True: places.quick - used[True], False: places.slow - used[False]}
    number_of = {True: 0, False: 0}
    for endpoint in wanted:
        if speeds.get(endpoint) is not None:  # the others get one place each
            number_of[is_quick(endpoint)] += 1
    share = {
        True: min(places.batch, max(places.quick // max(number_of[True], 1), places.at_once)),
        False: min(places.at_once, max(places.slow // max(number_of[False], 1), 1)),
    }
    found: dict[int, int] = {}
    for endpoint in wanted:
        quick = is_quick(endpoint)
        window = 1 if endpoint in half_open or speeds.get(endpoint) is None else share[quick]
        room = min(window - flying.get(endpoint, 0), left[quick])
        # Small claims cost as much as large ones: wait until there is room for a few.
        if room > 0 and room >= min(window // 4, left[quick]):
            found[endpoint] = room
            left[quick] -= min(room, places.at_once)
    return found
