"""Learn: what judgements teach a model that was estimated without them.

The learned weight stays a sum, so that an explanation is exact: the unlabelled weight on a bent line (trusted
less, or more, as it grows) and a correction for each level of each comparison, also for "missing". They are a
logistic regression (Newton's method) in bits, with a ridge that draws everything towards the unlabelled model
(Hoerl & Kennard 1970; slopes 1, corrections 0); how strongly is chosen by cross-validation, so that few judgements
leave the model as it was.

Judgements may be of pairs that a steward sees, mostly near the cut, with some candidates at random: a choice that
depends on the weight alone does not bias this regression, because the weight is in it. A choice by names or towns
would. Pairs in hard conflict are decided by the conflict, not by the weight, and teach nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from matching.calibrate import best_cut
from matching.compare import compare
from matching.decide import conflicts
from matching.model import MATCH, Learned, MatchModel, rounded
from matching.pairs import Pairs
from matching.reliability import Comparison, compared, log_losses
from matching.table import Table
from matching.weigh import class_scores, stretches, unlabelled

# Standard deviations, in bits, that corrections may be believed to have.
SPREADS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0)
FOLDS = 5
# Fewer judgements of either kind teach nothing.
LEAST = 10
# No correction exceeds this many bits, and no slope leaves this range: one mistaken judgement must not rule.
LARGEST = 3.0
SLOPES = (0.3, 1.5)
# An equal value of these is evidence for one customer, whatever a few judgements say.
GUARDED = ("tax_id", "loyalty_id", "identifier", "email", "phone", "birth_date")
# A model that loses so many nats on each judgement is not a little wrong: the labels are of other records.
CONTRADICTION = 1.0
LN2 = float(np.log(2.0))
Judgement = tuple[int, int, str]
# A slope is worth what it does at this weight.
_REACH = 4.0


@dataclass(frozen=True)
class Design:
    """The judged pairs as a regression sees them; ``weight`` [n] in bits, ``columns`` [n, p], bounds [p].

    ``group`` numbers the pairs that share records: they are held out together.
    """

    weight: np.ndarray
    columns: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    same: np.ndarray
    group: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Design:
        return replace(
            self, weight=self.weight[rows], columns=self.columns[rows], same=self.same[rows], group=self.group[rows]
        )

    def __len__(self) -> int:
        return len(self.same)

    def predicted(self, beta: np.ndarray) -> np.ndarray:
        """Weights in bits under the regression ``beta`` [p]."""
        return np.asarray(self.weight + self.columns @ beta)


@dataclass(frozen=True)
class Lesson:
    """``model`` with learned weights, or as it was; ``reason`` says why; how both did on held-out judgements.

    ``labels`` pairs counted, ``same`` of them judged same; ``conflicting`` pairs in hard conflict taught nothing.
    ``spread`` is the standard deviation (bits) that corrections were believed to have.
    """

    model: MatchModel
    labels: int
    same: int
    conflicting: int
    spread: float
    held_out: Comparison | None
    accepted: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        """All but the model, as JSON values."""
        return {
            "labels": self.labels,
            "same": self.same,
            "conflicting": self.conflicting,
            "folds": FOLDS,
            "spread": self.spread,
            "accepted": self.accepted,
            "reason": self.reason,
            "held_out": self.held_out.to_json() if self.held_out else None,
        }


def learned(table: Table, pairs: Pairs, judged: Sequence[Judgement], model: MatchModel) -> Lesson:
    """What ``judged`` pairs (row, row, same|different) of ``table`` teach ``model``, which was made without them.

    The learned weights are taken only if they are better on held-out judgements by the whole of a 95 % interval;
    then the cut is chosen again on the candidate ``pairs``. What judgements had taught before is forgotten. Does
    not depend on the order of judgements or of rows.
    """
    # Hundreds of small systems of equations: threads would wait for one another, and change the last digits.
    with threadpool_limits(1):
        return _learned(table, pairs, judged, model)


def _learned(table: Table, pairs: Pairs, judged: Sequence[Judgement], model: MatchModel) -> Lesson:
    if model.learned is not None:
        model = replace(model, learned=None)
    design, conflicting = designed(table, judged, model)
    same = int(design.same.sum())
    found, spread, held_out, accepted = model, 0.0, None, False
    if min(same, len(design) - same) < LEAST:
        reason = (
            f"{same} pairs are judged same and {len(design) - same} different; weights are learned from {LEAST} of "
            "each on, so they stay as they were"
        )
    else:
        held_out = compared(design.weight, held_out_weights(design), design.same, design.group)
        believable = held_out.before.log_loss < CONTRADICTION
        accepted = believable and held_out.difference[2] < 0
        reason = "On held-out judgements the learned weights were not surely better, so the weights stay as they were"
        if not believable:
            reason = (
                "The judgements contradict what the records show almost throughout, so the weights stay as they were; "
                "check that the labels belong to these records"
            )
    if accepted:
        spread = best_spread(design)
        reason = "On held-out judgements the learned weights were better"
        found = best_cut(table, pairs, replace(model, learned=as_learned(fit(design, spread), model)))
    lesson = Lesson(found, len(design), same, conflicting, spread, held_out, accepted, reason)
    told = {**model.provenance, "judgements": _provenance(lesson)}
    return replace(lesson, model=rounded(replace(found, provenance=told)))


def _provenance(lesson: Lesson) -> dict[str, Any]:
    out: dict[str, Any] = {"labels": lesson.labels, "same": lesson.same, "accepted": lesson.accepted}
    if (held := lesson.held_out) is not None:
        out |= {
            "folds": FOLDS,
            "spread": lesson.spread,
            "log_loss_before": round(held.before.log_loss, 6),
            "log_loss_after": round(held.after.log_loss, 6),
            "difference_interval": [round(d, 6) for d in held.difference[1:]],
        }
    return out


def designed(table: Table, judged: Sequence[Judgement], model: MatchModel) -> tuple[Design, int]:
    """Judged pairs as a regression, and how many were left out for a hard conflict. "Different" wins over "same"."""
    verdicts: dict[tuple[int, int], bool] = {}
    order = table.order
    for i, j, verdict in judged:
        if i != j and verdict in ("same", "different"):
            pair = (i, j) if order[i] <= order[j] else (j, i)
            verdicts[pair] = verdicts.get(pair, True) and verdict == "same"
    pairs = sorted(verdicts, key=lambda p: (int(order[p[0]]), int(order[p[1]])))
    left, right = (np.array([p[side] for p in pairs], dtype=np.intp) for side in (0, 1))
    free = ~conflicts(table, left, right, model) if len(pairs) else np.zeros(0, dtype=bool)
    same = np.array([verdicts[p] for p in pairs], dtype=bool)[free]
    conflicting = int((~free).sum())
    left, right = left[free], right[free]
    vectors = compare(table, left, right, model)
    weight = unlabelled(class_scores(vectors, model), model)
    columns = [*stretches(weight) / 1000.0, np.ones(len(weight))]
    null = model.scores.shape[2] - 1
    for j, comparison in enumerate(model.comparisons):
        levels = (*range(len(comparison.levels)), null)
        columns += [(vectors.levels[:, j] == level).astype(np.float64) for level in levels]
    lower, upper = _bounds(model)
    found = Design(weight / 1000.0, np.stack(columns, axis=1), lower, upper, same, _groups(table, left, right))
    return found, conflicting


def _bounds(model: MatchModel) -> tuple[np.ndarray, np.ndarray]:
    """How far each part of the regression may go: equal values stay evidence for, at the least slope too."""
    lower = [SLOPES[0] - 1] * 3 + [-LARGEST]
    upper = [SLOPES[1] - 1] * 3 + [LARGEST]
    for j, comparison in enumerate(model.comparisons):
        n = len(comparison.levels)
        low, high = [-LARGEST] * (n + 1), [LARGEST] * (n + 1)
        if comparison.attribute in GUARDED or comparison.attribute.startswith("attribute:"):
            exact = model.scores[:, j, 0] / 1000.0
            room = max(0.0, SLOPES[0] * (exact[MATCH] - np.delete(exact, MATCH).max())) / 2
            low[0] = -min(LARGEST, room)
            high[1:] = [min(LARGEST, room)] * n
        lower += low
        upper += high
    return np.array(lower), np.array(upper)


def _groups(table: Table, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Pairs that share records have one number, which is a hash of the records."""
    order = table.order
    name: dict[int, int] = {}

    def root(x: int) -> int:
        while name.setdefault(x, x) != x:
            name[x] = name[name[x]]
            x = name[x]
        return x

    ends = list(zip(order[left].tolist(), order[right].tolist(), strict=True))
    for a, b in ends:
        x, y = root(a), root(b)
        name[max(x, y)] = min(x, y)
    return np.array([root(a) for a, _ in ends], dtype=np.uint64)


