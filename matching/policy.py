"""The policy: what a golden record takes from whom, as a versioned document that people review.

    Policy
      ├─ persons, organisations: KindPolicy
      │    ├─ attributes   attribute → steps          ``attributes.*`` for those that are not named
      │    └─ groups       attributes that survive together, from one record
      ├─ consent           read by ``matching.consent``
      └─ release           read by ``matching.release``

    Step: one rule of a fall-back chain
      ├─ when              of which golden records it speaks: kind, country, source
      ├─ owner, only, never whose values it looks at
      ├─ words             how one value is better than another, the most important first
      └─ ranking, trust    what the words source_ranking and most_trusted go by

The first step that applies and finds a value gives it. A step with an owner that applies is the last: nobody else may
set what has an owner. docs/survivorship.md has an example of everything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from matching.consentpolicy import ConsentPolicy
from matching.release import ReleasePolicy

FORMAT = 1
KINDS = ("person", "organisation")
SOURCE_KINDS = ("crm", "loyalty", "ecommerce", "pos", "erp", "marketing", "other")
# How one value is better than another; see ``matching.ranking``.
WORDS = (
    "source_ranking", "most_trusted", "most_recent", "most_frequent", "most_complete", "longest", "highest_quality",
    "minimum", "maximum",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """Of which golden records a step speaks; an empty tuple is no condition."""

    kind: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """``owner``, ``only``, ``never``, ``ranking`` and the names in ``trust`` are sources: the code of a source system
    or a kind of them (``erp``), or just one of both (``system:erp``, ``kind:erp``).

    ``trust`` has (source, 0 < trust ≤ 1), ``half_life`` in days: after so long a value counts half. ``collect`` keeps
    every distinct value, at most ``limit``; ``ignore`` keeps none.
    """

    words: tuple[str, ...] = ()
    when: When | None = None
    owner: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    ranking: tuple[str, ...] = ()
    trust: tuple[tuple[str, float], ...] = ()
    half_life: float | None = None
    collect: bool = False
    limit: int | None = None
    ignore: bool = False

    @property
    def label(self) -> str:
        """The rule as provenance names it."""
        if self.owner:
            return "owner"
        return "collect" if self.collect else "ignore" if self.ignore else self.words[0]


@dataclass(frozen=True, slots=True)
class Group:
    """``attributes`` that survive whole: all of them from one record."""

    name: str
    attributes: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class KindPolicy:
    attributes: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, eq=False)
class Policy:
    """Equal only to itself, so that what is compiled of it is found by it."""

    name: str
    persons: KindPolicy
    organisations: KindPolicy
    description: str = ""
    consent: ConsentPolicy = field(default_factory=ConsentPolicy)
    release: ReleasePolicy = field(default_factory=ReleasePolicy)

    def of(self, kind: str) -> KindPolicy:
        return self.organisations if kind == "organisation" else self.persons

    @staticmethod
    def read(text: str, *, sources: Collection[str] | None = None) -> Policy:
        """The policy in YAML or JSON ``text``; ``sources`` are the codes of the source systems that there are, where
        somebody knows them. Raises ``matching.policyfile.PolicyRefused``, which names every fault with its line."""
        from matching.policyread import read

        return read(text, sources=sources)


def shipped_text() -> str:
    """The policy that ships with the project, as YAML."""
    return files("matching").joinpath("policies/retail-1.yaml").read_text(encoding="utf-8")


@cache
def shipped() -> Policy:
    return Policy.read(shipped_text())
