"""The whole of a hub at once: what a first load of a million records leaves, were they resolved one by one.

    Keys     the records' blocking keys, beside the table of their columns
    Resolved suppressed keys, edges worth keeping, clusters, and the pairs of records that ask for a steward

Rows stand in the order of their record ids, so that a lesser row is a lesser id. Nothing else is taken from that
order but which record speaks for its cluster, as ids decide it in the hub.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.cluster import resolve_component
from matching.compare import compare, prime
from matching.decide import CONFLICTS, conflict_kinds
from matching.model import MatchModel
from matching.parallel import each
from matching.parts import components
from matching.scoring import chunks, known_scores
from matching.table import Table
from matching.weigh import weigh

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Keys:
    """The blocking keys of all records, sorted by key and row: ``key`` int64, ``row`` int32, ``rule`` uint8.

    ``first`` is where each distinct key begins, and one more.
    """

    key: np.ndarray
    row: np.ndarray
    rule: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, key: np.ndarray, row: np.ndarray, rule: np.ndarray) -> Keys:
        """Keys whose rows ascend."""
        order = np.argsort(key, kind="stable")
        key = key[order]
        starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if len(key) else order
        return cls(key, row[order], rule[order], np.append(starts, len(key)))


@dataclass(frozen=True)
class Edges:
    """Pairs of rows, ``a`` < ``b``, sorted: int32 ``weight`` in milli-bits, ``conflict`` the number of what forbids
    joining (``matching.decide.CONFLICTS``, 0 for nothing). The keys they share are ``key[first[i]:first[i + 1]]``,
    sorted."""

    a: np.ndarray
    b: np.ndarray
    weight: np.ndarray
    conflict: np.ndarray
    first: np.ndarray
    key: np.ndarray


@dataclass(frozen=True)
class Doubts:
    """Pairs of rows (lesser first) that ask for a steward, with the weight (milli-bits) and what forbids joining."""

    a: np.ndarray
    b: np.ndarray
    weight: np.ndarray
    conflict: list[str]


@dataclass(frozen=True)
class Resolved:
    """``label[row]`` is the cluster of each row, numbered from 0 as T3 numbers them. ``suppressed`` are the keys
    over their cap, sorted, with the number of their rule; ``pairs`` how many were compared."""

    suppressed: np.ndarray
    suppressed_rule: np.ndarray
    edges: Edges
    label: np.ndarray
    doubts: Doubts
    pairs: int


def resolve(
    table: Table, keys: Keys, model: MatchModel, *, workers: int = 1, progress: Progress = lambda stage: None
) -> Resolved:
    """What holds of these records and no others, without judgements."""
    progress("block")
    caps = np.array([rule.cap for rule in model.rules], dtype=np.int64)
    sizes, rule = np.diff(keys.first), keys.rule[keys.first[:-1]]
    over = sizes > caps[rule]
    left, right = _pairs(keys, sizes, over)
    progress("compare")
    weights, kept, kinds = _weigh(table, left, right, model, workers)
    a, b, weight = left[kept], right[kept], weights[kept]
    progress("cluster")
    joins = (weight > min(model.cut_mb, 0)) & (kinds == 0)
    part = components(len(table), a[joins], b[joins])
    label, doubts = _cluster(table, (left, right, weights), (a, b, weight, kinds), part, model)
    progress("edges")
    first, shared = _shared(keys, a, b, len(table), workers)
    edges = Edges(a, b, weight, kinds, first, shared)
    return Resolved(keys.key[keys.first[:-1]][over], rule[over], edges, label, doubts, len(left))


def _pairs(keys: Keys, sizes: np.ndarray, over: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs of rows that share a key within its cap, sorted, lesser first."""
    packed = []
    for size in np.unique(sizes[(sizes > 1) & ~over]).tolist():
        at = keys.first[:-1][(sizes == size) & ~over]
        i, j = np.triu_indices(size, 1)
        # Rows of one key ascend.
        a, b = keys.row[at[:, None] + i].ravel().astype(np.int64), keys.row[at[:, None] + j].ravel()
        packed.append(a << 32 | b)
    found = np.concatenate(packed) if packed else np.empty(0, dtype=np.int64)
    found.sort()
    if len(found):
        found = found[np.concatenate(([True], found[1:] != found[:-1]))]
    return found >> 32, found & 0xFFFFFFFF


