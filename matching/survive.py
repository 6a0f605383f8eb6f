"""Survivorship: the golden profile of a cluster, with where each value came from. Pure.

    Policy ─ compiled once per kind ─► Plan ─ one runner per attribute, group or collection
    members ─► Speakers ─► offers ─► the first step of the policy that applies ─► value, provenance
                                                                             └─► pins of stewards over it
    Survived
      ├─ profile     as the API shows it
      └─ provenance  attribute → record, source, rule, since, runners-up and why they lost

``matching.offers`` says what a record puts forward, ``matching.ranking`` what makes one value better than another,
``matching.pins`` what stewards set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from matching import pins
from matching.choice import Circumstances, Run, of_attribute, of_collection, of_group
from matching.offers import MANY, SINGLE, Speaker, attribute
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
    speakers = [Speaker(m.record, m.source_kind, m.occurred_at, m.order) for m in ordered]
    left_out = [
        gone for m, s in zip(ordered, speakers, strict=True) if m.ignored for gone in pins.leave_out(s, m.ignored)
    ]
    profile: dict[str, Any] = {"emails": [], "phones": [], "addresses": [], "identifiers": [], "attributes": {}}
    provenance: dict[str, Any] = {}
    about = Circumstances(speakers, kind) if plan.conditional else None
    for run in plan.runs:
        run(speakers, about, profile, provenance)
    keys = {key for s in speakers if s.record.attributes for key in s.record.attributes}
    for key in sorted(keys - plan.grouped) if keys else ():
        plan.free(key)(speakers, about, profile, provenance)
    if left_out:
        pins.tell(left_out, provenance)
    held = [(pin, s) for m, s in zip(ordered, speakers, strict=True) if m.pins for pin in m.pins]
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
        self.runs: list[Run] = []
        for name, single in SINGLE.items():
            if name not in grouped:
                self.runs.append(of_attribute(single, policy.attributes.get(name, _NEWEST)))
        for name, many in MANY.items():
            typed = {
                other.partition(".")[2]: steps
                for other, steps in policy.attributes.items()
                if other.startswith(f"{name}.")
            }
            self.runs.append(of_collection(many, policy.attributes.get(name, _ALL), typed))
        self.runs += map(of_group, policy.groups)
        every = [s for steps in policy.attributes.values() for s in steps]
        every += [s for group in policy.groups for s in group.steps]
        self.conditional = any(s.when is not None for s in every)
        self._named = {n: s for n, s in policy.attributes.items() if n.startswith("attributes.") and n[-1] != "*"}
        # The longest beginning that fits is the rule of an attribute.
        starred = [(n[:-1], s) for n, s in policy.attributes.items() if n.startswith("attributes.") and n[-1] == "*"]
        self._starred = sorted(starred, key=lambda rule: -len(rule[0]))
        self._free: dict[str, Run] = {}

    def free(self, key: str) -> Run:
        """The runner of the free attribute ``key``."""
        run = self._free.get(key)
        if run is None:
            name = f"attributes.{key}"
            found = self._named.get(name) or next((s for begin, s in self._starred if name.startswith(begin)), _NEWEST)
            run = of_attribute(attribute(key), found, key=key)
            if len(self._free) < _KEYS_KEPT:  # sources may make up keys without end
                self._free[key] = run
        return run


_compiled: WeakKeyDictionary[Policy, tuple[_Plan, _Plan]] = WeakKeyDictionary()


def _plans(policy: Policy) -> tuple[_Plan, _Plan]:
    """The plans for persons and for organisations."""
    plans = _compiled.get(policy)
    if plans is None:
        plans = _compiled[policy] = (_Plan(policy.persons), _Plan(policy.organisations))
    return plans
