"""What the log says of tries that failed: little, however many they are."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from connectors.outbound.marks import Outcome

log = logging.getLogger("connectors.deliver")

_NAMED = 10  # endpoints in a line


class Complaints:
    """Failures for the log: one line for each class, at most every ten seconds."""

    def __init__(self) -> None:
        self._held: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._said = 0.0

    def note(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.error:
                self._held[outcome.error][outcome.endpoint] += 1
        if self._held and time.monotonic() - self._said > 10:
            for error, of in sorted(self._held.items()):
                named = ", ".join(str(endpoint) for endpoint in sorted(of)[:_NAMED])
                more = f" and {len(of) - _NAMED} more" if len(of) > _NAMED else ""
                log.warning("%d tries to deliver failed (%s): endpoints %s%s", of.total(), error, named, more)
            self._held.clear()
            self._said = time.monotonic()
