"""Greedy average linkage over the full matrix of a small set of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.decide import CONFLICTS
from matching.model import MatchModel

DIFFERENT = "different"


@dataclass(frozen=True)
class Linkage:
    """``groups`` of places 0…m−1; ``potential`` pairs of group indices with mean weight and what forbids."""

    groups: tuple[tuple[int, ...], ...]
    potential: tuple[tuple[int, int, int, str | None], ...]


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
    i, j = np.triu_indices(m, 1)
    total = np.zeros((m, m), dtype=np.int64)
    total[i, j] = total[j, i] = weights
    hard = np.zeros((m, m), dtype=np.int8)
    hard[i, j] = hard[j, i] = kinds
    apart = np.zeros((m, m), dtype=bool)
    for x, y in different:
        apart[x, y] = apart[y, x] = True
    groups: dict[int, list[int]] = {k: [k] for k in range(m)}
    size = np.ones(m, dtype=np.int64)
    owner = list(range(m))

    def join(x: int, y: int) -> None:
        x, y = min(x, y), max(x, y)
        for matrix in (total,):
            matrix[x] += matrix[y]
            matrix[:, x] = matrix[x]
        hard[x] = np.maximum(hard[x], hard[y])
        hard[:, x] = hard[x]
        apart[x] |= apart[y]
        apart[:, x] = apart[x]
        size[x] += size[y]
        for member in groups[y]:
            owner[member] = x
        groups[x] += groups.pop(y)

    for x, y in same:
        if owner[x] != owner[y] and not apart[owner[x], owner[y]]:
            join(owner[x], owner[y])
    alive = np.zeros(m, dtype=bool)
    alive[list(groups)] = True
    while len(groups) > 1:
        live = np.flatnonzero(alive)
        sub = np.ix_(live, live)
        mean = total[sub] // np.multiply.outer(size[live], size[live])
        mean[(hard[sub] > 0) | apart[sub]] = np.iinfo(np.int64).min
        np.fill_diagonal(mean, np.iinfo(np.int64).min)
        at = int(mean.argmax())  # the first of equals: the least order hash
        x, y = int(live[at // len(live)]), int(live[at % len(live)])
        if mean.flat[at] <= model.cut_mb:
            break
        join(x, y)
        alive[max(x, y)] = False
    names = sorted(groups)
    return Linkage(tuple(tuple(sorted(groups[k])) for k in names), _potential(names, total, size, hard, apart, model))


def _potential(
    names: list[int], total: np.ndarray, size: np.ndarray, hard: np.ndarray, apart: np.ndarray, model: MatchModel
) -> tuple[tuple[int, int, int, str | None], ...]:
    """Pairs of groups that the weight alone, or nearly, would have joined. "Different" was decided: no review."""
    found = []
    for p, x in enumerate(names):
        for q in range(p + 1, len(names)):
            y = names[q]
            mean = int(total[x, y] // (size[x] * size[y]))
            if mean > model.potential_mb and not apart[x, y]:
                why = CONFLICTS[hard[x, y] - 1] if hard[x, y] else None
                if why is None or mean > model.cut_mb:
                    found.append((p, q, mean, why))
    return tuple(found)
