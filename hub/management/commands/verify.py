"""Check every invariant on the live database and name each breach."""

from __future__ import annotations

import resource
import sys
from time import monotonic
from typing import Any

from hub.invariants import CHECKS, found_by
from hub.management.base import HubCommand
from hub.selectors import progress

# A hub that is wrong throughout must not fill the terminal.
_SHOWN = 1000


class Command(HubCommand):
    help = "Checks the hub's invariants on the live database and names each breach. Exit 1: there are some."

    def run(self, **options: Any) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        number = 0
        seconds: dict[str, float] = {}
        for check in CHECKS:
            began = monotonic()
            for breach in found_by(check):
                number += 1
                if number <= _SHOWN:
                    found.append({"invariant": breach.invariant, "subject": breach.subject, "text": breach.text})
                    self.say(f"Invariant {breach.invariant}, {breach.subject}: {breach.text}", **options)
            seconds[check.__name__] = round(monotonic() - began, 2)
        held = progress()
        if not number:
            self.say(
                f"No breach. {held['records']:,} records in {held['golden_records']:,} golden records, "
                f"{held['events']:,} events, {held['waiting']:,} messages waiting.",
                **options,
            )
        elif number > _SHOWN:
            self.say(f"{number:,} breaches; the first {_SHOWN:,} are above.", **options)
        self.code = 1 if number else 0
        unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes here
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
        return {"breaches": found, "number": number, "seconds": seconds, "peak_memory_mb": peak, **held}
