"""Weigh: the match weight of a comparison vector, in whole milli-bits.

Each class of pairs (strangers, namesakes, household, namesake relatives, matches) has a log2 probability of the
vector; the weight is that of match less that of all the others together. All sums are of integers, also the
sum of the others' probabilities (by a table of log2(1 + 2^-d)), so that a pair weighs the same on every machine
and in every batch.
"""

from __future__ import annotations

import math

import numpy as np

from matching.compare import Vectors
from matching.model import BEND, CLASSES, MATCH, Learned, MatchModel

# log2(1 + 2^(-d/1000)) in milli-bits, for differences d of 0 to 12 bits; beyond it adds nothing.
_SPAN = 12_000
_ADD = np.array([round(1000 * math.log2(1 + 2 ** (-d / 1000))) for d in range(_SPAN + 1)], dtype=np.int32)


def log_add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """log2(2^a + 2^b) of milli-bits, as milli-bits (int32)."""
    return np.asarray(np.maximum(a, b) + _ADD[np.minimum(np.abs(a - b), _SPAN)])


def class_scores(vectors: Vectors, model: MatchModel) -> np.ndarray:
    """log2 of rate times likelihood for each class: int32 milli-bits [classes, pairs]."""
    scores = model.scores
    out = np.repeat(model.rates_mb[:, None], len(vectors), axis=1)
    levels = np.ascontiguousarray(vectors.levels.T)
    for j in range(len(levels)):
        out += scores[:, j].take(levels[j], axis=1)
    for j, counts in model.adjusted:
        out += counts[:, None] * vectors.adjust[j]
    return np.asarray(out)


def others(scores: np.ndarray) -> np.ndarray:
    """log2 of the sum over all classes but match (int32 milli-bits [pairs])."""
    total = scores[0]
    for k in range(1, len(CLASSES)):
        if k != MATCH:
            total = log_add(total, scores[k])
    return np.asarray(total)


def unlabelled(scores: np.ndarray, model: MatchModel) -> np.ndarray:
    """The weight before judgements taught anything (int32 milli-bits [pairs]), within ±``model.limit_mb``."""
    return np.asarray(np.clip(scores[MATCH] - others(scores), -model.limit_mb, model.limit_mb).astype(np.int32))


def stretches(weight: np.ndarray) -> np.ndarray:
    """A weight as the sum of what lies below −``BEND``, between, and above (int32 milli-bits [3, pairs])."""
    return np.stack((np.minimum(weight + BEND, 0), np.clip(weight, -BEND, BEND), np.maximum(weight - BEND, 0)))


def bent(weight: np.ndarray, learned: Learned) -> np.ndarray:
    """The weight on the line that judgements laid, rounded down to whole milli-bits (int32 [pairs])."""
    slopes = np.array(learned.slopes_pm, dtype=np.int32)[:, None]
    return np.asarray((slopes * stretches(weight)).sum(axis=0, dtype=np.int32) // 1000 + np.int32(learned.intercept_mb))


def weigh(vectors: Vectors, model: MatchModel) -> np.ndarray:
    """Match weights (int32 milli-bits [pairs]) within ±``model.limit_mb``; prior included, symmetric."""
    scores = class_scores(vectors, model)
    weight = unlabelled(scores, model)
    if model.learned is None:
        return weight
    weight = bent(weight, model.learned)
    for name in model.learned.corrections_mb:
        j = model.index[name]
        weight += model.corrections[j][vectors.levels[:, j]]
    return np.asarray(np.clip(weight, -model.limit_mb, model.limit_mb).astype(np.int32))
