"""The choice among what records put forward: the steps of an attribute compiled into one function.

of_attribute   one value wins, the others are its runners-up
of_collection  every distinct value is kept, the best first
of_group       one record wins, and gives all attributes of the group
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matching.chooser import MOST_RUNNERS_UP, NONE, Chooser, Circumstances, nobody, provenance, refusals, runner_up
from matching.offers import SINGLE, Attribute, Offer, Speaker, attribute
from matching.policy import Group, Step

Profile = dict[str, Any]
Provenance = dict[str, Any]
# Settles one attribute or several by what is offered (at least one offer).
Settle = Callable[[list[Offer], "Circumstances | None", Profile, Provenance], None]
_NO_SIZE = "no number and no date, of which the rule takes the least or the greatest"
_BEYOND = "beyond the number of values that the policy keeps"
# Names of so many values of a collection are made beforehand.
_PLACES = 16


def _pick(
    choosers: Sequence[Chooser], offers: list[Offer], about: Circumstances | None
) -> tuple[Chooser, list[Offer], list[Offer]]:
    """The first step that applies and looks at any of the offers, those it looks at, and the others."""
    chooser = choosers[0]
    for chooser in choosers:
        if chooser.when is not None and not chooser.applies(about):
            continue
        looked, others = chooser.sorted_out(offers)
        if looked or chooser.final:
            return chooser, looked, others
    return chooser, [], offers


def of_attribute(of: Attribute, steps: Sequence[Step], *, key: str | None = None) -> Settle:
    """For an attribute with one value; of a free attribute ``key`` is its name in ``profile["attributes"]``.

    One that collects gives the list of all values.
    """
    name, place = of.name, key or of.name
    choosers = [Chooser(step, of) for step in steps]
    plain, only = _is_plain(choosers), choosers[0]
    always = len(choosers) == 1 and only.when is None

    def settle(offers: list[Offer], about: Circumstances | None, profile: Profile, told: Provenance) -> None:
        chooser, others, beyond = only, NONE, NONE
        if not plain:
            if always:
                looked, others = only.sorted_out(offers)
            else:
                chooser, looked, others = _pick(choosers, offers, about)
            if not looked:
                why = chooser.refusal if others else _NO_SIZE
                told[name] = nobody(chooser.label, refusals(others or offers, why, of.same))
                return
            offers = looked
        into = profile if key is None else profile["attributes"]
        if chooser.collects:
            kept, beyond = chooser.distinct(offers)
            into[place] = [shown for _, shown in kept]
            for i, (speaker, _) in enumerate(kept):
                told[f"{name}[{i}]"] = provenance(speaker, chooser.label)
            where = f"{name}[0]"
        else:
            where = name
            if len(offers) == 1:
                speaker, into[place] = offers[0]
                told[name] = provenance(speaker, chooser.label)
            else:
                winner, losers = chooser.best(offers)
                speaker, into[place] = offers[winner]
                told[name] = provenance(speaker, chooser.label)
                if losers:
                    told[name]["runners_up"] = [runner_up(offers[i], reason) for i, reason in losers]
        if others or beyond:
            _add_refused(told[where], chooser, others, beyond, into[place])

    return settle


def _is_plain(choosers: Sequence[Chooser]) -> bool:
    """Whether there is one step, which applies to all and looks at all."""
    only = choosers[0]
    return len(choosers) == 1 and only.when is None and only.admitted is None and not only.extreme


def _add_refused(
    told: dict[str, Any], chooser: Chooser, others: Sequence[Offer], beyond: Sequence[Offer], shown: Any
) -> None:
    """Those who were not looked at, where they say something else."""
    kept = {chooser.same(value) for value in (shown if chooser.collects else [shown])}
    refused = refusals(beyond, _BEYOND, chooser.same) + refusals(others, chooser.refusal, chooser.same, kept)
    told["runners_up"] = [*told["runners_up"], *refused][:MOST_RUNNERS_UP]


def of_collection(of: Attribute, steps: Sequence[Step], typed: Mapping[str, Sequence[Step]]) -> Settle:
    """For e-mails, phones, addresses or identifiers. ``typed`` are the types with steps of their own: what they keep
    comes after the rest, type by type."""
    name, primary = of.name, of.name != "identifiers"
    choosers = [Chooser(step, of) for step in steps]
    by_type = {kind: [Chooser(step, of) for step in own] for kind, own in typed.items()}
    plain, only = _is_plain(choosers), choosers[0]
    places = [f"{name}[{place}]" for place in range(_PLACES)]

    def settle(offers: list[Offer], about: Circumstances | None, profile: Profile, told: Provenance) -> None:
        if plain and not by_type and len(offers) == 1:
            speaker, shown = offers[0]
            if primary:
                shown["primary"] = True
            profile[name] = [shown]
            told[places[0]] = provenance(speaker, only.label)
            return
        apart: dict[str, list[Offer]] = {}
        if by_type:
            rest: list[Offer] = []
            for offer in offers:
                kind = offer[1].get("type")
                (apart.setdefault(kind, []) if kind in by_type else rest).append(offer)
            offers = rest
        kept: list[Offer] = []
        labels: list[str] = []
        refused: list[dict[str, Any]] = []
        if not plain:
            _gather(choosers, offers, about, kept, labels, refused)
        elif offers:
            kept, beyond = only.distinct(offers)
            if beyond:
                refused = refusals(beyond, _BEYOND, of.same)
        if apart:
            kept = [*kept]
            labels = labels or [only.label] * len(kept)
            for kind, own in by_type.items():
                if kind in apart:
                    _gather(own, apart[kind], about, kept, labels, refused)
        profile[name] = [shown for _, shown in kept]
        for place, (speaker, shown) in enumerate(kept):
            label = labels[place] if labels else only.label
            told[places[place] if place < _PLACES else f"{name}[{place}]"] = provenance(speaker, label)
            if primary:
                shown["primary"] = not place  # made for this profile alone
        if refused:
            where = f"{name}[0]" if kept else name
            told.setdefault(where, nobody("collect", []))["runners_up"] = refused[:MOST_RUNNERS_UP]

    return settle


def _gather(
    choosers: Sequence[Chooser], offers: list[Offer], about: Circumstances | None, kept: list[Offer],
    labels: list[str], refused: list[dict[str, Any]],
) -> None:  # fmt: skip
    """Add what these steps keep of the offers, with the rule of each, and what they refuse."""
    if not offers:
        return
    chooser, looked, others = _pick(choosers, offers, about)
    best, beyond = chooser.distinct(looked)
    kept += best
    labels += [chooser.label] * len(best)
    if beyond:
        refused += refusals(beyond, _BEYOND, chooser.same)
    if others:
        refused += refusals(others, chooser.refusal, chooser.same, {chooser.same(shown) for _, shown in best})


def of_group(group: Group) -> tuple[Callable[[Sequence[Speaker]], list[Offer]], Settle]:
    """For attributes that survive together: the record that wins gives all that it says of them, and what it does not
    say stays empty. Gives what is offered, too: the attributes of the group that a record says, by their names."""
    members = [SINGLE.get(name) or attribute(name.partition(".")[2]) for name in group.attributes]

    def offered(speakers: Sequence[Speaker]) -> list[Offer]:
        found: dict[Speaker, dict[str, Any]] = {}
        for member in members:
            for speaker, shown in member.offers(speakers):
                found.setdefault(speaker, {})[member.name] = shown
        return [(speaker, found[speaker]) for speaker in speakers if speaker in found] if found else NONE

    whole = Attribute(
        group.name,
        offered,
        lambda shown: "\n".join(f"{m.name} {m.same(shown[m.name])}" for m in members if m.name in shown),
        len,
        lambda shown: sum(m.quality(shown[m.name]) for m in members if m.name in shown),
        lambda shown: sum(m.length(shown[m.name]) for m in members if m.name in shown),
    )
    choosers = [Chooser(step, whole) for step in group.steps]
    together = f"it belongs to {group.name}, which another record gives whole"

    def settle(offers: list[Offer], about: Circumstances | None, profile: Profile, told: Provenance) -> None:
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
                told[name]["runners_up"] = [runner_up(offer, why) for offer, why in others_][:MOST_RUNNERS_UP]

    return offered, settle
