"""Bulk: a whole file from canonical records to clusters, by the same functions that serve one record.

records ─► normalise ─► table + keys ─► pairs ─► (estimate) ─► weights ─► components ─► clusters
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matching.block import keys as blocking_keys
from matching.cluster import resolve_component
from matching.compare import compare
from matching.decide import conflicts
from matching.model import MatchModel
from matching.normalise import normalise
from matching.pairs import KeyList, Pairs, candidates
from matching.records import CanonicalRecord
from matching.table import Table, TableBuilder
from matching.weigh import weigh

AT_ONCE = 400_000
# Called with the name of the stage that begins; what it does with a clock is the caller's.
Progress = Callable[[str], None]
# A judgement by the order hashes (``matching.prepared.order_of``) of its two records: (order, order, same|different).
Judged = tuple[int, int, str]


@dataclass(frozen=True)
class Matched:
    """``labels[row]`` is the cluster of each record, numbered from 0 by first appearance; ``pairs`` compared."""

    table: Table
    labels: np.ndarray
    pairs: int
    model: MatchModel


def prepare(records: Iterable[CanonicalRecord], model: MatchModel) -> tuple[Table, KeyList]:
    """Columns and blocking keys of all records; a deleted record has no keys."""
    builder, keys = TableBuilder(), KeyList()
    for row, record in enumerate(records):
        prepared = normalise(record, model)
        builder.add(prepared)
        if not record.deleted:
            keys.add(row, blocking_keys(prepared, model, f"/{record.kind}"))
    return builder.table(), keys


def weigh_all(table: Table, pairs: Pairs, model: MatchModel) -> tuple[np.ndarray, np.ndarray]:
    """Weights of all pairs (int32 milli-bits), and which of them are in conflict."""
    left, right = pairs
    weights = np.empty(len(left), dtype=np.int32)
    forbidden = np.zeros(len(left), dtype=bool)
    for start in range(0, len(left), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        weights[part] = weigh(compare(table, left[part], right[part], model), model)
        # Only what could join needs to be looked at for a veto.
        hot = start + np.flatnonzero(weights[part] > min(model.cut_mb, 0))
        forbidden[hot] = conflicts(table, left[hot], right[hot], model)
    return weights, forbidden


def components(n: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The number of the connected component of each of ``n`` rows (int32)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1])


def cluster_all(
    table: Table,
    pairs: Pairs,
    weights: np.ndarray,
    forbidden: np.ndarray,
    model: MatchModel,
    judged: Sequence[tuple[int, int, str]] = (),
) -> np.ndarray:
    """Cluster labels of all rows; ``judged`` are (row, row, same|different)."""
    n = len(table)
    joins = (weights > min(model.cut_mb, 0)) & ~forbidden
    left, right, strong = pairs[0][joins], pairs[1][joins], weights[joins]
    same = np.array([j[:2] for j in judged if j[2] == "same"], dtype=np.int64).reshape(-1, 2)
    labels = np.arange(n)
    part = components(n, np.append(left, same[:, 0]), np.append(right, same[:, 1]))
    sizes = np.bincount(part, minlength=n)
    special = {int(part[row]) for a, b, _ in judged for row in (a, b)}
    # A component of two is its one edge, unless somebody judged it.
    two = (sizes[part[left]] == 2) & ~np.isin(part[left], list(special))
    merge = two & (strong > model.cut_mb)
    labels[right[merge]] = left[merge]
    for rows, group in _by_component(part, left[~two], special):
        group = np.flatnonzero(~two)[group]
        edges = (np.searchsorted(rows, left[group]), np.searchsorted(rows, right[group]), strong[group])
        place = {row: i for i, row in enumerate(rows.tolist())}
        verdicts = [(place[a], place[b], v) for a, b, v in judged if a in place and b in place] if special else []
        for cluster in resolve_component(table.rows(rows), edges, verdicts, model).clusters:
            members = rows[list(cluster)]
            labels[members] = members.min()
    return np.unique(labels, return_inverse=True)[1]


def _by_component(part: np.ndarray, left: np.ndarray, special: set[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each component that ``left`` rows of edges or judgements touch: its rows, and its edges' numbers."""
    touched = np.union1d(part[left], np.array(sorted(special), dtype=part.dtype)).astype(part.dtype)
    rows_of, edges_of = np.argsort(part, kind="stable"), np.argsort(part[left], kind="stable")
    row_parts, edge_parts = part[rows_of], part[left][edges_of]
    for number in touched.tolist():
        r = slice(*np.searchsorted(row_parts, (number, number + 1)))
        e = slice(*np.searchsorted(edge_parts, (number, number + 1)))
        yield np.sort(rows_of[r]), edges_of[e]


def judged_rows(table: Table, judgements: Iterable[Judged]) -> list[tuple[int, int, str]]:
    """Judgements as rows of the table; those of records that are not in it are left out."""
    row_of = {order: row for row, order in enumerate(table.order.tolist())}
    return [(row_of[a], row_of[b], v) for a, b, v in judgements if a in row_of and b in row_of]


def match_records(
    source: Callable[[], Iterable[CanonicalRecord]],
    model: MatchModel,
    *,
    estimate: bool = False,
    judgements: Sequence[Judged] = (),
    progress: Progress = lambda stage: None,
) -> Matched:
    """Clusters of the records that ``source`` gives (again, if asked again).

    With ``estimate`` the weights, prior and cut are estimated from the records, starting from ``model``; without
    it the model is frozen.
    """
    from matching.train import estimated, shared_contacts

    progress("prepare")
    table, keys = prepare(source(), model)
    if estimate:
        shared = shared_contacts(table)
        if shared - model.shared_contacts:
            model = model.with_shared(shared)
            table, keys = prepare(source(), model)
    progress("block")
    pairs = candidates(keys, model)
    del keys
    if estimate:
        progress("estimate")
        model = estimated(table, pairs, model, judged=judged_rows(table, judgements))
    progress("compare")
    weights, forbidden = weigh_all(table, pairs, model)
    progress("cluster")
    labels = cluster_all(table, pairs, weights, forbidden, model, judged_rows(table, judgements))
    return Matched(table, labels, len(pairs[0]), model)
