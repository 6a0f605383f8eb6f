"""From what was read of the machine and the inbox: which lanes are refused, the interactive one last. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hub.models.inbox import Lane

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; None where it cannot be. ``waiting``: messages not resolved, ``oldest``: the age of the oldest in
    seconds, ``disk`` and ``memory``: bytes that are free, ``disk_size``: of how many."""

    waiting: int | None = None
    oldest: float | None = None
    disk: int | None = None
    disk_size: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Beyond which bulk is refused: see ``.env.example``. Events are refused at twice the backlog and half the room,
    what a till waits for only when the disk or the memory is all but gone."""

    waiting: int
    oldest: float
    disk: int
    memory: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a lane is refused, and after how many seconds to look again."""

    text: str
    retry_after: int


# By how much the bounds are wider for a lane: backlog × the first, room / the second.
_WIDER: dict[Lane, tuple[float, float]] = {Lane.BULK: (1, 1), Lane.EVENT: (2, 2), Lane.INTERACTIVE: (float("inf"), 8)}


def judged(reading: Reading, bounds: Bounds) -> dict[Lane, Refusal]:
    """The lanes that are refused, with the weightiest reason."""
    found = {lane: _reason(reading, bounds, *wider) for lane, wider in _WIDER.items()}
    return {lane: why for lane, why in found.items() if why is not None}


def _reason(reading: Reading, bounds: Bounds, backlog: float, room: float) -> Refusal | None:
    if reading.disk is not None:
        # On a small disk a twentieth of it.
        least = min(bounds.disk, (reading.disk_size or bounds.disk * 20) // 20) / room
        if reading.disk < least:
            return Refusal(f"the database has {reading.disk // _MIB:,} MiB of disk left", 60)
    if reading.memory is not None and reading.memory < bounds.memory / room:
        return Refusal(f"the machine has {reading.memory // _MIB:,} MiB of memory left", 10)
    if reading.waiting is not None and reading.waiting > bounds.waiting * backlog:
        return Refusal(f"{reading.waiting:,} messages wait to be resolved", 30)
    if reading.oldest is not None and reading.oldest > bounds.oldest * backlog:
        return Refusal(f"a message has waited {reading.oldest / 3600:.1f} hours", 60)
    return None
