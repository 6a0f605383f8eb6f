"""Greedy average linkage of many small parts at once.

In every round each part joins its two groups with the greatest mean weight; a part with none above the cut is done.
The rounds run on flat arrays of pairs of groups, so that a million parts of three cost little more than one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.decide import CONFLICTS
from matching.model import MatchModel

DIFFERENT = "different"
_NEVER = -(2**62)
_BITS = 16
_PLACE = (1 << _BITS) - 1


@dataclass(frozen=True)
class GroupPairs:
    """Pairs of groups within parts, each part with all its pairs; sorted by part, then by place.

    A group is named by its least place in its part (0 … 65,535). ``total`` is the sum of the weights (milli-bits)
    between two groups, ``hard`` the number of a conflict (``matching.decide.CONFLICTS``, 0 for none), ``apart``
    whether a steward keeps them apart.
    """

    key: np.ndarray
    total: np.ndarray
    hard: np.ndarray
    apart: np.ndarray

    @classmethod
    def of(
        cls, part: np.ndarray, x: np.ndarray, y: np.ndarray, total: np.ndarray, hard: np.ndarray, apart: np.ndarray
    ) -> GroupPairs:
        """Pairs (x < y) in any order."""
        key = part.astype(np.int64) << 2 * _BITS | x.astype(np.int64) << _BITS | y
        found = cls(key, total.astype(np.int64), hard.astype(np.int8), apart.astype(bool))
        return found if (key[1:] > key[:-1]).all() else found[np.argsort(key, kind="stable")]

    def __len__(self) -> int:
        return len(self.key)

    def __getitem__(self, rows: np.ndarray) -> GroupPairs:
        return GroupPairs(self.key[rows], self.total[rows], self.hard[rows], self.apart[rows])

    @property
    def part(self) -> np.ndarray:
        return self.key >> 2 * _BITS

    @property
    def x(self) -> np.ndarray:
        return self.key >> _BITS & _PLACE

    @property
    def y(self) -> np.ndarray:
        return self.key & _PLACE

    @classmethod
    def concat(cls, several: list[GroupPairs]) -> GroupPairs:
        return cls(*(np.concatenate([getattr(s, name) for s in several]) for name in ("key", "total", "hard", "apart")))


@dataclass(frozen=True)
class Merges:
    """One round's merges: global places of the two groups, and the sum and mean of the weights between them."""

    x: np.ndarray
    y: np.ndarray
    total: np.ndarray
    mean: np.ndarray


@dataclass(frozen=True)
class Linkage:
    """``group[place]`` is the group of each place (a global place: that of its part's first, plus its own).

    ``rest`` are the pairs of groups that stayed apart, ``mean`` the mean weights between them (milli-bits).
    """

    group: np.ndarray
    rest: GroupPairs
    mean: np.ndarray


def link(
    pairs: GroupPairs, first: np.ndarray, places: int, cut_mb: int, on_merge: Callable[[Merges], None] | None = None
) -> Linkage:
    """Groups after joining, greatest mean first, every pair whose mean exceeds ``cut_mb`` and nothing forbids.

    ``first[part]`` is the global place of each part's first member; ``places`` how many there are in all. Of equal
    means the pair with the least places joins first.
    """
    group, size = np.arange(places), np.ones(places, dtype=np.int64)
    done: list[GroupPairs] = []
    while len(pairs):
        part = pairs.part
        starts = np.flatnonzero(np.concatenate(([True], part[1:] != part[:-1])))
        lengths = np.diff(np.append(starts, len(part)))
        mean = _means(pairs, first, size)
        usable = np.where((pairs.hard > 0) | pairs.apart, _NEVER, mean)
        top = np.maximum.reduceat(usable, starts)
        going = top > cut_mb
        if not going.any():
            done.append(pairs)
            break
        stay = np.repeat(going, lengths)
        if not going.all():
            done.append(pairs[~stay])
        # The first of the best pairs of each part that goes on.
        best = np.flatnonzero(stay & (usable == np.repeat(top, lengths)))
        best = best[np.concatenate(([True], part[best[1:]] != part[best[:-1]]))]
        x, y, base = pairs.x[best], pairs.y[best], first[part[best]]
        if on_merge:
            on_merge(Merges(base + x, base + y, pairs.total[best], mean[best]))
        group[base + y] = base + x
        size[base + x] += size[base + y]
        pairs = _joined(pairs[stay], *(np.repeat(v, lengths[going]) for v in (x, y)))
    while (group[group] != group).any():
        group = group[group]
    rest = GroupPairs.concat(done) if done else pairs
    return Linkage(group, rest, _means(rest, first, size))


def _means(pairs: GroupPairs, first: np.ndarray, size: np.ndarray) -> np.ndarray:
    base = first[pairs.part]
    return np.asarray(pairs.total // (size[base + pairs.x] * size[base + pairs.y]))


def _joined(pairs: GroupPairs, into: np.ndarray, gone: np.ndarray) -> GroupPairs:
    """The pairs after group ``gone`` became part of group ``into`` (one each for every pair's part)."""
    x, y = pairs.x, pairs.y
    x, y = np.where(x == gone, into, x), np.where(y == gone, into, y)
    keep = x != y
    low, high = np.minimum(x, y)[keep], np.maximum(x, y)[keep]
    key = pairs.part[keep] << 2 * _BITS | low << _BITS | high
    rows = np.argsort(key, kind="stable")
    key, kept = key[rows], pairs[np.flatnonzero(keep)[rows]]
    if not len(key):
        return kept
    starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    return GroupPairs(
        key[starts],
        np.add.reduceat(kept.total, starts),
        np.maximum.reduceat(kept.hard, starts),
        np.logical_or.reduceat(kept.apart, starts),
    )


def potential(linkage: Linkage, model: MatchModel) -> list[tuple[int, int, int, int, str | None]]:
    """Pairs of groups that the weight alone, or nearly, would have joined: part, place, place, mean, what forbids.

    What a steward keeps apart was decided: it is not asked again.
    """
    rest, mean = linkage.rest, linkage.mean
    asked = (mean > model.potential_mb) & ~rest.apart & ((rest.hard == 0) | (mean > model.cut_mb))
    rows = np.flatnonzero(asked)
    return [
        (part, x, y, w, CONFLICTS[hard - 1] if hard else None)
        for part, x, y, w, hard in zip(
            rest.part[rows].tolist(), rest.x[rows].tolist(), rest.y[rows].tolist(), mean[rows].tolist(),
            rest.hard[rows].tolist(), strict=True,
        )
    ]  # fmt: skip
