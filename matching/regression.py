"""Regression: logistic, in bits, around weights that are believed already, with a ridge towards them.

Newton's method within bounds (Hoerl & Kennard 1970 for the ridge); how far corrections may go is chosen by
cross-validation, in which pairs that share a record are held out together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching.reliability import log_losses

# Standard deviations, in bits, that corrections may be believed to have.
SPREADS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0)
FOLDS = 5
LN2 = float(np.log(2.0))
# The first columns are slopes, and a slope is worth what it does at this weight (bits).
STRETCHES = 3
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
    ridge[:STRETCHES] *= _REACH**2

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
