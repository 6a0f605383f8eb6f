"""Cluster: which records of a component are one customer.

Greedy average linkage: the two groups with the greatest mean weight over all pairs between them are joined, as
long as that mean exceeds the model's cut. So a chain of weak links does not make a crowd. A steward's "same"
joins beforehand, also against a hard conflict; a steward's "different" keeps apart, also against a "same".
The result is a function of records, edges, judgements and model; ties go by ``Prepared.order``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from matching.compare import compare
from matching.decide import CONFLICTS, conflict_kinds
from matching.linkage import DIFFERENT, Linkage, link
from matching.model import MatchModel
from matching.table import Table
from matching.weigh import weigh

# Larger components are cut at their weakest edges first: all pairs of 200 records are scored in some 20 ms.
LARGEST = 200
Edges = tuple[np.ndarray, np.ndarray, np.ndarray]
Judgement = tuple[int, int, str]
PotentialPair = tuple[int, int, int, str | None]


@dataclass(frozen=True)
class Clustering:
    """``clusters``: rows of each cluster, sorted by order hash; ``potential``: pairs of clusters to review.

    A potential match is (cluster, cluster, mean weight in milli-bits, what forbids joining them or None).
    """

    clusters: tuple[tuple[int, ...], ...]
    potential: tuple[PotentialPair, ...]


def resolve_component(table: Table, edges: Edges, judgements: Iterable[Judgement], model: MatchModel) -> Clustering:
    """Clusters of all rows of ``table`` and the pairs of clusters that a steward should see.

    ``edges`` are (left rows, right rows, weights in milli-bits); ``judgements`` (row, row, same|different).
    """
    n = len(table)
    rank = np.empty(n, dtype=np.int64)
    by_order = np.argsort(table.order, kind="stable")
    rank[by_order] = np.arange(n)
    # From here on a row is named by its rank, so that nothing depends on the order of arrival.
    a, b = rank[np.asarray(edges[0], dtype=np.intp)], rank[np.asarray(edges[1], dtype=np.intp)]
    left, right, weight = np.minimum(a, b), np.maximum(a, b), np.asarray(edges[2], dtype=np.int64)
    different: set[tuple[int, int]] = set()
    same: set[tuple[int, int]] = set()
    for i, j, verdict in judgements:
        pair = (int(min(rank[i], rank[j])), int(max(rank[i], rank[j])))
        if pair[0] != pair[1]:
            (different if verdict == "different" else same).add(pair)
    same -= different
    groups: list[tuple[int, ...]] = []
    potential: list[tuple[tuple[int, ...], tuple[int, ...], int, str | None]] = []
    for members in parts(n, left, right, weight, same, model):
        linkage = _link_part(table, by_order, members, same, different, model)
        names = [tuple(members[k] for k in group) for group in linkage.groups]
        groups += names
        potential += [(names[i], names[j], w, why) for i, j, w, why in linkage.potential]
    groups.sort(key=lambda g: g[0])
    place = {g: i for i, g in enumerate(groups)}
    potential += _across(groups, potential, (left, right, weight), same, different, model)
    rows = tuple(tuple(int(by_order[k]) for k in g) for g in groups)
    pairs = sorted((*sorted((place[x], place[y])), w, why) for x, y, w, why in potential)
    return Clustering(rows, tuple(sorted(pairs, key=lambda p: (p[0], p[1]))))  # type: ignore[arg-type]


def parts(
    n: int, left: np.ndarray, right: np.ndarray, weight: np.ndarray, same: set[tuple[int, int]], model: MatchModel
) -> list[list[int]]:
    """Connected parts of edges above the cut, none larger than ``LARGEST``: the strongest edges join first.

    A part cannot gain by an edge at or below the cut: groups whose best edge is there never join.
    """
    parent = list(range(n))
    size = [1] * n

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

    for i, j in sorted(same):
        unite(i, j, n)
    strong = np.flatnonzero(weight > min(model.cut_mb, 0))
    if n > LARGEST:
        strong = strong[np.lexsort((right[strong], left[strong], -weight[strong]))]
    for i, j in zip(left[strong].tolist(), right[strong].tolist(), strict=True):
        unite(i, j, max(LARGEST, 1))
    found: dict[int, list[int]] = {}
    for i in range(n):
        found.setdefault(find(i), []).append(i)
    return list(found.values())


def _link_part(
    table: Table,
    by_order: np.ndarray,
    members: Sequence[int],
    same: set[tuple[int, int]],
    different: set[tuple[int, int]],
    model: MatchModel,
) -> Linkage:
    m = len(members)
    if m == 1:
        return Linkage(((0,),), ())
    i, j = np.triu_indices(m, 1)
    rows = by_order[np.array(members)]
    weights = weigh(compare(table, rows[i], rows[j], model), model)
    kinds = conflict_kinds(table, rows[i], rows[j])
    inside = {k: p for p, k in enumerate(members)}
    keep = [(inside[x], inside[y]) for x, y in sorted(same) if x in inside and y in inside]
    apart = [(inside[x], inside[y]) for x, y in sorted(different) if x in inside and y in inside]
    return link(m, weights, kinds, keep, apart, model)


def _across(
    groups: list[tuple[int, ...]],
    known: list[tuple[tuple[int, ...], tuple[int, ...], int, str | None]],
    edges: tuple[np.ndarray, np.ndarray, np.ndarray],
    same: set[tuple[int, int]],
    different: set[tuple[int, int]],
    model: MatchModel,
) -> list[tuple[tuple[int, ...], tuple[int, ...], int, str | None]]:
    """Potential matches between parts: by the edges that lie between, and by a "same" that could not be met."""
    owner = {k: g for g in groups for k in g}
    seen = {frozenset((x, y)) for x, y, _, _ in known}
    between: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for i, j, w in zip(*(e.tolist() for e in edges), strict=True):
        x, y = owner[i], owner[j]
        if x is not y and frozenset((x, y)) not in seen:
            between.setdefault((x, y) if x < y else (y, x), []).append(w)
    apart = {frozenset((owner[i], owner[j])) for i, j in different}
    wanted = {frozenset((owner[i], owner[j])) for i, j in same if owner[i] is not owner[j]}
    out: list[tuple[tuple[int, ...], tuple[int, ...], int, str | None]] = []
    for (x, y), weights in between.items():
        mean = sum(weights) // len(weights)
        pair = frozenset((x, y))
        if pair not in apart and mean > model.potential_mb:
            out.append((x, y, mean, None))
        elif pair in wanted:
            out.append((x, y, mean, DIFFERENT if pair in apart else None))
        wanted.discard(pair)
    for pair in wanted - seen:
        x, y = sorted(pair)
        out.append((x, y, 0, DIFFERENT))
    return out


__all__ = ["CONFLICTS", "Clustering", "resolve_component"]
