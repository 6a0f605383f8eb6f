"""Parts: the records that hang together by edges strong enough to join, none too large to compare pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from matching.model import MatchModel

# Larger components lose their weakest edges first: all pairs of 200 records are scored in some 20 ms.
LARGEST = 200
# By so many milli-bits at a time.
STEP = 500


def components(n: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The number of the connected component of each of ``n`` rows (int32)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1])


@dataclass(frozen=True)
class Parts:
    """Parts of two and more ranks, smaller parts first.

    ``members`` are the ranks, part after part and sorted within; ``first[part]`` is where each begins, and one more.
    """

    members: np.ndarray
    first: np.ndarray
    ranks: int

    @classmethod
    def of(
        cls,
        n: int,
        left: np.ndarray,
        right: np.ndarray,
        weight: np.ndarray,
        same: Collection[tuple[int, int]],
        model: MatchModel,
    ) -> Parts:
        """The connected parts of ``n`` ranks by edges above the cut (left < right) and by what is judged the same.

        A part cannot gain by an edge at or below the cut: groups whose best edge is there never join.
        """
        strong = weight > min(model.cut_mb, 0)
        left, right, weight = left[strong], right[strong], weight[strong]
        judged = np.array(sorted(same), dtype=np.int64).reshape(-1, 2)
        label = components(n, np.append(left, judged[:, 0]), np.append(right, judged[:, 1]))
        size = np.bincount(label, minlength=1)
        floor = min(model.cut_mb, 0)
        held = (left, right, weight)
        while (size > LARGEST).any() and floor < model.limit_mb:
            floor += STEP
            label, held = _thinned(label, size, held, judged, floor)
            size = np.bincount(label, minlength=1)
        for large in np.flatnonzero(size > LARGEST).tolist():
            label = _divided(label, large, (left, right, weight), judged)
        size = np.bincount(label, minlength=1)
        ranks = np.flatnonzero(size[label] > 1)
        ranks = ranks[np.lexsort((ranks, label[ranks], size[label[ranks]]))]
        begins = np.flatnonzero(np.concatenate(([True], np.diff(label[ranks]) != 0))) if len(ranks) else ranks
        return cls(ranks, np.append(begins, len(ranks)), n)

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All pairs of members of each part: the part, and the two places within it, sorted."""
        size = np.diff(self.first)
        found = []
        for s in np.unique(size).tolist():
            same_size = np.flatnonzero(size == s)
            i, j = np.triu_indices(s, 1)
            found.append(
                (np.repeat(same_size, len(i)), np.tile(i, len(same_size)), np.tile(j, len(same_size)))
            )  # fmt: skip
        if not found:
            return (np.empty(0, dtype=np.int64),) * 3
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))  # type: ignore[return-value]

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """For each rank its part (-1 for none) and its place in it."""
        part, place = np.full(self.ranks, -1), np.zeros(self.ranks, dtype=np.int64)
        sizes = np.diff(self.first)
        part[self.members] = np.repeat(np.arange(len(sizes)), sizes)
        place[self.members] = np.arange(len(self.members)) - np.repeat(self.first[:-1], sizes)
        return part, place

    @staticmethod
    def rows_of_pairs(part: np.ndarray) -> Callable[[int], slice]:
        """Where the pairs of a part lie in pairs sorted by part."""
        return lambda wanted: slice(*np.searchsorted(part, (wanted, wanted + 1)).tolist())


def _thinned(
    label: np.ndarray,
    size: np.ndarray,
    edges: tuple[np.ndarray, np.ndarray, np.ndarray],
    judged: np.ndarray,
    floor: int,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """``label`` with the components that are too large falling apart: edges up to ``floor`` hold them no longer.

    And the edges that still do, which are all that a higher floor can take.
    """
    large = size[label] > LARGEST
    ranks = np.flatnonzero(large)
    place = np.full(len(label), -1)
    place[ranks] = np.arange(len(ranks))
    kept = large[edges[0]] & (label[edges[0]] == label[edges[1]]) & (edges[2] > floor)
    told = judged[large[judged[:, 0]]]
    edges = (edges[0][kept], edges[1][kept], edges[2][kept])
    left, right = np.append(edges[0], told[:, 0]), np.append(edges[1], told[:, 1])
    out = label.copy()
    out[ranks] = int(label.max()) + 1 + components(len(ranks), place[left], place[right])
    return np.unique(out, return_inverse=True)[1], edges


def _divided(
    label: np.ndarray, large: int, edges: tuple[np.ndarray, np.ndarray, np.ndarray], judged: np.ndarray
) -> np.ndarray:
    """``label`` with component ``large`` in parts of at most ``LARGEST``: its strongest edges join first.

    What is left to it are crowds of records that hardly differ.
    """
    ranks = np.flatnonzero(label == large)
    parent = {rank: rank for rank in ranks.tolist()}
    size = dict.fromkeys(parent, 1)

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def unite(i: int, j: int, most: int) -> None:
        i, j = find(i), find(j)
        if i != j and size[i] + size[j] <= most:
            low, high = min(i, j), max(i, j)
            parent[high] = low
            size[low] += size[high]

    for i, j in judged[label[judged[:, 0]] == large].tolist():
        unite(i, j, len(ranks))
    left, right, weight = (column[label[edges[0]] == large] for column in edges)
    rows = np.lexsort((right, left, -weight))
    for i, j in zip(left[rows].tolist(), right[rows].tolist(), strict=True):
        unite(i, j, LARGEST)
    out = label.copy()
    names: dict[int, int] = {}
    for rank in ranks.tolist():
        root = find(rank)
        out[rank] = names.setdefault(root, large if not names else int(label.max()) + len(names))
    return out
