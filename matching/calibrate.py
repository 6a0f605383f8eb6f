"""The cut: how far groups may be joined for the clusters to be right as often as is wanted.

A model's own probabilities are no guard against a wrong model. So the precision is measured against a witness that
had no say: the records are clustered without their birth dates, and then the birth dates of each cluster are looked
at. Of true matches few disagree (seen where everything else agrees), of strangers nearly all; the share that
disagrees in the clusters of a cut says how many of their pairs are false. Where too few birth dates are known, the
model's own belief has to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching.cluster import linked_parts
from matching.comparators.dates import L as BIRTH
from matching.comparators.dates import birth_levels
from matching.decide import CONFLICTS
from matching.linkage import Merges
from matching.model import MatchModel
from matching.pairs import Pairs
from matching.parts import components
from matching.scoring import Weights, known_scores, weigh_all
from matching.table import Table

WITNESS = "birth_date"
CUTS = tuple(range(-3000, 2001, 500))
# Of the pairs in clusters, by the witness. Where the truth was known it said up to .027 too much, and .95 is promised.
WANTED = 0.977
# Without a witness: wherever the truth was known, clusters of this cut were .967 right and more, while the model
# believed .87 to .95. A model that believes less than this of them is unsure of its classes, and gets even odds.
UNWITNESSED, LEAST_BELIEF = -1_000, 0.8
# Records in the sample; pairs with two known birth dates for the witness to be heard.
SAMPLE = 100_000
LEAST = 300
# Where everything but the witness agrees so far (milli-bits), the pair is a match.
CERTAIN = 9_000
# A steward is asked from this far below the cut on, but not where one pair in ten is a match or fewer.
REVIEW, UNLIKELY = 3_000, -4_500


@dataclass(frozen=True)
class Precision:
    """Estimated precision of the clusters at each of ``CUTS``, and by whom: the witness, or the model's belief."""

    by_cut: tuple[float, ...]
    witnesses: int

    def lowest(self) -> int:
        """The lowest cut at which the precision is as wanted; the highest where it is at none."""
        if not self.witnesses:
            return UNWITNESSED if self.by_cut[CUTS.index(UNWITNESSED)] >= LEAST_BELIEF else 0
        good = [cut for cut, p in zip(CUTS, self.by_cut, strict=True) if p >= WANTED]
        return good[0] if good else CUTS[-1]


def best_cut(table: Table, pairs: Pairs, model: MatchModel, weights: Weights | None = None) -> MatchModel:
    """``model`` with the lowest cut at which the clusters are as precise as is wanted.

    ``weights`` are those of the pairs under ``lowest(model)``, with those of ``without_witness(model)`` beside
    them, where the caller has them.
    """
    precision = estimate(table, pairs, model, weights)
    cut = precision.lowest()
    provenance = {
        **model.provenance,
        "estimated_precision": round(precision.by_cut[CUTS.index(cut)], 4),
        "witnesses": precision.witnesses,
    }
    return replace(_at(model, cut), provenance=provenance)


def cautious(model: MatchModel) -> MatchModel:
    """The model for records that it has not seen: a cut below even odds has to be measured on them, and what contact
    points are shared in one file says nothing of another."""
    return replace(_at(model, max(model.cut_mb, 0)), shared_contacts=frozenset())


def _at(model: MatchModel, cut: int) -> MatchModel:
    return replace(model, cut_mb=cut, potential_mb=min(cut, max(cut - REVIEW, UNLIKELY)))


def estimate(table: Table, pairs: Pairs, model: MatchModel, weights: Weights | None = None) -> Precision:
    """How precise the clusters of each cut are."""
    if not len(pairs[0]):
        return Precision((1.0,) * len(CUTS), 0)
    model, blind_model = lowest(model), without_witness(model)
    weights = weights or weigh_all(table, pairs, model, other=blind_model)
    blind = weights.match if weights.other is None else weights.other
    rows, heights = _heights(table, pairs, blind, blind_model, CONFLICTS.index(WITNESS) + 1)
    births = table.column("birth")[:, 0]
    left, right = births[pairs[0][rows]], births[pairs[1][rows]]
    known = (left >= 0) & (right >= 0)
    differ = _differ(left[known], right[known], table)
    precision = _witnessed(differ, heights[known], blind[rows][known], _strangers(table))
    if precision:
        return precision
    rows, heights = _heights(table, pairs, weights.match, lowest(model), 0)
    belief = 1 / (1 + np.exp2(-heights / 1000))
    shares = [float(belief[heights > cut].mean()) if (heights > cut).any() else 1.0 for cut in CUTS]
    return Precision(tuple(shares), 0)


