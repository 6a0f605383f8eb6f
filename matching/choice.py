"""The choice among what records put forward: each attribute's steps compiled into one function.

of_attribute   one value wins, the others are its runners-up
of_collection  every distinct value is kept, the best first
of_group       one record wins, and gives all attributes of the group
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from matching.offers import SINGLE, Attribute, Offer, Speaker, attribute
from matching.policy import Group, Step, When
from matching.ranking import admits, columns, lost, matches, measurable, owned_by

Profile = dict[str, Any]
Provenance = dict[str, Any]
Run = Callable[[Sequence[Speaker], "Circumstances | None", Profile, Provenance], None]
_MOST_RUNNERS_UP = 5
_NONE: list[Offer] = []
_NOT_LOOKED_AT = "the policy does not take this value from this source"
_IGNORED = "the policy ignores this attribute"
_NO_SIZE = "no number and no date, of which the rule takes the least or the greatest"
_BEYOND = "beyond the number of values that the policy keeps"


class Circumstances:
    """What conditions ask of a golden record. ``country`` is the one that most of its records name; of several the one
    named last."""

    def __init__(self, speakers: Sequence[Speaker], kind: str):
        self.kind = kind
        self._speakers = speakers

    @cached_property
    def country(self) -> str | None:
        votes = Counter(s.country for s in self._speakers if s.country)
        best = max(((votes[s.country], s.at, -s.order, s.country) for s in self._speakers if s.country), default=None)
        return best[3] if best else None

    def meets(self, when: When) -> bool:
        """Whether every condition holds."""
        return (
            (not when.kind or self.kind in when.kind)
            and (not when.country or self.country in when.country)
            and (not when.source or any(matches(n, s.origin) for n in when.source for s in self._speakers))
        )


class _Chooser:
    """One step, compiled for one attribute."""

    __slots__ = ("admits", "collects", "columns", "extreme", "final", "label", "limit", "of", "refusal", "same", "when",
                 "words")  # fmt: skip

    def __init__(self, step: Step, of: Attribute):
        self.when, self.label, self.limit = step.when, step.label, step.limit
        self.admits = admits(step) if not step.ignore else lambda origin: False
        self.final = bool(step.owner) or step.ignore
        self.refusal = _IGNORED if step.ignore else owned_by(step.owner) if step.owner else _NOT_LOOKED_AT
        self.extreme = "minimum" in step.words or "maximum" in step.words
        self.collects = step.collect
        self.of, self.same = of, of.same
        compiled = columns(step, of)
        self.words = tuple(word for word, _ in compiled)
        self.columns = tuple(column for _, column in compiled)

    def applies(self, about: Circumstances | None) -> bool:
        return self.when is None or (about is not None and about.meets(self.when))

    def sorted_out(self, offers: list[Offer]) -> tuple[list[Offer], list[Offer]]:
        """The offers that this step looks at, and the others."""
        looked, others = offers, []
        if self.admits is not None:
            looked = [offer for offer in offers if self.admits(offer[0].origin)]
            if len(looked) < len(offers):
                others = [offer for offer in offers if not self.admits(offer[0].origin)]
        if self.extreme:
            sized = [offer for offer in looked if measurable(offer[1]) is not None]
            # A step that finds no size finds nothing: the next one of the chain is asked.
            looked = sized
        return looked, others

    def best(self, offers: list[Offer]) -> tuple[int, list[tuple[int, str]]]:
        """The place of the winner, and of those with another value why they lost, the nearest first."""
        if len(offers) == 1:
            return 0, []
        sames = [self.same(shown) for _, shown in offers]
        left: Sequence[int] = range(len(offers))
        made: list[Sequence[Any]] = []
        for column_of in self.columns:
            column = column_of(offers, sames)
            made.append(column)
            top = max(column) if len(left) == len(offers) else max([column[i] for i in left])
            left = [i for i in left if column[i] == top]
            if len(left) == 1:
                break
        winner = left[0]
        same = sames[winner]
        losers = [i for i, other in enumerate(sames) if other != same]
        if len(losers) > 1:
            losers.sort(key=lambda i: (*[c[i] for c in made], offers[i][0].at, -offers[i][0].order), reverse=True)
            del losers[_MOST_RUNNERS_UP:]
        return winner, [(i, self._why(offers, made, i, winner)) for i in losers]

    def _why(self, offers: list[Offer], made: list[Sequence[Any]], place: int, winner: int) -> str:
        for word, column in zip(self.words, made, strict=False):
            if column[place] != column[winner]:
                return lost(word, offers, column, place, winner)
        return lost("", offers, (), place, winner)

    def distinct(self, offers: list[Offer]) -> tuple[list[Offer], list[Offer]]:
        """Every distinct value once, by the record that says it best, the best first; and those beyond the limit."""
        if len(offers) < 2:
            return offers, []
        sames = [self.same(shown) for _, shown in offers]
        keys = list(zip(*[column_of(offers, sames) for column_of in self.columns], strict=True))
        best: dict[str, int] = {}
        for place, same in enumerate(sames):
            held = best.get(same)
            if held is None or keys[place] > keys[held]:
                best[same] = place
        places = list(best.values())
        if len(places) > 1:
            places.sort(key=keys.__getitem__, reverse=True)
        kept = [offers[place] for place in places]
        if not self.collects:
            return kept[:1], kept[1:]
        return (kept, []) if self.limit is None else (kept[: self.limit], kept[self.limit :])


def provenance(speaker: Speaker, rule: str) -> dict[str, Any]:
    return {"record": speaker.address, "source": speaker.origin[0], "rule": rule, "since": speaker.since,
            "runners_up": []}  # fmt: skip


def runner_up(offer: Offer, why: str) -> dict[str, Any]:
    return {"record": offer[0].address, "value": offer[1], "lost_because": why}


def _refusals(
    offers: Sequence[Offer], why: str, same: Callable[[Any], str], kept: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Each value of these offers that is not among those kept, once, the newest first."""
    known = {*kept}
    found = []
    for offer in sorted(offers, key=lambda offer: (offer[0].at, -offer[0].order), reverse=True):
        if (said := same(offer[1])) not in known:
            known.add(said)
            found.append(runner_up(offer, why))
    return found


