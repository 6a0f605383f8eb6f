"""Greedy average linkage of many small parts at once.

In every round each part joins its two groups with the greatest mean weight; a part with none above the cut is done.
The rounds run on flat arrays of pairs of groups, so that a million parts of three cost little more than one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.model import MatchModel

DIFFERENT = "different"
_NEVER = -(2**62)
_BITS = 16
_PLACE = (1 << _BITS) - 1
# Parts of more pairs (of some fifteen members) are joined as squares: sorting all pairs each round costs too much.
FEW_PAIRS = 100
# Pairs of large parts that are joined at a time.
AT_ONCE = 250_000


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
    pairs, large = _by_size(pairs)
    done = [link_large(some, first, group, size, cut_mb, on_merge) for some in large]
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


def _by_size(pairs: GroupPairs) -> tuple[GroupPairs, list[GroupPairs]]:
    """The pairs of the small parts, and those of the others, as many at a time as memory should hold."""
    part = pairs.part
    starts = np.flatnonzero(np.concatenate(([True], part[1:] != part[:-1]))) if len(part) else part
    lengths = np.diff(starts, append=len(part))
    if not (lengths > FEW_PAIRS).any():
        return pairs, []
    rows = np.repeat(lengths > FEW_PAIRS, lengths)
    of_large = pairs[np.flatnonzero(rows)]
    pieces, start, end, least = [], 0, 0, 0
    for length in lengths[lengths > FEW_PAIRS].tolist():
        # Parts of about one size share an array of squares.
        if end > start and (end + length - start > AT_ONCE or not least <= length <= 1.5 * least):
            pieces.append(of_large[np.arange(start, end)])
            start = end
        least = length if start == end else least
        end += length
    return pairs[np.flatnonzero(~rows)], [*pieces, of_large[np.arange(start, end)]]


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


def link_large(
    pairs: GroupPairs,
    first: np.ndarray,
    group: np.ndarray,
    size: np.ndarray,
    cut_mb: int,
    on_merge: Callable[[Merges], None] | None,
) -> GroupPairs:
    """As ``link`` does, for parts of many members; writes ``group`` and ``size``, gives the pairs that stayed apart.

    Each part is a square of all its groups, with the best mean of each row remembered: a round looks again at the
    rows only that lost their best.
    """
    parts, local = np.unique(pairs.part, return_inverse=True)
    x, y, base = pairs.x, pairs.y, first[parts]
    shape = (len(parts), int(y.max()) + 1, int(y.max()) + 1)
    total, hard, apart = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int8), np.zeros(shape, dtype=bool)
    mean, alive = np.full(shape, _NEVER), np.zeros(shape[:2], dtype=bool)
    for one, two in ((x, y), (y, x)):
        total[local, one, two], hard[local, one, two], apart[local, one, two] = pairs.total, pairs.hard, pairs.apart
        mean[local, one, two] = np.where((pairs.hard > 0) | pairs.apart, _NEVER, pairs.total)
        alive[local, one] = True
    sizes, best = np.ones(shape[:2], dtype=np.int64), mean.max(axis=2)
    at = np.arange(len(parts))
    while True:
        top = best[at].max(axis=1)
        at, top = at[top > cut_mb], top[top > cut_mb]
        if not len(at):
            break
        # The least row that holds the best mean, and the least column there: of equal pairs the first.
        x = best[at].argmax(axis=1)
        y = mean[at, x].argmax(axis=1)
        if on_merge:
            on_merge(Merges(base[at] + x, base[at] + y, total[at, x, y], top))
        group[base[at] + y] = base[at] + x
        alive[at, y] = False
        sizes[at, x] += sizes[at, y]
        sums, why = total[at, x] + total[at, y], np.maximum(hard[at, x], hard[at, y])
        kept = apart[at, x] | apart[at, y]
        new = sums // (sizes[at, x][:, None] * sizes[at])
        new[(why > 0) | kept | ~alive[at]] = _NEVER
        new[np.arange(len(at)), x] = _NEVER
        lost = ((mean[at, x] == best[at]) | (mean[at, y] == best[at])) & alive[at]
        for square, row in ((total, sums), (hard, why), (apart, kept), (mean, new)):
            square[at, x], square[at, :, x] = row, row
        mean[at, y], mean[at, :, y] = _NEVER, _NEVER
        best[at] = np.maximum(best[at], new)
        best[at, y] = _NEVER
        lost[np.arange(len(at)), x] = True
        which, rows = np.nonzero(lost)
        best[at[which], rows] = mean[at[which], rows].max(axis=1)
    local, x, y = np.nonzero(np.triu(alive[:, :, None] & alive[:, None, :], 1))
    part, place = np.nonzero(alive)
    size[base[part] + place] = sizes[part, place]
    return GroupPairs.of(parts[local], x, y, total[local, x, y], hard[local, x, y], apart[local, x, y])


def potential(linkage: Linkage, model: MatchModel) -> np.ndarray:
    """Which of the pairs of groups that stayed apart to ask about: the weight, or nearly, would have joined them.

    Rows of ``linkage.rest``. What a steward keeps apart was decided: it is not asked again.
    """
    rest, mean = linkage.rest, linkage.mean
    return np.flatnonzero((mean > model.potential_mb) & ~rest.apart & ((rest.hard == 0) | (mean > model.cut_mb)))
