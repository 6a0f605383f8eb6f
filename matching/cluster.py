"""Cluster: which records are one customer, for one component or a million at once.

Greedy average linkage: the two groups with the greatest mean weight over all pairs between them are joined, as
long as that mean exceeds the model's cut. So a chain of weak links does not make a crowd. A steward's "same"
joins beforehand, also against a hard conflict; a steward's "different" keeps apart, also against a "same".
The result is a function of records, edges, judgements and model, for each component by itself; ties go by
``Prepared.order``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from matching.compare import compare
from matching.decide import CONFLICTS, conflict_kinds
from matching.linkage import DIFFERENT, GroupPairs, Linkage, Merges, link, potential
from matching.model import MatchModel
from matching.parts import Parts
from matching.table import Table
from matching.weigh import weigh

Edges = tuple[np.ndarray, np.ndarray, np.ndarray]
Judgement = tuple[int, int, str]
PotentialPair = tuple[int, int, int, str | None]
# Weights (int32 milli-bits) and conflict numbers (int8) of pairs of rows.
Score = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Clustering:
    """``clusters``: rows of each cluster, sorted by order hash; ``potential``: pairs of clusters to review.

    A potential match is (cluster, cluster, mean weight in milli-bits, what forbids joining them or None).
    """

    clusters: tuple[tuple[int, ...], ...]
    potential: tuple[PotentialPair, ...]


@dataclass(frozen=True)
class Linked:
    """Parts, their members by rank (place in the order of the hashes), and the group of every rank."""

    by_order: np.ndarray
    parts: Parts
    group: np.ndarray
    linkage: Linkage
    same: frozenset[tuple[int, int]]
    different: frozenset[tuple[int, int]]


def resolve_component(
    table: Table, edges: Edges, judgements: Iterable[Judgement], model: MatchModel, score: Score | None = None
) -> Clustering:
    """Clusters of all rows of ``table`` and the pairs of clusters that a steward should see.

    ``edges`` are (left rows, right rows, weights in milli-bits); ``judgements`` (row, row, same|different). The
    rows may be of any number of components. ``score`` is as in ``linked_parts``.
    """
    if not len(table):
        return Clustering((), ())
    linked = linked_parts(table, edges, judgements, model, score)
    by_group = np.argsort(linked.group, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], np.diff(linked.group[by_group]) != 0)))
    # Groups are named by their least rank, so they come in its order.
    cluster_of = np.empty(len(table), dtype=np.int64)
    cluster_of[by_group] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(table)))
    rows = linked.by_order[by_group].tolist()
    bounds = [*starts.tolist(), len(rows)]
    clusters = tuple(tuple(rows[start:end]) for start, end in pairwise(bounds))
    return Clustering(clusters, _potential(cluster_of, len(clusters), edges, linked, model))


def linked_parts(
    table: Table,
    edges: Edges,
    judgements: Iterable[Judgement],
    model: MatchModel,
    score: Score | None = None,
    on_merge: Callable[[np.ndarray, Merges], None] | None = None,
) -> Linked:
    """The groups of all rows. ``score`` replaces the comparing of pairs of rows, by one who knows most of them.

    ``on_merge`` is called each round with the rank of every global place, and the round's merges.
    """
    n = len(table)
    by_order = np.argsort(table.order, kind="stable")
    rank = _ranks(by_order)
    # From here on a row is named by its rank, so that nothing depends on the order of arrival.
    a, b = rank[np.asarray(edges[0], dtype=np.intp)], rank[np.asarray(edges[1], dtype=np.intp)]
    same, different = _verdicts(rank, judgements)
    parts = Parts.of(n, np.minimum(a, b), np.maximum(a, b), np.asarray(edges[2], dtype=np.int64), same, model)
    part, x, y = parts.pairs()
    left, right = by_order[parts.members[parts.first[part] + x]], by_order[parts.members[parts.first[part] + y]]
    weights, kinds = (score or scored(table, model))(left, right)
    pairs = GroupPairs.of(part, x, y, weights, kinds, np.zeros(len(part), dtype=bool))
    united = np.arange(n)
    if same or different:
        pairs, united = _judged(pairs, parts, same, different)
    places = len(parts.members)
    call = (lambda merges: on_merge(parts.members, merges)) if on_merge else None
    linkage = link(pairs, parts.first, places, model.cut_mb, call)
    group = np.arange(n)
    group[parts.members] = parts.members[linkage.group]
    group = group[united]
    return Linked(by_order, parts, group, linkage, same, different)


def scored(table: Table, model: MatchModel) -> Score:
    """Weights and conflicts of pairs of rows of ``table``, by comparing them."""

    def score(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        vectors = compare(table, left, right, model)
        return weigh(vectors, model), conflict_kinds(table, left, right, model, vectors)

    return score


def _ranks(by_order: np.ndarray) -> np.ndarray:
    rank = np.empty(len(by_order), dtype=np.int64)
    rank[by_order] = np.arange(len(by_order))
    return rank


def _verdicts(
    rank: np.ndarray, judgements: Iterable[Judgement]
) -> tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]:
    """Pairs of ranks judged the same, and those judged different, which win."""
    found: dict[str, set[tuple[int, int]]] = {"same": set(), "different": set()}
    for i, j, verdict in judgements:
        pair = (int(min(rank[i], rank[j])), int(max(rank[i], rank[j])))
        if pair[0] != pair[1]:
            found["different" if verdict == "different" else "same"].add(pair)
    return frozenset(found["same"] - found["different"]), frozenset(found["different"])


def _judged(
    pairs: GroupPairs, parts: Parts, same: Iterable[tuple[int, int]], different: Iterable[tuple[int, int]]
) -> tuple[GroupPairs, np.ndarray]:
    """The pairs after stewards' judgements, and for each rank the one that now stands for it.

    Two records taken for one: what speaks for either speaks for both. So a "same" between two clusters brings
    the whole of both together, though its records look unlike.
    """
    part_of, place_of = parts.places()
    united = np.arange(len(part_of))
    rows_of = parts.rows_of_pairs(pairs.part)
    apart = pairs.apart.copy()
    pairs = replace(pairs, apart=apart)
    at: dict[int, dict[tuple[int, int], tuple[int, int, bool]]] = {}

    def opened(part: int) -> dict[tuple[int, int], tuple[int, int, bool]]:
        if part not in at:
            rows = rows_of(part)
            at[part] = {
                (x, y): (t, h, False)
                for x, y, t, h in zip(
                    pairs.x[rows].tolist(), pairs.y[rows].tolist(), pairs.total[rows].tolist(),
                    pairs.hard[rows].tolist(), strict=True,
                )
            }  # fmt: skip
        return at[part]

    for i, j in sorted(different):
        if part_of[i] == part_of[j] >= 0:
            between, pair = opened(int(part_of[i])), (int(place_of[i]), int(place_of[j]))
            between[pair] = (*between[pair][:2], True)
    for i, j in sorted(same):
        if part_of[i] != part_of[j]:
            continue
        between = opened(int(part_of[i]))
        one, two = sorted((int(united[i]), int(united[j])))
        x, y = int(place_of[one]), int(place_of[two])
        if one == two or between[x, y][2]:
            continue
        for pair in [p for p in between if y in p]:
            t, h, kept = between.pop(pair)
            other = pair[0] if pair[1] == y else pair[1]
            if other != x:
                new = (min(x, other), max(x, other))
                was = between[new]
                between[new] = (max(was[0], t), min(was[1], h), was[2] or kept)
        united[united == two] = one
    untouched = ~np.isin(pairs.part, list(at))
    changed = [(p, x, y, *v) for p, between in at.items() for (x, y), v in between.items()]
    columns = np.array(changed, dtype=np.int64).reshape(-1, 6).T
    both = GroupPairs.concat([pairs[np.flatnonzero(untouched)], GroupPairs.of(*columns)])
    return both[np.argsort(both.key, kind="stable")], united


def _potential(
    cluster_of: np.ndarray, clusters: int, edges: Edges, linked: Linked, model: MatchModel
) -> tuple[PotentialPair, ...]:
    """The pairs of clusters to review, sorted: within parts by all the weights between them, between parts by the
    edges there, and where a "same" could not be met."""
    rest, asked = linked.linkage.rest, potential(linked.linkage, model)
    members, base = linked.parts.members, linked.parts.first[rest.part[asked]]
    # A pair of clusters is one number; what forbids it is the number of its reason.
    x, y = (cluster_of[members[base + place[asked]]] for place in (rest.x, rest.y))
    inside = _pair(x, y, clusters)
    keys, means, whys = [inside], [linked.linkage.mean[asked]], [rest.hard[asked]]
    rank = _ranks(linked.by_order)
    one, two = (cluster_of[rank[np.asarray(side, dtype=np.intp)]] for side in edges[:2])
    rows = np.flatnonzero(one != two)
    across = _pair(one[rows], two[rows], clusters)
    apart, wanted = (_told(cluster_of, pairs, clusters) for pairs in (linked.different, linked.same))
    wanted = _without(wanted, inside)
    if len(rows):
        order = np.argsort(across, kind="stable")
        across, weights = across[order], np.asarray(edges[2], dtype=np.int64)[rows[order]]
        begin = np.flatnonzero(np.concatenate(([True], across[1:] != across[:-1])))
        mean = np.add.reduceat(weights, begin) // np.diff(begin, append=len(across))
        across = across[begin]
        kept, told = _among(across, apart), _among(across, wanted)
        new = ~_among(across, inside)
        shown = np.flatnonzero(new & (told | ((mean > model.potential_mb) & ~kept)))
        keys.append(across[shown])
        means.append(mean[shown])
        whys.append(np.where(kept[shown], _DIFFERENT, 0))
        wanted = _without(wanted, across)
    keys.append(wanted)
    means.append(np.zeros(len(wanted), dtype=np.int64))
    whys.append(np.full(len(wanted), _DIFFERENT))
    key, mean, why = (np.concatenate(found) for found in (keys, means, whys))
    order = np.argsort(key, kind="stable")
    pairs = (key[order] // clusters, key[order] % clusters, mean[order], why[order])
    return tuple((a, b, w, _REASONS[y]) for a, b, w, y in zip(*(column.tolist() for column in pairs), strict=True))


# What forbids two clusters to be joined, by its number; the last is a steward.
_REASONS: tuple[str | None, ...] = (None, *CONFLICTS, DIFFERENT)
_DIFFERENT = len(_REASONS) - 1


def _pair(one: np.ndarray, two: np.ndarray, clusters: int) -> np.ndarray:
    """Unordered pairs of clusters, each as one number (int64)."""
    return np.asarray(np.minimum(one, two) * clusters + np.maximum(one, two))


def _among(keys: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of ``keys`` are among ``others``, which are mostly none (bool)."""
    return np.isin(keys, others) if len(others) else np.zeros(len(keys), dtype=bool)


def _without(keys: np.ndarray, others: np.ndarray) -> np.ndarray:
    return keys[~np.isin(keys, others)] if len(keys) else keys


def _told(cluster_of: np.ndarray, pairs: Iterable[tuple[int, int]], clusters: int) -> np.ndarray:
    """The distinct pairs of clusters that judged pairs of ranks lie between."""
    ranks = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    one, two = cluster_of[ranks[:, 0]], cluster_of[ranks[:, 1]]
    return np.unique(_pair(one, two, clusters)[one != two])


__all__ = ["CONFLICTS", "Clustering", "linked_parts", "resolve_component", "scored"]
