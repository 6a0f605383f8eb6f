"""The match model: everything that a decision depends on beside the records, as versioned data.

    MatchModel
      ├─ rules[BlockingRule(name, cap)]
      ├─ comparisons[Comparison]
      │     ├─ levels (a missing value is no level: it weighs nothing)
      │     ├─ probabilities{class: P(level | class)}
      │     └─ chance: classes in which an equal value is a coincidence, so that its frequency counts
      ├─ rates{class: share of all pairs of the population}
      ├─ learned: Learned, or none where no judgement taught anything
      ├─ frequencies{attribute: Frequencies}
      ├─ cut, potential, edge floor, limit (milli-bits)
      └─ placeholders, shared contact points (fingerprints)

Classes are strangers, namesakes, members of one household, namesake relatives (father and son), and matches.
A match weight is log2 of match against all the others together, in milli-bits (1000 milli-bits = 1 bit).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from matching import defaults

CLASSES = ("stranger", "namesake", "household", "relative", "match")
MATCH = CLASSES.index("match")
FORMAT = 1
SMALLEST = 1e-9
# An attribute that is so much likelier equal for one customer than for two (milli-bits) identifies.
IDENTIFYING_MB = 10_000
# Where the line bends on which judgements may lay the unlabelled weight (milli-bits).
BEND = 4000


class ModelError(ValueError):
    """The match model cannot be used: the message names what is wrong."""


def milli_bits(probability: float) -> int:
    """log2 of a probability or odds in milli-bits.

    >>> milli_bits(0.5), milli_bits(8)
    (-1000, 3000)
    """
    return round(1000 * math.log2(max(probability, SMALLEST * SMALLEST)))


def probability(weight_mb: float) -> float:
    """The match probability that a weight of ``weight_mb`` milli-bits stands for.

    >>> probability(0), round(probability(10_000), 4)
    (0.5, 0.999)
    """
    return float(1.0 / (1.0 + 2.0 ** (-max(min(weight_mb, 60_000), -60_000) / 1000)))


@dataclass(frozen=True)
class BlockingRule:
    """A way to find candidates; a key that more than ``cap`` records hold brings nothing."""

    name: str
    cap: int


@dataclass(frozen=True)
class Comparison:
    attribute: str
    levels: tuple[str, ...]
    probabilities: Mapping[str, tuple[float, ...]]
    chance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frequencies:
    """How common values are: ``countries`` maps a country code (``""``: everywhere) to shares of values.

    ``tail`` is the expected share of a value in no table, ``collision`` the chance that two strangers agree.
    """

    tail: float
    collision: float
    countries: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def adjustment(self, value: str, country: str) -> int:
        """log2 of the value's share against the average of agreeing pairs, in milli-bits."""
        table = self.countries.get(country) or self.countries.get("") or {}
        return milli_bits(table.get(value, self.tail) / self.collision)

    @cached_property
    def adjustments(self) -> Mapping[str, Mapping[str, int]]:
        """For each country its values and their ``adjustment``, worked out once for all tables that are compared."""
        return {
            country: {
                value: self.adjustment(value, country) for value in (table or self.countries.get("") or {})
            }
            for country, table in self.countries.items()
        }  # fmt: skip

    @cached_property
    def named(self) -> frozenset[str]:
        """Every value of every country."""
        return frozenset().union(*self.countries.values())


@dataclass(frozen=True)
class Learned:
    """What judgements taught: the weight is the unlabelled one on a bent line, plus corrections.

    ``slopes_pm``: per mille below −``BEND`` milli-bits, between, and above; ``corrections_mb`` for each level of a
    comparison, "missing" last (milli-bits).
    """

    intercept_mb: int
    slopes_pm: tuple[int, int, int]
    corrections_mb: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, repr=False)