def _witnessed(differ: np.ndarray, heights: np.ndarray, blind: np.ndarray, strangers: np.ndarray) -> Precision | None:
    """``differ``: whether the birth dates of each pair disagree; ``strangers`` the same of pairs that are none."""
    joined = [heights > cut for cut in CUTS]
    if min(joined[0].sum(), len(strangers)) < LEAST:
        return None
    certain = [blind >= CERTAIN, *(heights > cut for cut in (2000, 3000, 4000))]
    # Father and son agree in all else: the least share that any view of the certain shows is the best.
    among_matches = min((float(differ[c].mean()) for c in certain if c.sum() >= LEAST // 3), default=1.0)
    among_strangers = float(strangers.mean())
    if among_strangers - among_matches < 0.5:
        return None

    def precision(rows: np.ndarray) -> float:
        share = float(differ[rows].mean()) if rows.any() else among_matches
        # One standard error for few witnesses.
        share += float(np.sqrt(share * (1 - share) / max(rows.sum(), 1)))
        return min(1.0, 1 - (share - among_matches) / (among_strangers - among_matches))

    return Precision(tuple(precision(rows) for rows in joined), int(joined[0].sum()))


def _strangers(table: Table) -> np.ndarray:
    """Whether the birth dates differ of pairs of records that have one, drawn blindly (bool)."""
    births = table.column("birth")[np.argsort(table.order, kind="stable"), 0]
    births = births[births >= 0]
    # Neighbours in the order of the hashes are strangers.
    return _differ(births[:-1], births[1:], table)


def _differ(left: np.ndarray, right: np.ndarray, table: Table) -> np.ndarray:
    levels = birth_levels(left, right, table.values("birth"))
    return np.asarray((levels == BIRTH["else"]) | (levels == BIRTH["far"]))


def lowest(model: MatchModel) -> MatchModel:
    """The model with the lowest cut that is thought of."""
    return _at(model, CUTS[0])


def without_witness(model: MatchModel) -> MatchModel:
    """The model with the lowest cut, to which the witness says nothing."""
    silent = [
        replace(c, probabilities={k: (1.0,) * len(c.levels) for k in c.probabilities}, chance=())
        if c.attribute == WITNESS
        else c
        for c in model.comparisons
    ]
    learned = model.learned
    if learned:
        taught = {name: row for name, row in learned.corrections_mb.items() if name != WITNESS}
        learned = replace(learned, corrections_mb=taught)
    return replace(lowest(model), comparisons=tuple(silent), learned=learned)


def _heights(
    table: Table, pairs: Pairs, weights: np.ndarray, model: MatchModel, pardoned: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (their numbers) of a sample of components, and the highest cut at which each is still in one cluster.

    A pair that is in one cluster at no cut has a height of ``CUTS[0]``. The conflict ``pardoned`` forbids nothing.
    """
    strong = np.flatnonzero(weights > CUTS[0])
    rows = strong[_sampled(table, pairs[0][strong], pairs[1][strong])]
    left, right = pairs[0][rows], pairs[1][rows]
    known = known_scores(table, (left, right), weights[rows], model)

    def score(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found, kinds = known(a, b)
        return found, np.where(kinds == pardoned, 0, kinds)

    free = score(left, right)[1] == 0
    rank = np.empty(len(table), dtype=np.int64)
    rank[np.argsort(table.order, kind="stable")] = np.arange(len(table))
    one, two = rank[left], rank[right]
    low = np.full(len(table), np.iinfo(np.int64).max)
    heights = np.full(len(rows), CUTS[0], dtype=np.int64)
    waiting = np.arange(len(rows))
    into = np.arange(len(table))

    def on_merge(members: np.ndarray, merges: Merges) -> None:
        nonlocal waiting
        x, y = members[merges.x], members[merges.y]
        low[x] = np.minimum(merges.mean, np.minimum(low[x], low[y]))
        into[y] = x
        one[waiting], two[waiting] = into[one[waiting]], into[two[waiting]]
        met = one[waiting] == two[waiting]
        heights[waiting[met]] = low[one[waiting[met]]]
        waiting = waiting[~met]

    linked_parts(table, (left[free], right[free], weights[rows][free]), (), model, score, on_merge)
    return rows, heights


def _sampled(table: Table, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Which pairs are of whole components of about ``SAMPLE`` records, chosen by the order hash (bool)."""
    part = components(len(table), left, right)
    size = np.bincount(part)
    several = np.flatnonzero(size[part] > 1)
    if len(several) <= SAMPLE:
        return np.ones(len(left), dtype=bool)
    first = np.full(len(size), np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(first, part, table.order)
    chosen = np.argsort(first, kind="stable")
    chosen = chosen[size[chosen] > 1]
    taken = np.zeros(len(size), dtype=bool)
    taken[chosen[: 1 + int(np.searchsorted(np.cumsum(size[chosen]), SAMPLE))]] = True
    return np.asarray(taken[part[left]])
