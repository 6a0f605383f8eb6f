"""Which lane is next and how much of it: nobody waits for a bulk load, and no lane waits for ever.

Pure bookkeeping of one worker process; what is due is read from the inbox, never remembered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from hub.models.inbox import Lane

ALL = tuple(Lane)
URGENT = (Lane.INTERACTIVE, Lane.EVENT)
# So many batches of more urgent lanes go before a lane that has work; then it is its turn for one batch.
PATIENCE = {Lane.INTERACTIVE: 0, Lane.EVENT: 4, Lane.BULK: 8}


@dataclass
class Rota:
    """The order of lanes: the most urgent first, but a lane that was passed over too often goes before it."""

    passed: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))

    def next(self, due: Collection[Lane]) -> Lane:
        """The lane of the next batch, out of ``due`` (at least one).

        >>> rota = Rota()
        >>> [rota.next([Lane.EVENT, Lane.BULK]).name for _ in range(10)].index("BULK")
        8
        """
        ordered = sorted(due)
        late = [lane for lane in ordered[1:] if self.passed[lane] >= PATIENCE[lane]]
        chosen = late[-1] if late else ordered[0]
        for lane in Lane:
            passed_over = lane in ordered and lane > chosen
            self.passed[lane] = self.passed[lane] + 1 if passed_over else self.passed[lane] * (lane in ordered)
        self.passed[chosen] = 0
        return chosen


@dataclass
class Pace:
    """How many messages a batch takes, so that what it locks is free again after ``seconds``.

    A till whose customer, or whose common blocking key, is in a batch waits for that batch's T3. Batches below
    ``least`` would not let go much sooner, for most of a T3 is then the same whatever is in it, and would cost
    several times as much a record: on a busy machine that makes everybody wait longer.
    """

    most: int
    seconds: float
    least: int = 125
    size: int = 0

    def __post_init__(self) -> None:
        self.size = self.most

    def held(self, number: int, seconds: float) -> None:
        """A batch of ``number`` messages held its locks for ``seconds``.

        >>> pace = Pace(most=500, seconds=0.1)
        >>> pace.held(500, 0.4)
        >>> pace.size
        125
        >>> pace.held(125, 0.05)
        >>> pace.size
        187
        """
        if number < self.size // 2 and seconds <= self.seconds:
            return  # too few to tell what a full batch takes
        wanted = number * self.seconds / max(seconds, 1e-6)
        # Down at once, for somebody may be waiting; up by halves, for one quick batch proves little.
        self.size = int(max(self.least, min(self.most, wanted, self.size * 1.5)))
