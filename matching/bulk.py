"""Bulk: a whole file from canonical records to clusters, by the same functions that serve one record.

records ─► normalise ─► table ─► pairs ─► (estimate) ─► weights ─► components ─► clusters
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.cluster import Score, linked_parts
from matching.compare import compare
from matching.decide import conflict_kinds, conflicts
from matching.model import MatchModel
from matching.normalise import normalise
from matching.pairs import Pairs, candidates
from matching.parallel import each
from matching.records import CanonicalRecord
from matching.table import Table
from matching.weigh import weigh

AT_ONCE = 200_000
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


def prepare(records: Iterable[CanonicalRecord], model: MatchModel) -> Table:
    """The columns of all records."""
    return Table.of(normalise(record, model) for record in records)


def weigh_all(table: Table, pairs: Pairs, model: MatchModel, workers: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Weights of all pairs (int32 milli-bits), and which of them are in conflict."""
    left, right = pairs

    def some(part: slice) -> tuple[np.ndarray, np.ndarray]:
        weights = weigh(compare(table, left[part], right[part], model), model)
        forbidden = np.zeros(len(weights), dtype=bool)
        # Only what could join needs to be looked at for a veto.
        hot = np.flatnonzero(weights > min(model.cut_mb, 0))
        forbidden[hot] = conflicts(table, left[part][hot], right[part][hot], model)
        return weights, forbidden

    if not len(left):
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=bool)
    weights, forbidden = zip(*each(some, list(chunks(len(left))), workers), strict=True)
    return np.concatenate(weights), np.concatenate(forbidden)


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


def match_records(records: Iterable[CanonicalRecord], model: MatchModel, **options: Any) -> Matched:
    """Clusters of canonical records; ``options`` are those of ``match_table``."""
    return match_table(prepare(records, model), model, **options)


def match_table(
    table: Table,
    model: MatchModel,
    *,
    estimate: bool = False,
    judgements: Sequence[Judged] = (),
    workers: int = 1,
    progress: Progress = lambda stage: None,
) -> Matched:
    """Clusters of the records of ``table``, which was prepared with ``model``.

    With ``estimate`` the weights, prior and cut are estimated from the records, starting from ``model``; without
    it the model is frozen.
    """
    from matching.train import estimated, without_shared

    if estimate:
        table, model = without_shared(table, model)
    progress("block")
    pairs = candidates(table, model, workers)
    if estimate:
        progress("estimate")
        model = estimated(table, pairs, model, judged=judged_rows(table, judgements))
    progress("compare")
    weights, forbidden = weigh_all(table, pairs, model, workers)
    progress("cluster")
    labels = cluster_all(table, pairs, weights, forbidden, model, judged_rows(table, judgements))
    return Matched(table, labels, len(pairs[0]), model)
