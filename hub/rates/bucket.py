"""The law of a token bucket: it holds ``burst`` tokens when full and gains ``per_second`` until it is.

Pure: the time is given. Within any span of S seconds no more than ``burst + per_second * S`` tokens leave it, but
for one debt: what is only known once it was done (the rows of a batch) may overdraw it, and is waited for afterwards.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_LIMIT = re.compile(r"([a-z]+)=(\d{1,9}(?:\.\d{1,6})?)(?::(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limit:
    """``per_second`` tokens a second, and ``burst`` at once after a rest (at least one)."""

    per_second: float
    burst: int

    @property
    def window(self) -> int:
        """The seconds in which an empty bucket is full again, at least 1."""
        return max(1, math.ceil(self.burst / self.per_second))

    def divided(self, parts: int) -> Limit:
        """The share of one of so many who cannot speak to each other."""
        return Limit(self.per_second / parts, max(1, self.burst // parts))


@lru_cache(maxsize=1000)
def limits(text: str) -> Mapping[str, Limit]:
    """``"reads=100:200,writes=10"`` by name: tokens a second, and after the colon the burst (two seconds' worth where
    it is left out). Raises ``ValueError`` with what is wrong."""
    found: dict[str, Limit] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = _LIMIT.fullmatch(part)
        if match is None or float(match[2]) <= 0 or match[3] == "0":
            raise ValueError(f"a limit is written NAME=PER_SECOND or NAME=PER_SECOND:BURST, not {part!r}")
        per_second = float(match[2])
        found[match[1]] = Limit(per_second, int(match[3]) if match[3] else max(1, math.ceil(2 * per_second)))
    return found


@dataclass(slots=True)
class Bucket:
    """A bucket that is full at first; ``now`` in seconds, of any clock that does not go back."""

    limit: Limit
    level: float = field(default=-1.0)
    at: float = field(default=-math.inf)

    def __post_init__(self) -> None:
        if self.at == -math.inf:
            self.level = float(self.limit.burst)

    def seen(self, now: float) -> float:
        """How much it holds by ``now``."""
        if now > self.at:
            if self.at > -math.inf:
                self.level = min(float(self.limit.burst), self.level + (now - self.at) * self.limit.per_second)
            self.at = now
        return self.level

    def take(self, cost: float, now: float) -> float:
        """0.0 when ``cost`` tokens were taken; else the seconds until they would be there, and none was taken."""
        if self.seen(now) >= cost:
            self.level -= cost
            return 0.0
        return (cost - self.level) / self.limit.per_second

    def owe(self, cost: float, now: float) -> None:
        """Take ``cost`` tokens whether they are there or not."""
        self.seen(now)
        self.level -= cost
