"""The cut: how far groups may be joined for the clusters to be right as often as is wanted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.compare import compare
from matching.model import MatchModel, probability
from matching.pairs import Pairs
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
    from matching.bulk import components, weigh_all
    from matching.cluster import parts
    from matching.decide import conflict_kinds
    from matching.linkage import history
    from matching.weigh import weigh

    keep = _within_sample(table, pairs)
    pairs = (pairs[0][keep], pairs[1][keep])
    weights, forbidden = weigh_all(table, pairs, model)
    joins = (weights > model.cut_mb) & ~forbidden
    left, right, strong = pairs[0][joins], pairs[1][joins], weights[joins]
    part = components(len(table), left, right)
    sizes = np.bincount(part)
    two = sizes[part[left]] == 2
    found = [(float(w), probability(w), 1.0) for w in strong[two].tolist()]
    rest = np.flatnonzero(~two)
    rest = rest[np.argsort(part[left[rest]], kind="stable")]
    for group in np.split(rest, np.flatnonzero(np.diff(part[left[rest]])) + 1) if len(rest) else ():
        rows = np.unique(np.concatenate((left[group], right[group])))
        a, b = np.searchsorted(rows, left[group]), np.searchsorted(rows, right[group])
        for members in parts(len(rows), a, b, strong[group], set(), model):
            if len(members) > 1:
                inside = rows[members]
                i, j = np.triu_indices(len(inside), 1)
                w = weigh(compare(table, inside[i], inside[j], model), model)
                found += history(len(inside), w, conflict_kinds(table, inside[i], inside[j]), model)
    if not found:
        return np.empty(0), np.empty(0), np.empty(0)
    heights, good, count = np.array(found).T
    return heights, good, count


def _within_sample(table: Table, pairs: Pairs) -> np.ndarray:
    """Pairs of whole candidate components, of about ``SAMPLE`` records, chosen by the order hash."""
    from matching.bulk import components

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