def nobody(rule: str, runners_up: list[dict[str, Any]]) -> dict[str, Any]:
    """Provenance of an attribute that has values but no golden one: nobody who may set it says anything."""
    return {"record": None, "source": None, "rule": rule, "since": None, "runners_up": runners_up[:_MOST_RUNNERS_UP]}


def _pick(
    choosers: Sequence[_Chooser], offers: list[Offer], about: Circumstances | None
) -> tuple[_Chooser, list[Offer], list[Offer]]:
    """The first step that applies and looks at any of the offers, those it looks at, and the others."""
    chooser = choosers[0]
    for chooser in choosers:
        if chooser.when is not None and not chooser.applies(about):
            continue
        looked, others = chooser.sorted_out(offers)
        if looked or chooser.final:
            return chooser, looked, others
    return chooser, [], offers


def of_attribute(of: Attribute, steps: Sequence[Step], *, key: str | None = None) -> Run:
    """A runner for an attribute with one value; of a free attribute ``key`` is its name in ``profile["attributes"]``.

    One that collects gives the list of all values.
    """
    name, said, place = of.name, of.said, key or of.name
    choosers = [_Chooser(step, of) for step in steps]
    plain = len(choosers) == 1 and choosers[0].when is None and choosers[0].admits is None and not choosers[0].extreme
    only = choosers[0]

    def run(speakers: Sequence[Speaker], about: Circumstances | None, profile: Profile, told: Provenance) -> None:
        offers = [(s, shown) for s in speakers if (shown := said(s)) is not None]
        if not offers:
            return
        chooser, others, beyond = only, _NONE, _NONE
        if not plain:
            chooser, offers_, others = _pick(choosers, offers, about)
            if not offers_:
                why = chooser.refusal if others else _NO_SIZE
                told[name] = nobody(chooser.label, _refusals(others or offers, why, of.same))
                return
            offers = offers_
        into = profile if key is None else profile["attributes"]
        if chooser.collects:
            kept, beyond = chooser.distinct(offers)
            into[place] = [shown for _, shown in kept]
            for i, (speaker, _) in enumerate(kept):
                told[f"{name}[{i}]"] = provenance(speaker, chooser.label)
            where = f"{name}[0]"
        else:
            winner, losers = chooser.best(offers)
            speaker, into[place] = offers[winner]
            told[name] = provenance(speaker, chooser.label)
            if losers:
                told[name]["runners_up"] = [runner_up(offers[i], reason) for i, reason in losers]
            where = name
        if others or beyond:
            _add_refused(told[where], chooser, others, beyond, into[place])

    return run


def _add_refused(
    told: dict[str, Any], chooser: _Chooser, others: Sequence[Offer], beyond: Sequence[Offer], shown: Any
) -> None:
    """Those who were not looked at, where they say something else."""
    kept = {chooser.same(value) for value in (shown if chooser.collects else [shown])}
    refused = _refusals(beyond, _BEYOND, chooser.same) + _refusals(others, chooser.refusal, chooser.same, kept)
    told["runners_up"] = [*told["runners_up"], *refused][:_MOST_RUNNERS_UP]