def folds(design: Design, count: int = FOLDS) -> np.ndarray:
    """The fold of each pair: groups of pairs are dealt in the order of their hashes, so that none is split."""
    mixed = design.group * np.uint64(0x9E3779B97F4A7C15) ^ (design.group >> np.uint64(29))
    groups, inverse, sizes = np.unique(mixed, return_inverse=True, return_counts=True)
    # Into the fold with fewest pairs, largest groups first.
    held = np.zeros(count, dtype=np.int64)
    fold = np.empty(len(groups), dtype=np.int64)
    for g in np.lexsort((groups, -sizes)).tolist():
        fold[g] = int(held.argmin())
        held[fold[g]] += sizes[g]
    return np.asarray(fold[inverse])


def held_out_weights(design: Design) -> np.ndarray:
    """For each pair its weight (bits) by a regression that saw neither it nor a pair that shares a record.

    Also the spread is chosen without it.
    """
    out = np.empty(len(design))
    fold = folds(design)
    for f in range(FOLDS):
        rest, out_of = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        if len(rest) and len(out_of):
            part = design[rest]
            out[out_of] = design[out_of].predicted(fit(part, best_spread(part)))
    return out


def best_spread(design: Design) -> float:
    """The spread with the least held-out log loss; the lesser of two that are as good."""
    fold = folds(design)
    losses = np.zeros(len(SPREADS))
    for f in range(FOLDS):
        part, held = design[np.flatnonzero(fold != f)], design[np.flatnonzero(fold == f)]
        beta = np.zeros(design.columns.shape[1])
        for i, spread in enumerate(SPREADS):
            beta = fit(part, spread, beta)
            losses[i] += log_losses(held.predicted(beta), held.same).sum()
    return SPREADS[int(np.round(losses, 6).argmin())]


