"""The cut: how far groups may be joined for the clusters to be right as often as is wanted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.cluster import linked_parts
from matching.linkage import Merges
from matching.model import MatchModel
from matching.pairs import Pairs
from matching.parts import components
from matching.table import Table

# Not above 0: beyond it the estimate, which is made of the same beliefs, costs more matches than it saves.
CUTS = (-2000, -1500, -1000, -500, 0)
WANTED = 0.96
SAMPLE = 60_000
# A steward is asked from this far below the cut on.
REVIEW = 3_000


def best_cut(table: Table, pairs: Pairs, model: MatchModel) -> MatchModel:
    """``model`` with the lowest cut at which the clusters' estimated precision is at least ``WANTED``.

    The estimate is the mean, over pairs in clusters, of the probability of their cluster's mean weight, on
    components of about ``SAMPLE`` records. It believes the model, so it is no guard against a wrong one.
    """
    heights, right, count = merges(table, pairs, replace(model, cut_mb=CUTS[0], potential_mb=CUTS[0]))
    for cut in CUTS:
        above = heights > cut
        total = count[above].sum()
        if not total or right[above].sum() / total >= WANTED:
            break
    return replace(model, cut_mb=cut, potential_mb=cut - REVIEW)


def merges(table: Table, pairs: Pairs, model: MatchModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each merge of the linkage: its mean weight, and by how much it adds to right pairs and to pairs."""
    from matching.bulk import known_scores, weigh_all

    keep = _within_sample(table, pairs)
    pairs = (pairs[0][keep], pairs[1][keep])
    weights, forbidden = weigh_all(table, pairs, model)
    joins = (weights > model.cut_mb) & ~forbidden
    inner, size = np.zeros(len(table)), np.ones(len(table))
    found: list[np.ndarray] = []

    def right(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        number = size[rows] * (size[rows] - 1) / 2
        mean = np.divide(inner[rows], number, out=np.zeros(len(rows)), where=number > 0)
        return number / (1 + np.exp2(-mean / 1000)), number

    def on_merge(members: np.ndarray, merges: Merges) -> None:
        x, y = members[merges.x], members[merges.y]
        (good_x, number_x), (good_y, number_y) = right(x), right(y)
        inner[x] += inner[y] + merges.total
        size[x] += size[y]
        good, number = right(x)
        found.append(np.array([merges.mean, good - good_x - good_y, number - number_x - number_y]))

    edges = (pairs[0][joins], pairs[1][joins], weights[joins])
    linked_parts(table, edges, (), model, known_scores(table, pairs, weights, model), on_merge)
    heights, good, count = np.concatenate(found, axis=1) if found else np.empty((3, 0))
    return heights, good, count


def _within_sample(table: Table, pairs: Pairs) -> np.ndarray:
    """Pairs of whole candidate components, of about ``SAMPLE`` records, chosen by the order hash."""
    n = len(table)
    if n <= SAMPLE:
        return np.ones(len(pairs[0]), dtype=bool)
    part = components(n, *pairs)
    if np.bincount(part).max() <= SAMPLE // 10:
        first = np.full(part.max() + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
        np.minimum.at(first, part, table.order)
        mark = first[part]
    else:
        # Blocks chain most records together: a record is in the sample with all its pairs.
        mark = table.order
    limit = np.partition(mark, SAMPLE)[SAMPLE]
    return np.asarray((mark[pairs[0]] <= limit) & (mark[pairs[1]] <= limit))
