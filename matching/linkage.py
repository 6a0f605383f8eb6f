"""Greedy average linkage over all pairs of a small set of records.

Kept in dictionaries of integers for the few records that a component mostly has; in a matrix for more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from matching.decide import CONFLICTS
from matching.model import MatchModel, probability

DIFFERENT = "different"
_NEVER = -(2**62)
# What a merge was: places of the two groups, mean weight between them.
OnMerge = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Linkage:
    """``groups`` of places 0…m−1; ``potential`` pairs of group indices with mean weight and what forbids."""

    groups: tuple[tuple[int, ...], ...]
    potential: tuple[tuple[int, int, int, str | None], ...]


class _Groups:
    """Groups, named by their least member, and between each two: sum of weights, conflict, kept apart."""

    def __init__(self, m: int, weights: np.ndarray, kinds: np.ndarray) -> None:
        i, j = np.triu_indices(m, 1)
        self.total = np.zeros((m, m), dtype=np.int64)
        self.total[i, j] = self.total[j, i] = weights
        self.hard = np.zeros((m, m), dtype=np.int8)
        self.hard[i, j] = self.hard[j, i] = kinds
        self.apart = np.zeros((m, m), dtype=bool)
        self.inner = np.zeros(m, dtype=np.int64)
        self.size = np.ones(m, dtype=np.int64)
        self.members: dict[int, list[int]] = {k: [k] for k in range(m)}
        self.owner = list(range(m))

    def join(self, x: int, y: int) -> None:
        self.inner[x] += self.inner[y] + self.total[x, y]
        for matrix, merge in ((self.total, np.add), (self.hard, np.maximum), (self.apart, np.logical_or)):
            matrix[x] = merge(matrix[x], matrix[y])
            matrix[:, x] = matrix[x]
        self.size[x] += self.size[y]
        for member in self.members[y]:
            self.owner[member] = x
        self.members[x] += self.members.pop(y)

    def unite(self, x: int, y: int) -> None:
        """Takes two records for one, as a steward said: what speaks for either speaks for both.

        So a "same" between two clusters brings the whole of both together, though its records look unlike.
        """
        for matrix, merge in ((self.total, np.maximum), (self.hard, np.minimum), (self.apart, np.logical_or)):
            matrix[x] = merge(matrix[x], matrix[y])
            matrix[:, x] = matrix[x]
        for member in self.members[y]:
            self.owner[member] = x
        self.members[x] += self.members.pop(y)

    def best(self) -> tuple[int, int, int]:
        """The pair of groups with the greatest mean, the first of equals, and that mean."""
        live = np.array(sorted(self.members))
        sub = np.ix_(live, live)
        mean = self.total[sub] // np.multiply.outer(self.size[live], self.size[live])
        mean[(self.hard[sub] > 0) | self.apart[sub]] = _NEVER
        np.fill_diagonal(mean, _NEVER)
        at = int(mean.argmax())
        return int(live[at // len(live)]), int(live[at % len(live)]), int(mean.flat[at])


def link(
    m: int,
    weights: np.ndarray,
    kinds: np.ndarray,
    same: Sequence[tuple[int, int]],
    different: Sequence[tuple[int, int]],
    model: MatchModel,
) -> Linkage:
    """Groups of ``m`` records from the upper triangle of their weights (milli-bits) and conflicts.

    Conflicts are numbers of ``matching.decide.CONFLICTS``, 0 for none.
    """
    groups = _Groups(m, weights, kinds)
    for x, y in different:
        groups.apart[x, y] = groups.apart[y, x] = True
    for x, y in same:
        a, b = sorted((groups.owner[x], groups.owner[y]))
        if a != b and not groups.apart[a, b]:
            groups.unite(a, b)
    while len(groups.members) > 1:
        x, y, mean = groups.best()
        if mean <= model.cut_mb:
            break
        groups.join(min(x, y), max(x, y))
    names = sorted(groups.members)
    return Linkage(tuple(tuple(sorted(groups.members[k])) for k in names), _potential(names, groups, model))


def history(m: int, weights: np.ndarray, kinds: np.ndarray, model: MatchModel) -> list[tuple[float, float, float]]:
    """Every merge down to the cut: its mean weight, and what it adds to expected right pairs and to pairs."""
    groups = _Groups(m, weights, kinds)
    out = []

    def right(x: int) -> tuple[float, float]:
        k = int(groups.size[x])
        pairs = k * (k - 1) / 2
        return (pairs * probability(float(groups.inner[x]) / pairs) if pairs else 0.0), pairs

    while len(groups.members) > 1:
        x, y, mean = groups.best()
        if mean <= model.cut_mb:
            break
        x, y = min(x, y), max(x, y)
        before = [right(x), right(y)]
        groups.join(x, y)
        good, pairs = right(x)
        out.append((float(mean), good - sum(b[0] for b in before), pairs - sum(b[1] for b in before)))
    return out


def _potential(names: list[int], g: _Groups, model: MatchModel) -> tuple[tuple[int, int, int, str | None], ...]:
    """Pairs of groups that the weight alone, or nearly, would have joined. "Different" was decided: no review."""
    found = []
    for p, x in enumerate(names):
        for q in range(p + 1, len(names)):
            y = names[q]
            mean = int(g.total[x, y] // (g.size[x] * g.size[y]))
            if mean > model.potential_mb and not g.apart[x, y]:
                why = CONFLICTS[g.hard[x, y] - 1] if g.hard[x, y] else None
                if why is None or mean > model.cut_mb:
                    found.append((p, q, mean, why))
    return tuple(found)
