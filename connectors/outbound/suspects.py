"""Receivers whose last try failed or that took nothing yet, and how much of a process's time they may take.

A try that fails costs several times what one does that is taken over a connection that stands, and a thousand dead
receivers have more of them due than there is time for. So suspects are tried out of an allowance: while others have
work, so many tries a second and no more, whoever has been due longest first; when there is nothing else to do, as many
as there are places for. A try that is taken is given back to the allowance, so that those which are back do not take
the turn of those which are not.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass

from connectors.outbound.breaker import Known


@dataclass(frozen=True, slots=True)
class Allowance:
    """``a_second`` tries at suspects while others have work, gathered up to ``at_once``; ``places`` for those under
    way, which a receiver that hangs holds for the length of a try; ``idle`` of them are begun at a time where nobody
    else has work, so that who comes then finds the way free within some milliseconds."""

    a_second: float = 40.0
    at_once: int = 20
    places: int = 400
    idle: int = 50
    # Who was never tried, or took something a while ago, goes before those that keep failing: seconds of waiting.
    ahead: float = 30.0
    # Where nothing is due at a suspect, so many of them are looked at again a second, and each after so many seconds,
    # twice as many each time that it is in vain: a look goes through all that waits there.
    looks_a_second: float = 200.0
    look_again: float = 0.25
    look_at_last: float = 30.0


class Suspects:
    """The suspects of one process: when each may be tried next, and what is left of the allowance. Times are seconds
    of a clock that only goes forward, and given by the caller."""

    def __init__(self, allowance: Allowance | None = None) -> None:
        self.allowance = allowance or Allowance()
        self._due: dict[int, float] = {}
        self._look: dict[int, float] = {}
        self._vain: dict[int, float] = {}
        self._left = float(self.allowance.at_once)
        self._counted = float("-inf")

    def __contains__(self, endpoint: object) -> bool:
        return endpoint in self._due

    def __len__(self) -> int:
        return len(self._due)

    def see(self, known: Mapping[int, Known], unproven: Collection[int], now: float) -> None:
        """All there are, as they were just read: ``known`` had trouble, ``unproven`` took nothing yet. What rests is
        due when its rest ends; the others keep their place."""
        was = self._due
        self._due = {pk: was.get(pk, now - self.allowance.ahead) for pk in unproven} | {
            pk: min(was.get(pk, now), now) if health.left is None else now + health.left
            for pk, health in known.items()
            if health.fails
        }
        self._look = {pk: at for pk, at in self._look.items() if at > now and pk in self._due}
        self._vain = {pk: wait for pk, wait in self._vain.items() if pk in self._due}

    def failed(self, endpoint: int, due: float) -> None:
        self._due[endpoint] = due
        self._vain.pop(endpoint, None)

    def cleared(self, endpoint: int) -> None:
        self._due.pop(endpoint, None)

    def nothing_at(self, endpoint: int, now: float) -> None:
        """Nothing was due there: look again in a while, which is the longer the more suspects there are and the more
        often it was so."""
        wait = self._vain.get(endpoint, self.allowance.look_again)
        self._vain[endpoint] = min(2 * wait, self.allowance.look_at_last)
        self._look[endpoint] = now + max(wait, len(self._due) / self.allowance.looks_a_second)

    def choose(
        self, among: Collection[int], *, flying: Collection[int], under_way: int, busy: bool, good: Container[int],
        now: float,
    ) -> list[int]:  # fmt: skip
        """Whom to try now, one delivery each, the longest due first. ``flying`` are endpoints at which tries are under
        way, ``under_way`` the number of tries at suspects; ``busy``: others have work; ``good`` took something a
        while ago."""
        habit = self.allowance
        number = min(self._gathered(now) if busy else habit.idle, habit.places - under_way)
        # A few at a time: a look through all of them costs about as much as a try.
        if not self._due or number < (habit.at_once // 2 if busy else 1):
            return []
        look = self._look
        ready = (
            (due - habit.ahead if pk in good else due, pk)
            for pk, due in self._due.items()
            if due <= now and look.get(pk, now) <= now and pk in among and pk not in flying
        )
        return [pk for _, pk in heapq.nsmallest(number, ready)]

    def _gathered(self, now: float) -> int:
        self._left = min(self._left + max(now - self._counted, 0.0) * self.allowance.a_second, self.allowance.at_once)
        self._counted = now
        return int(self._left)

    def spent(self, tries: int) -> None:
        """So many were begun while others had work."""
        self._left -= tries

    def given_back(self, tries: int) -> None:
        """So many of those were taken, or not made."""
        self._left = min(self._left + tries, self.allowance.at_once)
