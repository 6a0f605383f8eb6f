"""Check every invariant on the live database and name each breach."""

from __future__ import annotations

from typing import Any

from hub.invariants import breaches
from hub.management.base import HubCommand
from hub.selectors import progress


class Command(HubCommand):
    help = "Checks the hub's invariants on the live database and names each breach. Exit 1: there are some."

    def run(self, **options: Any) -> dict[str, Any]:
        found = []
        for breach in breaches():
            found.append({"invariant": breach.invariant, "subject": breach.subject, "text": breach.text})
            self.say(f"Invariant {breach.invariant}, {breach.subject}: {breach.text}", **options)
        held = progress()
        if not found:
            self.say(
                f"No breach. {held['records']:,} records in {held['golden_records']:,} golden records, "
                f"{held['events']:,} events, {held['waiting']:,} messages waiting.",
                **options,
            )
        self.code = 1 if found else 0
        return {"breaches": found, **held}
