"""What makes one value better than another: each word of a rule as a column of numbers over the values put forward,
and in plain words why a value lost by it.

A column is made for all offers of one attribute at once; the greatest wins. The last two columns of every rule are the
source time and the order of the record (a hash of its address), so that nothing is left to chance.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from matching.offers import Attribute, Offer
from matching.policy import SOURCE_KINDS, Step

Origin = tuple[str, str]  # code of a source system, its kind
Column = Callable[[Sequence[Offer], Sequence[str]], Sequence[Any]]
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


def admits(step: Step) -> Callable[[Origin], bool] | None:
    """Whether a step looks at what a source says; None where it looks at all."""
    wanted, never = step.owner or step.only, step.never
    if not wanted and not never:
        return None
    known: dict[Origin, bool] = {}

    def ask(origin: Origin) -> bool:
        answer = known.get(origin)
        if answer is None:
            answer = (not wanted or any(matches(n, origin) for n in wanted)) and not any(
                matches(n, origin) for n in never
            )
            known[origin] = answer
        return answer

    return ask


def columns(step: Step, attribute: Attribute) -> tuple[tuple[str, Column], ...]:
    """The words of a step as columns, and the two that settle every tie."""
    words = [(word, _column(word, step, attribute)) for word in step.words]
    if "most_recent" not in step.words:
        words.append(("most_recent", _most_recent))
    return (*words, ("", _order))


def _column(word: str, step: Step, attribute: Attribute) -> Column:
    if word == "source_ranking":
        return _source_ranking(step.ranking)
    if word == "most_trusted":
        return _most_trusted(dict(step.trust), step.half_life)
    if word in ("minimum", "maximum"):
        return _extreme(-1 if word == "minimum" else 1)
    measure = {"most_complete": attribute.complete, "highest_quality": attribute.quality, "longest": attribute.length}
    return _measured(measure[word]) if word in measure else _most_recent if word == "most_recent" else _most_frequent


def _most_recent(offers: Sequence[Offer], sames: Sequence[str]) -> list[datetime]:
    return [speaker.at for speaker, _ in offers]


def _order(offers: Sequence[Offer], sames: Sequence[str]) -> list[int]:
    return [-speaker.order for speaker, _ in offers]


def _most_frequent(offers: Sequence[Offer], sames: Sequence[str]) -> list[int]:
    if len(sames) < 16:
        return [sames.count(same) for same in sames]
    votes = Counter(sames)
    return [votes[same] for same in sames]


def _measured(measure: Callable[[Any], int]) -> Column:
    return lambda offers, sames: [measure(shown) for _, shown in offers]


def _source_ranking(ranking: Sequence[str]) -> Column:
    known: dict[Origin, int] = {}

    def place(origin: Origin) -> int:
        """The first of the list has the greatest number; who is not in it has 0."""
        found = next((len(ranking) - i for i, name in enumerate(ranking) if matches(name, origin)), 0)
        known[origin] = found
        return found

    def column(offers: Sequence[Offer], sames: Sequence[str]) -> list[int]:
        return [known[s.origin] if s.origin in known else place(s.origin) for s, _ in offers]

    return column


def _most_trusted(trust: dict[str, float], half_life: float | None) -> Column:
    """Trust that halves with age, without a clock: of two values the same one leads at every later instant, because
    both halve in the same time. So trust is worth time: half of it one half-life. In whole microseconds."""
    others = trust.get("others", min(trust.values()))
    known: dict[Origin, int] = {}

    def worth(origin: Origin) -> int:
        said = [value for name, value in trust.items() if name != "others" and matches(name, origin)]
        share = math.log2(max(said, default=others))
        found = round(share * (half_life or 1) * _MICROSECONDS_A_DAY)
        known[origin] = found
        return found

    def column(offers: Sequence[Offer], sames: Sequence[str]) -> list[int]:
        bonus = [known[s.origin] if s.origin in known else worth(s.origin) for s, _ in offers]
        if half_life is None:
            return bonus
        return [b + _microseconds(s.at) for b, (s, _) in zip(bonus, offers, strict=True)]

    return column


_BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _microseconds(at: datetime) -> int:
    since = at - _BEGINNING
    return since.days * _MICROSECONDS_A_DAY + since.seconds * 1_000_000 + since.microseconds


def measurable(shown: Any) -> tuple[int, Any] | None:
    """What minimum and maximum compare: numbers before dates; None for what is neither."""
    if isinstance(shown, bool):
        return None
    if isinstance(shown, int | float):
        return (1, shown) if math.isfinite(shown) else None
    if isinstance(shown, str):
        if _NUMBER.fullmatch(shown):
            return 1, float(shown) if "." in shown else int(shown)
        return (0, shown) if _DATE.fullmatch(shown) else None
    return None


def _extreme(sign: int) -> Column:
    """Numbers by size, dates by time. Of both together the numbers win; what is neither was left out before."""

    def column(offers: Sequence[Offer], sames: Sequence[str]) -> list[tuple[int, int]]:
        keys = [measurable(shown) or (-1, 0) for _, shown in offers]
        rank = {key: place for place, key in enumerate(sorted({*keys}))}
        return [(key[0], sign * rank[key]) for key in keys]

    return column


_LOST = {
    "source_ranking": "another source ranks higher",
    "most_trusted": "trusted less, for its source or its age",
    "most_recent": "older",
    "most_complete": "less complete",
    "longest": "shorter",
    "highest_quality": "of lower quality: not verified, not well formed, or a dummy",
    "minimum": "greater",
    "maximum": "less",
    "": "as good in every way that the policy looks at: a fixed order of the records decided",
}


def lost(word: str, offers: Sequence[Offer], column: Sequence[Any], place: int, winner: int) -> str:
    """Why the offer at ``place`` lost to the one at ``winner`` by this word."""
    if word == "most_frequent":
        return f"said by fewer records ({column[place]} against {column[winner]})"
    if word == "most_recent":
        return f"older ({offers[place][0].since[:10]} against {offers[winner][0].since[:10]})"
    return _LOST[word]


def owned_by(owner: Sequence[str]) -> str:
    """``only erp may set this``"""
    return f"another system owns this attribute: only {' or '.join(map(_plain, owner))} may set it"


def _plain(name: str) -> str:
    form, _, rest = name.rpartition(":")
    return f"the system {rest}" if form == "system" or rest not in SOURCE_KINDS else f"systems of the kind {rest}"