def of_collection(of: Attribute, steps: Sequence[Step], typed: Mapping[str, Sequence[Step]]) -> Run:
    """A runner for e-mails, phones, addresses or identifiers. ``typed`` are the types with steps of their own: what
    they keep comes after the rest, type by type."""
    name, all_said, first = of.name, of.said, of.name != "identifiers"
    choosers = [_Chooser(step, of) for step in steps]
    by_type = {kind: [_Chooser(step, of) for step in own] for kind, own in typed.items()}
    plain = len(choosers) == 1 and choosers[0].when is None and choosers[0].admits is None
    only = choosers[0]

    def run(speakers: Sequence[Speaker], about: Circumstances | None, profile: Profile, told: Provenance) -> None:
        offers = [(s, shown) for s in speakers for shown in all_said(s)]
        if not offers:
            return
        apart: dict[str, list[Offer]] = {}
        if by_type:
            rest: list[Offer] = []
            for offer in offers:
                kind = offer[1].get("type")
                (apart.setdefault(kind, []) if kind in by_type else rest).append(offer)
            offers = rest
        kept: list[tuple[Offer, str]] = []
        refused: list[dict[str, Any]] = []
        if plain:
            if offers:
                best, beyond = only.distinct(offers)
                label = only.label
                kept = [(offer, label) for offer in best]
                refused = _refusals(beyond, _BEYOND, of.same) if beyond else []
        else:
            _gather(choosers, offers, about, kept, refused)
        for kind in by_type if apart else ():
            if kind in apart:
                _gather(by_type[kind], apart[kind], about, kept, refused)
        if first:
            profile[name] = [{**offer[1], "primary": not place} for place, (offer, _) in enumerate(kept)]
        else:
            profile[name] = [offer[1] for offer, _ in kept]
        for place, (offer, label) in enumerate(kept):
            told[f"{name}[{place}]"] = provenance(offer[0], label)
        if refused:
            where = f"{name}[0]" if kept else name
            told.setdefault(where, nobody("collect", []))["runners_up"] = refused[:_MOST_RUNNERS_UP]

    return run


def _gather(
    choosers: Sequence[_Chooser], offers: list[Offer], about: Circumstances | None, kept: list[tuple[Offer, str]],
    refused: list[dict[str, Any]],
) -> None:  # fmt: skip
    if not offers:
        return
    chooser, looked, others = _pick(choosers, offers, about)
    best, beyond = chooser.distinct(looked)
    kept += [(offer, chooser.label) for offer in best]
    known = {chooser.same(shown) for _, shown in best}
    refused += _refusals(beyond, _BEYOND, chooser.same) + _refusals(others, chooser.refusal, chooser.same, known)


def of_group(group: Group) -> Run:
    """A runner for attributes that survive together: the record that wins gives all that it says of them, and what it
    does not say stays empty."""
    members = [SINGLE.get(name) or attribute(name.partition(".")[2]) for name in group.attributes]
    whole = Attribute(
        group.name,
        lambda speaker: {m.name: shown for m in members if (shown := m.said(speaker)) is not None} or None,
        lambda shown: "\n".join(f"{m.name} {m.same(shown[m.name])}" for m in members if m.name in shown),
        len,
        lambda shown: sum(m.quality(shown[m.name]) for m in members if m.name in shown),
        lambda shown: sum(m.length(shown[m.name]) for m in members if m.name in shown),
    )
    choosers = [_Chooser(step, whole) for step in group.steps]
    together = f"it belongs to {group.name}, which another record gives whole"

    def run(speakers: Sequence[Speaker], about: Circumstances | None, profile: Profile, told: Provenance) -> None:
        offers = [(s, shown) for s in speakers if (shown := whole.said(s)) is not None]
        if not offers:
            return
        chooser, looked, others = _pick(choosers, offers, about)
        won: dict[str, Any] = {}
        losers = [(offer, chooser.refusal) for offer in others]
        if looked:
            winner, beaten = chooser.best(looked)
            speaker, won = looked[winner]
            losers = [(looked[i], why) for i, why in beaten] + losers
        for member in members:
            name = member.name
            others_ = [((s, shown[name]), why) for (s, shown), why in losers if name in shown]
            if name in won:
                into = profile if name in SINGLE else profile["attributes"]
                into[name.removeprefix("attributes.")] = won[name]
                told[name] = {**provenance(speaker, chooser.label), "group": group.name}
                same = member.same(won[name])
                others_ = [(offer, why) for offer, why in others_ if member.same(offer[1]) != same]
            elif others_:
                told[name] = {**nobody(chooser.label, []), "group": group.name}
                others_ = [(offer, together if looked else why) for offer, why in others_]
            if others_:
                told[name]["runners_up"] = [runner_up(offer, why) for offer, why in others_][:_MOST_RUNNERS_UP]

    return run
