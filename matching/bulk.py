"""Bulk: a whole file from canonical records to clusters, by the same functions that serve one record.

records ─► normalise ─► table + keys ─► pairs ─► (estimate) ─► weights ─► components ─► clusters
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matching.block import keys as blocking_keys
from matching.cluster import Score, linked_parts
from matching.compare import compare
from matching.decide import conflict_kinds, conflicts
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
    for part in chunks(len(left)):
        weights[part] = weigh(compare(table, left[part], right[part], model), model)
        # Only what could join needs to be looked at for a veto.
        hot = part.start + np.flatnonzero(weights[part] > min(model.cut_mb, 0))
        forbidden[hot] = conflicts(table, left[hot], right[hot], model)
    return weights, forbidden


def cluster_all(
    table: Table,
    pairs: Pairs,
    weights: np.ndarray,
    forbidden: np.ndarray,
    model: MatchModel,
    judged: Sequence[tuple[int, int, str]] = (),
) -> np.ndarray:
    """Cluster labels of all rows; ``judged`` are (row, row, same|different)."""
    joins = (weights > min(model.cut_mb, 0)) & ~forbidden
    edges = (pairs[0][joins], pairs[1][joins], weights[joins])
    linked = linked_parts(table, edges, judged, model, known_scores(table, pairs, weights, model))
    labels = np.empty(len(table), dtype=np.int64)
    labels[linked.by_order] = linked.group
    return np.unique(labels, return_inverse=True)[1]


def known_scores(table: Table, pairs: Pairs, weights: np.ndarray, model: MatchModel) -> Score:
    """Weights and conflicts of pairs of rows, the weight looked up where a pair was weighed already."""
    packed = pairs[0] << 32 | pairs[1]

    def score(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        wanted = np.minimum(left, right).astype(np.int64) << 32 | np.maximum(left, right)
        out = np.empty(len(wanted), dtype=np.int32)
        kinds = np.empty(len(wanted), dtype=np.int8)
        known = np.zeros(len(wanted), dtype=bool)
        if len(packed):
            at = np.minimum(np.searchsorted(packed, wanted), len(packed) - 1)
            known = packed[at] == wanted
            out[known] = weights[at[known]]
        rest = np.flatnonzero(~known)
        for rows in chunks(len(rest)):
            out[rest[rows]] = weigh(compare(table, left[rest[rows]], right[rest[rows]], model), model)
        for rows in chunks(len(wanted)):
            kinds[rows] = conflict_kinds(table, left[rows], right[rows])
        return out, kinds

    return score


def chunks(n: int) -> Iterator[slice]:
    """Slices of ``AT_ONCE`` out of ``n``, so that memory is bounded."""
    return (slice(start, start + AT_ONCE) for start in range(0, n, AT_ONCE))


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