def _weigh(
    table: Table, left: np.ndarray, right: np.ndarray, model: MatchModel, workers: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The weight of every pair, the places of those worth an edge, and the conflict of these."""
    if not len(left):
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int8)

    def some(part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        weights = weigh(compare(table, left[part], right[part], model), model)
        kept = np.flatnonzero(weights >= model.edge_floor_mb)
        return weights, kept + part.start, conflict_kinds(table, left[part][kept], right[part][kept], model)

    prime(table, model)
    weights, kept, kinds = zip(*each(some, list(chunks(len(left))), workers), strict=True)
    return np.concatenate(weights), np.concatenate(kept), np.concatenate(kinds).astype(np.int8)


def _cluster(
    table: Table,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    edges: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    part: np.ndarray,
    model: MatchModel,
) -> tuple[np.ndarray, Doubts]:
    """Labels and doubts, as the last of a hub's three transactions has them: the components of two and more records
    by themselves, and the edges between components as they are."""
    a, b, weight, kinds = edges
    size = np.bincount(part, minlength=1)
    several = np.flatnonzero(size[part] > 1)
    place = np.full(len(table), -1, dtype=np.int64)
    place[several] = np.arange(len(several))
    near = part[a] == part[b]
    usable = near & (kinds == 0)
    known = (place[pairs[0]] >= 0) & (place[pairs[1]] >= 0)
    part_table = table.rows(several)
    score = known_scores(part_table, (place[pairs[0][known]], place[pairs[1][known]]), pairs[2][known], model)
    found = resolve_component(part_table, (place[a[usable]], place[b[usable]], weight[usable]), (), model, score)
    # As T3 has them: first those who are alone, then the others in the order of their hashes.
    label = np.cumsum(size[part] == 1, dtype=np.int64) - 1
    alone = len(table) - len(several)
    least = np.empty(len(found.clusters), dtype=np.int64)
    for number, cluster in enumerate(found.clusters):
        rows = several[list(cluster)]
        label[rows] = alone + number
        least[number] = rows.min()
    speakers = _spokesmen(label, a[near], b[near], weight[near])
    doubts: list[tuple[int, int, int, str]] = []
    for one, two, mean, why in found.potential:
        ends = speakers.get((alone + min(one, two), alone + max(one, two)))
        if ends is None:
            x, y = int(least[one]), int(least[two])
            ends = (min(x, y), max(x, y))
        doubts.append((*ends, int(mean), str(why or "")))
    far = np.flatnonzero(~near & (weight >= model.potential_mb))
    names = ("", *CONFLICTS)
    doubts += [
        (x, y, w, names[k])
        for x, y, w, k in zip(a[far].tolist(), b[far].tolist(), weight[far].tolist(), kinds[far].tolist(), strict=True)
    ]
    columns = list(zip(*doubts, strict=True)) if doubts else [(), (), (), ()]
    numbers = [np.array(column, dtype=np.int64) for column in columns[:3]]
    return label, Doubts(numbers[0], numbers[1], numbers[2], list(columns[3]))


def _spokesmen(
    label: np.ndarray, a: np.ndarray, b: np.ndarray, weight: np.ndarray
) -> dict[tuple[int, int], tuple[int, int]]:
    """For each two clusters (lesser label first) the pair of rows with the greatest weight between them."""
    one, two = np.minimum(label[a], label[b]), np.maximum(label[a], label[b])
    across = np.flatnonzero(one != two)
    across = across[np.lexsort((b[across], a[across], -weight[across].astype(np.int64), two[across], one[across]))]
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for i, j, x, y in zip(
        one[across].tolist(), two[across].tolist(), a[across].tolist(), b[across].tolist(), strict=True
    ):
        found.setdefault((i, j), (x, y))
    return found


def _shared(keys: Keys, a: np.ndarray, b: np.ndarray, rows: int, workers: int) -> tuple[np.ndarray, np.ndarray]:
    """The keys that the two ends of each edge share, edge after edge and sorted within."""
    sizes = np.diff(keys.first)
    number = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    common = np.flatnonzero(np.repeat(sizes > 1, sizes))
    # For each row its keys that others hold too, by their number: ascending as the keys are.
    order = common[np.argsort(keys.row[common], kind="stable")]
    held, holder = number[order], keys.row[order]
    begin = np.searchsorted(holder, np.arange(rows + 1))
    packed = holder.astype(np.int64) << 32 | held
    distinct = keys.key[keys.first[:-1]]

    def some(part: slice) -> tuple[np.ndarray, np.ndarray]:
        x, y = a[part], b[part]
        many = begin[x + 1] - begin[x]
        edge = np.repeat(np.arange(len(x)), many)
        at = np.arange(len(edge)) - np.repeat(np.cumsum(many) - many, many) + begin[x][edge]
        wanted = y[edge].astype(np.int64) << 32 | held[at]
        place = np.minimum(np.searchsorted(packed, wanted), max(len(packed) - 1, 0))
        both = packed[place] == wanted if len(packed) else np.zeros(0, dtype=bool)
        return np.bincount(edge[both], minlength=len(x)), distinct[held[at[both]]]

    if not len(a):
        return np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)
    counts, found = zip(*each(some, list(chunks(len(a))), workers), strict=True)
    return np.append(0, np.cumsum(np.concatenate(counts))), np.concatenate(found)
