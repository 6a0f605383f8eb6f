"""EM for a mixture of classes of pairs: whose pairs these are, and what each class's tables then are.

Fellegi & Sunter (1969) as a latent class model, estimated by EM (Dempster, Laird & Rubin 1977): comparisons are
independent within a class, and a missing value says nothing. ``plain`` moves everything freely; with two classes
and complete data that is the classical estimator. ``matching.train`` holds roles and beliefs fast beside it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.compare import Vectors
from matching.model import CLASSES, Comparison, MatchModel
from matching.weigh import class_scores


def responsibilities(vectors: Vectors, model: MatchModel) -> np.ndarray:
    """P(class | vector): float64 [classes, pairs]."""
    scores = class_scores(vectors, model).astype(np.float64) / 1000
    odds = np.exp2(scores - scores.max(axis=0))
    return np.asarray(odds / odds.sum(axis=0))


def table(levels: np.ndarray, weights: np.ndarray, believed: tuple[float, ...], pseudo: float) -> tuple[float, ...]:
    """A class's probability of each level: weighted counts, with ``pseudo`` pairs of belief. Missing is left out."""
    seen = np.bincount(levels, weights=weights, minlength=len(believed))[: len(believed)]
    counts = seen + pseudo * np.asarray(believed)
    total = counts.sum()
    return tuple(float(p) for p in counts / total) if total > 0 else believed


def plain(vectors: Vectors, model: MatchModel, classes: tuple[str, ...], rounds: int = 200) -> MatchModel:
    """``model`` with the rates and tables of ``classes`` estimated from the pairs alone, no belief added.

    Classes that are not named keep their tables and have no part. Rates are shares of these pairs.
    """
    places = [CLASSES.index(c) for c in classes]
    rates = {c: model.rates[c] if c in classes else 1e-15 for c in CLASSES}
    model = replace(model, rates=rates)
    for _ in range(rounds):
        shares = responsibilities(vectors, model)[places]
        shares /= shares.sum(axis=0)
        before = [model.rates[c] for c in classes]
        rates.update(zip(classes, (float(s) for s in shares.sum(axis=1) / shares.sum()), strict=True))
        comparisons: list[Comparison] = []
        for j, comparison in enumerate(model.comparisons):
            tables = dict(comparison.probabilities)
            for c, share in zip(classes, shares, strict=True):
                tables[c] = table(vectors.levels[:, j], share, tables[c], 0.0)
            comparisons.append(replace(comparison, probabilities=tables))
        model = replace(model, rates=dict(rates), comparisons=tuple(comparisons))
        if max(abs(model.rates[c] - b) for c, b in zip(classes, before, strict=True)) < 1e-7:
            break
    return model
