"""Survivorship: the golden profile of a cluster, with where each value came from. Pure.

    Policy ─ compiled once per kind ─► Plan ─ one function per attribute, group or collection
    members ─► Speakers ─► offers ─► the first step of the policy that applies ─► value, provenance
                                                                             └─► pins of stewards over it
    Survived
      ├─ profile     as the API shows it
      └─ provenance  attribute → record, source, rule, since, runners-up and why they lost

``matching.offers`` says what a record puts forward, ``matching.ranking`` what makes one value better than another,
``matching.pins`` what stewards set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from matching import pins
from matching.choice import Settle, of_attribute, of_collection, of_group
from matching.chooser import Circumstances
from matching.offers import MANY, SINGLE, Offer, Speaker, attribute, attribute_offers
from matching.pins import Ignore, Pin
from matching.policy import KindPolicy, Policy, Step, shipped
from matching.records import CanonicalRecord

__all__ = ["DEFAULT", "Ignore", "Member", "Pin", "Policy", "Survived", "survive"]
DEFAULT = shipped()
_KEYS_KEPT = 4096
_NEWEST = (Step(words=("most_recent",)),)
_ALL = (Step(words=("most_frequent", "highest_quality", "most_recent"), collect=True),)


@dataclass(frozen=True, slots=True, repr=False)
class Member:
    """One record of the cluster. ``order`` breaks ties and is the same on every machine. ``pins`` and ``ignored`` are
    what stewards said of golden records that it is or was in."""

    record: CanonicalRecord
    source_kind: str
    occurred_at: datetime
    order: int
    pins: tuple[Pin, ...] = ()
    ignored: tuple[Ignore, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Survived:
    profile: dict[str, Any]
    provenance: dict[str, Any]


def survive(members: Sequence[Member], policy: Policy = DEFAULT) -> Survived:
    """The golden profile of ``members`` (at least one), the same for every order of them."""
    ordered = members if len(members) == 1 else sorted(members, key=_by_order)
    kind = ordered[0].record.kind
    plan = _plans(policy)[kind == "organisation"]
    speakers = []
    left_out: list[pins.LeftOut] = []
    held: list[tuple[Pin, Speaker]] = []
    for m in ordered:
        speaker = Speaker(m.record, m.source_kind, m.occurred_at, m.order)
        speakers.append(speaker)
        if m.ignored:
            left_out += pins.leave_out(speaker, m.ignored)
        if m.pins:
            held += [(pin, speaker) for pin in m.pins]
    profile: dict[str, Any] = {"emails": [], "phones": [], "addresses": [], "identifiers": [], "attributes": {}}
    provenance: dict[str, Any] = {}
    about = Circumstances(speakers, kind) if plan.conditional else None
    for offers_of, settle in plan.known:
        if offers := offers_of(speakers):
            settle(offers, about, profile, provenance)
    for key, offers in attribute_offers(speakers).items():
        if key not in plan.grouped:
            plan.free(key)(offers, about, profile, provenance)
    if left_out:
        pins.tell(left_out, provenance)
    if held:
        pins.put(held, profile, provenance)
    return Survived(profile, provenance)


def _by_order(member: Member) -> int:
    return member.order


class _Plan:
    """The policy for one kind, compiled. Free attributes are compiled when they are first met."""

    def __init__(self, policy: KindPolicy):
        grouped = {name for group in policy.groups for name in group.attributes}
        self.grouped = {name.partition(".")[2] for name in grouped if name.startswith("attributes.")}
        self.known: list[tuple[Callable[[Sequence[Speaker]], list[Offer]], Settle]] = []
        for name, single in SINGLE.items():
            if name not in grouped:
                self.known.append((single.offers, of_attribute(single, policy.attributes.get(name, _NEWEST))))
        for name, many in MANY.items():
            typed = {
                other.partition(".")[2]: steps
                for other, steps in policy.attributes.items()
                if other.startswith(f"{name}.")
            }
            self.known.append((many.offers, of_collection(many, policy.attributes.get(name, _ALL), typed)))
        self.known += map(of_group, policy.groups)
        every = [s for steps in policy.attributes.values() for s in steps]
        every += [s for group in policy.groups for s in group.steps]
        self.conditional = any(s.when is not None for s in every)
        self._named = {n: s for n, s in policy.attributes.items() if n.startswith("attributes.") and n[-1] != "*"}
        # The longest beginning that fits is the rule of an attribute.
        starred = [(n[:-1], s) for n, s in policy.attributes.items() if n.startswith("attributes.") and n[-1] == "*"]
        self._starred = sorted(starred, key=lambda rule: -len(rule[0]))
        self._free: dict[str, Settle] = {}

    def free(self, key: str) -> Settle:
        """How to settle the free attribute ``key``."""
        settle = self._free.get(key)
        if settle is None:
            name = f"attributes.{key}"
            found = self._named.get(name) or next((s for begin, s in self._starred if name.startswith(begin)), _NEWEST)
            settle = of_attribute(attribute(key), found, key=key)
            if len(self._free) < _KEYS_KEPT:  # sources may make up keys without end
                self._free[key] = settle
        return settle


@lru_cache(maxsize=16)
def _plans(policy: Policy) -> tuple[_Plan, _Plan]:
    """The plans for persons and for organisations."""
    return _Plan(policy.persons), _Plan(policy.organisations)
