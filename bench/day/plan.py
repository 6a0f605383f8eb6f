"""The timetable of the day: pure, in simulated seconds since midnight."""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3600.0
STORES = 200


@dataclass(frozen=True, slots=True)
class Deed:
    """``what`` is done to ``whom`` at ``at``."""

    at: float
    what: str
    whom: str = ""

    @property
    def clock(self) -> str:
        return f"{int(self.at // HOUR):02d}:{int(self.at % HOUR // 60):02d}"


# Receivers by name: the event types that each wants; none means all.
RECEIVERS: dict[str, tuple[str, ...]] = {
    "billing": (),
    "mail": ("golden.created", "golden.updated", "golden.merged", "golden.erased"),
    "search": (),
    "campaigns": ("consent.changed", "golden.merged", "golden.erased"),
    "left": (),
}


def timetable() -> list[Deed]:
    """What happens beside the traffic, in order."""
    deeds = [
        Deed(2.5 * HOUR, "gone", "left"),
        Deed(3 * HOUR, "down", "billing"),
        Deed(5 * HOUR, "flush"),
        Deed(6 * HOUR, "stores away"),
        Deed(7 * HOUR, "kill", "postgres"),
        Deed(8 * HOUR, "up", "billing"),
        Deed(9 * HOUR, "stores back"),
        Deed(9.02 * HOUR, "kill", "worker"),
        Deed(9.05 * HOUR, "kill", "web"),
        Deed(9.1 * HOUR, "flush"),
        Deed(10 * HOUR, "failing", "mail"),
        Deed(11 * HOUR, "erase"),
        Deed(12 * HOUR, "flush"),
        Deed(13 * HOUR, "kill", "valkey"),
        Deed(14 * HOUR, "up", "mail"),
        Deed(15 * HOUR, "slow", "search"),
        Deed(15.5 * HOUR, "down", "campaigns"),
        Deed(16 * HOUR, "kill", "worker"),
        Deed(17 * HOUR, "up", "search"),
        Deed(17.5 * HOUR, "erase"),
        Deed(18 * HOUR, "stores away"),
        Deed(19 * HOUR, "stores back"),
        Deed(19.03 * HOUR, "kill", "postgres"),
        Deed(20 * HOUR, "flush"),
        Deed(20.1 * HOUR, "kill", "valkey"),
        Deed(21 * HOUR, "power cut"),
        Deed(22 * HOUR, "up", "campaigns"),
        Deed(23 * HOUR, "kill", "web"),
    ]
    assert deeds == sorted(deeds, key=lambda deed: deed.at)
    return deeds
