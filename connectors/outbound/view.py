"""The active endpoints as a process last read them, and how each is doing."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from django.utils import timezone

from connectors.outbound import breaker
from connectors.outbound.breaker import Health
from connectors.outbound.claim import targets
from connectors.outbound.suspects import Suspects


class View:
    """``well`` are those that something may be sent to freely; ``suspects``, which outlive the view, those that fail or
    took nothing yet, and ``unproven`` the latter; ``troubled`` have or had trouble, ``half_open`` had a rest since they
    took something."""

    def __init__(self, suspects: Suspects) -> None:
        self.targets = targets()
        known = breaker.known()
        self.at = time.monotonic()
        self.troubled = set(known)
        self.half_open = {pk for pk, health in known.items() if health.rests}
        self.unproven = {pk for pk, target in self.targets.items() if not target.proven}
        self.suspects = suspects
        suspects.see(known, self.unproven, self.at)
        self.well = dict.fromkeys(pk for pk in self.targets if pk not in suspects)

    def learn(self, taken: Collection[int], health: Mapping[int, Health]) -> None:
        """Take in what was just written down: who took something, and the health of those that have or had trouble."""
        now, clock = time.monotonic(), timezone.now()
        for pk in taken:
            if pk in self.unproven:
                self.unproven.discard(pk)
                self._is_well(pk)
        for pk, said in health.items():
            self.troubled.add(pk)
            (self.half_open.add if said.rests else self.half_open.discard)(pk)
            if said.fails:
                self.suspects.failed(pk, now + (said.until - clock).total_seconds() if said.until else now)
                self.well.pop(pk, None)
            elif pk not in self.unproven:
                self._is_well(pk)

    def _is_well(self, endpoint: int) -> None:
        self.suspects.cleared(endpoint)
        if endpoint in self.targets:
            self.well[endpoint] = None
