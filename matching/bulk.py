"""Bulk: a whole file from canonical records to clusters, by the same functions that serve one record.

records ─► normalise ─► table ─► pairs ─► (estimate) ─► weights ─► components ─► clusters
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.cluster import linked_parts
from matching.model import MatchModel, rounded
from matching.normalise import normalise
from matching.pairs import Pairs, candidates
from matching.records import CanonicalRecord
from matching.scoring import Weights, known_scores, weigh_all
from matching.table import Table

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


def cluster_all(
    table: Table,
    pairs: Pairs,
    weights: Weights,
    model: MatchModel,
    judged: Sequence[tuple[int, int, str]] = (),
) -> np.ndarray:
    """Cluster labels of all rows; ``judged`` are (row, row, same|different)."""
    joins = (weights.match > min(model.cut_mb, 0)) & ~weights.forbidden
    edges = (pairs[0][joins], pairs[1][joins], weights.match[joins])
    linked = linked_parts(table, edges, judged, model, known_scores(table, pairs, weights.match, model))
    labels = np.empty(len(table), dtype=np.int64)
    labels[linked.by_order] = linked.group
    return np.unique(labels, return_inverse=True)[1]


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
    from matching.calibrate import best_cut, lowest, without_witness
    from matching.learn import learned
    from matching.train import tables, without_shared

    if estimate:
        table, model = without_shared(table, model)
    progress("block")
    pairs = candidates(table, model, workers)
    judged = judged_rows(table, judgements)
    blind = None
    if estimate:
        progress("estimate")
        model = tables(table, pairs, model, workers=workers)
        if judged:
            progress("learn")
            model = learned(table, judged, model).model
        model = lowest(model)
        blind = without_witness(model)
    progress("compare")
    weights = weigh_all(table, pairs, model, workers, other=blind)
    if estimate:
        progress("calibrate")
        model = rounded(best_cut(table, pairs, model, weights))
    progress("cluster")
    labels = cluster_all(table, pairs, weights, model, judged)
    return Matched(table, labels, len(pairs[0]), model)
