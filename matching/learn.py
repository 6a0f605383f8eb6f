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

from matching.compare import compare
from matching.decide import conflicts
from matching.model import MATCH, Learned, MatchModel, rounded
from matching.regression import FOLDS, STRETCHES, Design, best_spread, fit, held_out_weights
from matching.reliability import Comparison, compared
from matching.table import Table
from matching.weigh import class_scores, stretches, unlabelled

# Fewer judgements of either kind teach nothing.
LEAST = 10
# No correction exceeds this many bits, and no slope leaves this range: one mistaken judgement must not rule.
LARGEST = 3.0
SLOPES = (0.3, 1.5)
# An equal value of these is evidence for one customer, whatever a few judgements say.
GUARDED = ("tax_id", "loyalty_id", "identifier", "email", "phone", "birth_date")
# A model that loses so many nats on each judgement is not a little wrong: the labels are of other records.
CONTRADICTION = 1.0
Judgement = tuple[int, int, str]


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


def learned(table: Table, judged: Sequence[Judgement], model: MatchModel) -> Lesson:
    """What ``judged`` pairs (row, row, same|different) of ``table`` teach ``model``, which was made without them.

    The learned weights are taken only if they are better on held-out judgements by the whole of a 95 % interval.
    The cut stays and has to be chosen again (``matching.calibrate``). What judgements had taught before is
    forgotten. Does not depend on the order of judgements or of rows.
    """
    # Hundreds of small systems of equations: threads would wait for one another, and change the last digits.
    with threadpool_limits(1):
        return _learned(table, judged, model)


def _learned(table: Table, judged: Sequence[Judgement], model: MatchModel) -> Lesson:
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
        found = replace(model, learned=as_learned(fit(design, spread), model))
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
    lower = [SLOPES[0] - 1] * STRETCHES + [-LARGEST]
    upper = [SLOPES[1] - 1] * STRETCHES + [LARGEST]
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