class MatchModel:
    name: str
    population: int
    rates: Mapping[str, float]
    comparisons: tuple[Comparison, ...]
    rules: tuple[BlockingRule, ...]
    frequencies: Mapping[str, Frequencies]
    placeholders: Mapping[str, tuple[str, ...]]
    kind: str = "person"
    cut_mb: int = 0
    potential_mb: int = -3000
    limit_mb: int = 12_000
    shared_contacts: frozenset[int] = frozenset()
    learned: Learned | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"MatchModel({self.name}, population={self.population})"

    @property
    def edge_floor_mb(self) -> int:
        """Edges below are not stored: they could neither join, nor hold a part together (see ``matching.parts``), nor
        be worth a steward's look."""
        return min(self.potential_mb, self.cut_mb, 0)

    @cached_property
    def rates_mb(self) -> np.ndarray:
        return np.array([milli_bits(self.rates[c]) for c in CLASSES], dtype=np.int32)

    @cached_property
    def prior_mb(self) -> int:
        """log2 odds that two records of the population, taken blindly, are one customer."""
        match = self.rates["match"]
        return milli_bits(match / max(1.0 - match, SMALLEST))

    @cached_property
    def index(self) -> dict[str, int]:
        return {c.attribute: i for i, c in enumerate(self.comparisons)}

    @cached_property
    def rule_names(self) -> tuple[str, ...]:
        return tuple(rule.name for rule in self.rules)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Attributes beyond the canonical ones that are evidence under this model."""
        return tuple(c.attribute.partition(":")[2] for c in self.comparisons if c.attribute.startswith("attribute:"))

    @cached_property
    def identifying(self) -> tuple[str, ...]:
        """Comparisons of other attributes whose equal values are as good as an identifier's."""
        ratios = {
            c.attribute: milli_bits(c.probabilities["match"][0] / max(c.probabilities["stranger"][0], SMALLEST))
            for c in self.comparisons
            if c.attribute.startswith("attribute:")
        }
        return tuple(name for name, ratio in ratios.items() if ratio >= IDENTIFYING_MB)

    @cached_property
    def scores(self) -> np.ndarray:
        """log2 P(level | class) in milli-bits: [class, comparison, level]; the last level is "missing", 0."""
        width = max(len(c.levels) for c in self.comparisons) + 1
        out = np.zeros((len(CLASSES), len(self.comparisons), width), dtype=np.int32)
        for j, comparison in enumerate(self.comparisons):
            for k, name in enumerate(CLASSES):
                for level, p in enumerate(comparison.probabilities[name]):
                    out[k, j, level] = milli_bits(max(p, SMALLEST))
        return out

    @cached_property
    def corrections(self) -> np.ndarray:
        """What judgements add for each level: int32 milli-bits [comparison, level]; the last level is "missing"."""
        out = np.zeros(self.scores.shape[1:], dtype=np.int32)
        for name, row in (self.learned.corrections_mb if self.learned else {}).items():
            out[self.index[name], : len(row) - 1] = row[:-1]
            out[self.index[name], -1] = row[-1]
        return out

    @cached_property
    def adjusted(self) -> tuple[tuple[int, np.ndarray], ...]:
        """For each comparison with frequencies: its index, and which classes they count in (0 or 1)."""
        return tuple(
            (j, np.array([int(name in c.chance) for name in CLASSES], dtype=np.int32))
            for j, c in enumerate(self.comparisons)
            if c.chance and c.attribute in self.frequencies
        )

    @cached_property
    def placeholder_sets(self) -> dict[str, frozenset[str]]:
        return {key: frozenset(values) for key, values in self.placeholders.items()}

    def for_population(self, population: int) -> MatchModel:
        """The same model for a file of another size.

        Of N records each has about as many matches and relatives as before, so their share of the N(N−1)/2
        pairs falls as N grows; namesakes are a share of all pairs, whatever the size.
        """
        factor = max(self.population, 2) / max(population, 2)
        rates = {c: self.rates[c] * (factor if c in ("household", "relative", "match") else 1) for c in CLASSES}
        return replace(self, population=population, rates=balanced(rates))

    def with_shared(self, contacts: frozenset[int]) -> MatchModel:
        """The same model with contact points (fingerprints) that are nobody's."""
        return replace(self, shared_contacts=self.shared_contacts | contacts)

    def with_attributes(self, names: Iterable[str]) -> MatchModel:
        """The same model with a generic comparison for each attribute that it does not know."""
        new = [attribute_comparison(name) for name in names if f"attribute:{name}" not in self.index]
        return replace(self, comparisons=(*self.comparisons, *new)) if new else self

    def to_json(self) -> dict[str, Any]:
        """The model as JSON values; ``from_json`` reads it back."""
        from matching.modelfile import written

        return written(self)

    @classmethod
    def from_json(cls, data: Any) -> MatchModel:
        """The model in ``data``. Raises ``ModelError`` naming what is wrong."""
        from matching.modelfile import read

        return read(data)


def rounded(model: MatchModel) -> MatchModel:
    """The model as its file gives it, so that one in memory and one read back decide alike."""
    return MatchModel.from_json(model.to_json())


def balanced(rates: Mapping[str, float]) -> dict[str, float]:
    """Class rates that sum to one, strangers being the rest."""
    out = {c: max(float(rates[c]), 1e-15) for c in CLASSES if c != "stranger"}
    total = sum(out.values())
    if total > 0.9:  # a tiny file of one person: leave room for strangers
        out = {c: value * 0.9 / total for c, value in out.items()}
    return {"stranger": 1.0 - sum(out.values()), **out}


def load(path: str | Path) -> MatchModel:
    """The model in the file at ``path``. Raises ``ModelError``."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError:
        raise ModelError(f"{Path(path).name}: cannot be read; check the path") from None
    except UnicodeDecodeError:
        raise ModelError(f"{Path(path).name}: is not UTF-8 text, so it is no match model") from None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelError(f"{Path(path).name}: is no JSON; export the model again") from None
    return MatchModel.from_json(data)


def shipped() -> MatchModel:
    """The model that comes with the project."""
    return load(Path(__file__).parent / "models" / "person-2.json")


def default(population: int = 10_000, attributes: tuple[str, ...] = ()) -> MatchModel:
    """What is believed before any file was seen, for a file of ``population`` records."""
    comparisons = [
        Comparison(
            attribute=name,
            levels=levels,
            probabilities={c: defaults.TABLES[c].get(name, defaults.STRANGER[name]) for c in CLASSES},
            chance=defaults.CHANCE.get(name, ()),
        )
        for name, levels in defaults.LEVELS.items()
    ]
    comparisons += [attribute_comparison(name) for name in attributes]
    share = 1.0 / max(population, 2)
    return MatchModel(
        name="default",
        population=population,
        rates=balanced({"namesake": 2e-6, "household": share, "relative": share / 10, "match": 1.5 * share}),
        comparisons=tuple(comparisons),
        rules=tuple(BlockingRule(name, cap) for name, cap in defaults.RULES),
        frequencies={
            key: Frequencies(tail=tail, collision=defaults.COLLISION[key])
            for key, tail in defaults.TAIL_FREQUENCY.items()
        },
        placeholders=defaults.PLACEHOLDERS,
    )


def attribute_comparison(name: str) -> Comparison:
    """The generic comparison of an attribute that no one foresaw."""
    return Comparison(
        f"attribute:{name}", defaults.ATTRIBUTE_LEVELS, dict(defaults.ATTRIBUTE), defaults.ATTRIBUTE_CHANCE
    )