def fit(design: Design, spread: float, start: np.ndarray | None = None) -> np.ndarray:
    """The regression ``beta`` [p] for one spread, within its bounds: Newton's method on what is not at a bound."""
    p = design.columns.shape[1]
    beta = np.zeros(p) if start is None else start.copy()
    if spread <= 0 or not len(design):
        return np.zeros(p)
    ridge = np.full(p, 1.0 / spread**2)
    ridge[:3] *= _REACH**2

    def loss(b: np.ndarray) -> float:
        return float(log_losses(design.predicted(b), design.same).sum() + 0.5 * (ridge * b * b).sum())

    now = loss(beta)
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-LN2 * design.predicted(beta)))
        slope = LN2 * design.columns.T @ (chance - design.same) + ridge * beta
        bend = LN2**2 * (design.columns * (chance * (1 - chance))[:, None]).T @ design.columns + np.diag(ridge)
        stuck = ((beta <= design.lower) & (slope > 0)) | ((beta >= design.upper) & (slope < 0))
        free = np.flatnonzero(~stuck)
        step = np.zeros(p)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        length = 1.0
        while length > 1e-4:
            tried = np.clip(beta - length * step, design.lower, design.upper)
            new = loss(tried)
            if new <= now:
                break
            length /= 2
        else:
            break
        done = now - new < 1e-9 * max(1.0, now)
        beta, now = tried, new
        if done:
            break
    return beta


def as_learned(beta: np.ndarray, model: MatchModel) -> Learned:
    """The regression in whole milli-bits and per mille, as a model holds it."""
    # Rounded to 5 milli-bits: what machines differ by in the last digits is not to show.
    whole = [5 * round(float(b) * 200) for b in beta]
    slopes = (1000 + whole[0], 1000 + whole[1], 1000 + whole[2])
    at = 4
    corrections = {}
    for comparison in model.comparisons:
        n = len(comparison.levels) + 1
        if any(whole[at : at + n]):
            corrections[comparison.attribute] = tuple(whole[at : at + n])
        at += n
    return Learned(whole[3], slopes, corrections)
