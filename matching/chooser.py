"""One step of a policy, compiled for one attribute: whose values it looks at, which wins, and why others lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from matching.offers import Attribute, Offer, Speaker
from matching.policy import Step, When
from matching.ranking import admitted, lost, matches, measures, owned_by, size

MOST_RUNNERS_UP = 5
NONE: list[Offer] = []
_NOT_LOOKED_AT = "the policy does not take this value from this source"
_IGNORED = "the policy ignores this attribute"


class Circumstances:
    """What conditions ask of a golden record. ``country`` is the one that most of its records name; of several the one
    named last."""

    def __init__(self, speakers: Sequence[Speaker], kind: str):
        self.kind = kind
        self._speakers = speakers
        self._country: str | None = ""  # not asked for yet

    @property
    def country(self) -> str | None:
        """ISO 3166-1 alpha-2; None where no record names one."""
        if self._country == "":
            self._country = self._asked()
        return self._country

    def _asked(self) -> str | None:
        named = [s for s in self._speakers if s.country]
        if not named:
            return None
        countries = [s.country for s in named]
        if countries.count(countries[0]) == len(countries):
            return countries[0]
        return max((countries.count(s.country), s.recency, s.country or "") for s in named)[2]

    def meets(self, when: When) -> bool:
        """Whether every condition holds."""
        return (
            (not when.kind or self.kind in when.kind)
            and (not when.country or self.country in when.country)
            and (not when.source or any(matches(n, s.origin) for n in when.source for s in self._speakers))
        )


class Chooser:
    """One step, compiled for one attribute."""

    __slots__ = (
        "admitted", "collects", "extreme", "final", "label", "limit", "measures", "refusal", "same", "when",
    )  # fmt: skip

    def __init__(self, step: Step, of: Attribute):
        self.when, self.label, self.limit = step.when, step.label, step.limit
        self.admitted = admitted(step)
        self.final = bool(step.owner) or step.ignore
        self.refusal = _IGNORED if step.ignore else owned_by(step.owner) if step.owner else _NOT_LOOKED_AT
        self.extreme = "minimum" in step.words or "maximum" in step.words
        self.collects = step.collect
        self.same = of.same
        self.measures = measures(step, of)

    def applies(self, about: Circumstances | None) -> bool:
        return self.when is None or (about is not None and about.meets(self.when))

    def sorted_out(self, offers: list[Offer]) -> tuple[list[Offer], list[Offer]]:
        """The offers that this step looks at, and the others."""
        looked, others, admitted = offers, NONE, self.admitted
        if admitted is None:
            pass
        elif len(offers) == 1:
            looked, others = (offers, NONE) if admitted[offers[0][0].origin] else (NONE, offers)
        else:
            looked = [offer for offer in offers if admitted[offer[0].origin]]
            if len(looked) < len(offers):
                others = [offer for offer in offers if not admitted[offer[0].origin]]
        if self.extreme:
            # A step that finds no size finds nothing: the next one of the chain is asked.
            looked = [offer for offer in looked if size(offer[1]) is not None]
        return looked, others

    def best(self, offers: list[Offer]) -> tuple[int, Sequence[tuple[int, str]]]:
        """The place of the winner, and of those with another value why they lost, the nearest first."""
        if len(offers) == 2:
            winner, word = self._better(*offers)
            loser = 1 - winner
            if self.same(offers[0][1]) == self.same(offers[1][1]):
                return winner, ()
            return winner, ((loser, lost(word, offers[loser][0], offers[winner][0])),)
        same_of = self.same
        sames = [same_of(shown) for _, shown in offers]
        left: Sequence[int] = ()
        made: list[list[Any]] = []
        for measure in self.measures:
            column = measure.column(offers, sames)
            made.append(column)
            if not left:
                top = max(column)
                if column.count(top) == 1:
                    left = (column.index(top),)
                    break
                left = [i for i, value in enumerate(column) if value == top]
            else:
                top = max([column[i] for i in left])
                left = [i for i in left if column[i] == top]
                if len(left) == 1:
                    break
        winner = left[0]
        same = sames[winner]
        losers = [i for i, other in enumerate(sames) if other != same]
        if len(losers) > 1:
            losers.sort(key=lambda i: (*[c[i] for c in made], offers[i][0].recency), reverse=True)
            del losers[MOST_RUNNERS_UP:]
        return winner, [(i, self._why(offers, made, i, winner)) for i in losers]

    def _better(self, one: Offer, two: Offer) -> tuple[int, str]:
        """Which of two offers wins (0 or 1), and by which word. Each of two values is said as often as the other."""
        for word, on, of in self.measures:
            if on >= 0:
                first, second = of(one[on]), of(two[on])
                if first != second:
                    return (0 if first > second else 1), word
        return 0, ""  # one record says both: the first that it says

    def _why(self, offers: list[Offer], made: list[list[Any]], place: int, winner: int) -> str:
        for measure, column in zip(self.measures, made, strict=False):
            if column[place] != column[winner]:
                votes = (column[place], column[winner])
                return lost(measure.word, offers[place][0], offers[winner][0], votes)
        raise AssertionError("A loser differs in what it lost by.")

    def distinct(self, offers: list[Offer]) -> tuple[list[Offer], list[Offer]]:
        """Every distinct value once, by the record that says it best, the best first; and those beyond the limit."""
        if len(offers) == 2:
            one, two = offers
            first = self._better(one, two)[0] == 0
            if self.same(one[1]) == self.same(two[1]):
                kept = [one if first else two]
            else:
                kept = offers if first else [two, one]
        elif len(offers) > 2:
            kept = self._distinct(offers)
        else:
            kept = offers
        if not self.collects:
            return kept[:1], kept[1:]
        return (kept, NONE) if self.limit is None else (kept[: self.limit], kept[self.limit :])

    def _distinct(self, offers: list[Offer]) -> list[Offer]:
        same_of = self.same
        sames = [same_of(shown) for _, shown in offers]
        keys = list(zip(*[measure.column(offers, sames) for measure in self.measures], strict=True))
        best: dict[str, int] = {}
        for place, same in enumerate(sames):
            held = best.get(same)
            if held is None or keys[place] > keys[held]:
                best[same] = place
        places = list(best.values())
        if len(places) > 1:
            places.sort(key=keys.__getitem__, reverse=True)
        return [offers[place] for place in places]


def provenance(speaker: Speaker, rule: str) -> dict[str, Any]:
    return {"record": speaker.address, "source": speaker.origin[0], "rule": rule, "since": speaker.since,
            "runners_up": []}  # fmt: skip


def runner_up(offer: Offer, why: str) -> dict[str, Any]:
    return {"record": offer[0].address, "value": offer[1], "lost_because": why}


def _recency(offer: Offer) -> Any:
    return offer[0].recency


def refusals(
    offers: Sequence[Offer], why: str, same: Callable[[Any], str], kept: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Each value of these offers that is not among those kept, once, the newest first."""
    known = {*kept}
    found = []
    for offer in sorted(offers, key=_recency, reverse=True):
        if (said := same(offer[1])) not in known:
            known.add(said)
            found.append(runner_up(offer, why))
    return found


def nobody(rule: str, runners_up: list[dict[str, Any]]) -> dict[str, Any]:
    """Provenance of an attribute that has values but no golden one: nobody who may set it says anything."""
    return {"record": None, "source": None, "rule": rule, "since": None, "runners_up": runners_up[:MOST_RUNNERS_UP]}
