"""What makes one value better than another: each word of a rule as a measure of the values put forward, and in plain
words why a value lost by it.

The last measure of every rule is the source time, then the order of the record (a hash of its address), so that nothing
is left to chance.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from matching.offers import Attribute, Offer, Speaker
from matching.policy import SOURCE_KINDS, Step

Origin = tuple[str, str]  # code of a source system, its kind
# The last column of every rule.
RECENCY = "recency"
# Up to so many values votes are counted one by one.
_FEW = 16
# Of a date: to the second.
_DIGITS = 14
_MICROSECONDS_A_DAY = 86_400_000_000
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d(-\d\d([T ].*)?)?", re.ASCII)


def matches(name: str, origin: Origin) -> bool:
    """Whether a source system is meant by a name in a policy: its code, its kind, or just one of them by a prefix."""
    form, _, rest = name.rpartition(":")
    if form == "system":
        return origin[0] == rest
    if form == "kind":
        return origin[1] == rest
    return name in origin


class ByOrigin(dict[Origin, Any]):
    """What a step makes of each source system, worked out when it is first met: looked up for every offer."""

    def __init__(self, ask: Callable[[Origin], Any]) -> None:
        self._ask = ask

    def __missing__(self, origin: Origin) -> Any:
        found = self[origin] = self._ask(origin)
        return found


def admitted(step: Step) -> ByOrigin | None:
    """Whether a step looks at what a source says; None where it looks at all."""
    wanted, never = step.owner or step.only, step.never
    if step.ignore:
        return ByOrigin(lambda origin: False)
    if not wanted and not never:
        return None
    return ByOrigin(
        lambda origin: (
            (not wanted or any(matches(n, origin) for n in wanted)) and not any(matches(n, origin) for n in never)
        )
    )


class Measure(NamedTuple):
    """A word of a rule: ``of`` a speaker (``on`` 0) or of a value (``on`` 1) the greater is the better. How many
    records say a value (``on`` -1) no offer knows by itself."""

    word: str
    on: int
    of: Callable[[Any], Any]

    def column(self, offers: Sequence[Offer], sames: Sequence[str]) -> list[Any]:
        """What each offer has by this measure; ``sames`` tells which of them say the same."""
        _, on, of = self
        if on >= 0:
            return [of(offer[on]) for offer in offers]
        if len(sames) < _FEW:
            return [sames.count(same) for same in sames]
        votes = Counter(sames)
        return [votes[same] for same in sames]


def measures(step: Step, attribute: Attribute) -> tuple[Measure, ...]:
    """The words of a step, and the one that settles every tie."""
    found = [_measure(word, step, attribute) for word in step.words]
    if found[-1].word == "most_recent":
        found.pop()
    return (*found, Measure(RECENCY, 0, attrgetter("recency")))


def _measure(word: str, step: Step, attribute: Attribute) -> Measure:
    if word == "source_ranking":
        return Measure(word, 0, _source_ranking(step.ranking))
    if word == "most_trusted":
        return Measure(word, 0, _most_trusted(dict(step.trust), step.half_life))
    if word == "most_recent":
        return Measure(word, 0, attrgetter("at"))
    if word == "most_frequent":
        return Measure(word, -1, _nothing)
    of_value: dict[str, Callable[[Any], Any]] = {
        "most_complete": attribute.complete, "highest_quality": attribute.quality, "longest": attribute.length,
        "maximum": size, "minimum": _negative_size,
    }  # fmt: skip
    return Measure(word, 1, of_value[word])


def _nothing(shown: Any) -> int:
    return 0


def _source_ranking(ranking: Sequence[str]) -> Callable[[Speaker], int]:
    # The first of the list has the greatest number; who is not in it has 0.
    place = ByOrigin(
        lambda origin: next((len(ranking) - i for i, name in enumerate(ranking) if matches(name, origin)), 0)
    )
    return lambda speaker: int(place[speaker.origin])


def _most_trusted(trust: dict[str, float], half_life: float | None) -> Callable[[Speaker], int]:
    """Trust that halves with age, without a clock: of two values the same one leads at every later instant, because
    both halve in the same time. So trust is worth time: half of it one half-life. In whole microseconds."""
    others = trust.get("others", min(trust.values()))

    def worth(origin: Origin) -> int:
        said = [value for name, value in trust.items() if name != "others" and matches(name, origin)]
        return round(math.log2(max(said, default=others)) * (half_life or 1) * _MICROSECONDS_A_DAY)

    bonus = ByOrigin(worth)
    if half_life is None:
        return lambda speaker: int(bonus[speaker.origin])
    return lambda speaker: int(bonus[speaker.origin]) + _microseconds(speaker.at)


_BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _microseconds(at: datetime) -> int:
    since = at - _BEGINNING
    return since.days * _MICROSECONDS_A_DAY + since.seconds * 1_000_000 + since.microseconds


def size(shown: Any) -> tuple[int, float] | None:
    """What minimum and maximum compare: numbers, and after them dates by their digits; None for what is neither."""
    if isinstance(shown, bool):
        return None
    if isinstance(shown, int | float):
        return (1, shown) if math.isfinite(shown) else None
    if isinstance(shown, str):
        if _NUMBER.fullmatch(shown):
            return 1, float(shown) if "." in shown else int(shown)
        if _DATE.fullmatch(shown):
            return 0, int("".join(c for c in shown if c.isdecimal())[:_DIGITS].ljust(_DIGITS, "0"))
    return None


def _negative_size(shown: Any) -> tuple[int, float] | None:
    found = size(shown)
    return found and (found[0], -found[1])


_LOST = {
    "source_ranking": "another source ranks higher",
    "most_trusted": "trusted less, for its source or its age",
    "most_complete": "less complete",
    "longest": "shorter",
    "highest_quality": "of lower quality: not verified, not well formed, or a dummy",
    "minimum": "greater",
    "maximum": "less",
}


def lost(word: str, loser: Speaker, winner: Speaker, votes: tuple[int, int] = (1, 1)) -> str:
    """Why the value of ``loser`` lost to that of ``winner`` by this word; ``votes`` of both where it is by these."""
    if word == "most_frequent":
        return f"said by fewer records ({votes[0]} against {votes[1]})"
    if word == RECENCY and loser.at == winner.at:
        return "as good in every way that the policy looks at: a fixed order of the records decided"
    if word in ("most_recent", RECENCY):
        return f"older ({loser.since[:10]} against {winner.since[:10]})"
    return _LOST[word]


def owned_by(owner: Sequence[str]) -> str:
    """``only erp may set this``"""
    return f"another system owns this attribute: only {' or '.join(map(_plain, owner))} may set it"


def _plain(name: str) -> str:
    form, _, rest = name.rpartition(":")
    return f"the system {rest}" if form == "system" or rest not in SOURCE_KINDS else f"systems of the kind {rest}"
