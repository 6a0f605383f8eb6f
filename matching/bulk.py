"""Bulk: a whole file from canonical records to clusters, by the same functions that serve one record.

    records ─► normalise ─► table + keys ─► pairs ─► (estimate) ─► weights ─► components ─► clusters
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    table: Table, pairs: Pairs, weights: np.ndarray, forbidden: np.ndarray, model: MatchModel
) -> np.ndarray:
    """Cluster labels of all rows."""
    n = len(table)
    joins = (weights > min(model.cut_mb, 0)) & ~forbidden
    left, right, strong = pairs[0][joins], pairs[1][joins], weights[joins]
    labels = np.arange(n)
    part = components(n, left, right)
    sizes = np.bincount(part, minlength=n)
    # A component of two is its one edge.
    two = sizes[part[left]] == 2
    merge = two & (strong > model.cut_mb)
    labels[right[merge]] = left[merge]
    rest = np.flatnonzero(~two)
    if len(rest):
        rest = rest[np.argsort(part[left[rest]], kind="stable")]
        cuts = np.flatnonzero(np.diff(part[left[rest]])) + 1
        for group in np.split(rest, cuts):
            rows = np.unique(np.concatenate((left[group], right[group])))
            edges = (np.searchsorted(rows, left[group]), np.searchsorted(rows, right[group]), strong[group])
            for cluster in resolve_component(table.rows(rows), edges, (), model).clusters:
                members = rows[list(cluster)]
                labels[members] = members.min()
    return np.unique(labels, return_inverse=True)[1]


def match_records(
    source: Callable[[], Iterable[CanonicalRecord]],
    model: MatchModel,
    *,
    estimate: bool = False,
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
        model = estimated(table, pairs, model)
    progress("compare")
    weights, forbidden = weigh_all(table, pairs, model)
    progress("cluster")
    labels = cluster_all(table, pairs, weights, forbidden, model)
    return Matched(table, labels, len(pairs[0]), model)
