"""Reliability: whether pairs that are believed to be one customer with probability p are so in p of all cases.

Weights are log2 odds in bits. Brier score (Brier 1950) and log loss in nats, both better the lower; intervals are
of 95 %: Wilson's for a share (Wilson 1927), of a paired bootstrap for a difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

EDGES = (0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1.0)
DRAWS = 2000
_Z = 1.959964
_LN2 = float(np.log(2.0))


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of which ``right`` of ``n`` were seen.

    >>> tuple(round(x, 3) for x in wilson(8, 10))
    (0.49, 0.943)
    """
    if not n:
        return 0.0, 1.0
    share, z = right / n, _Z * _Z / n
    middle = (share + z / 2) / (1 + z)
    half = _Z / (1 + z) * math.sqrt(share * (1 - share) / n + z / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def probabilities(weights: np.ndarray) -> np.ndarray:
    """Match probabilities of weights in bits."""
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(weights, -60, 60))))


def log_losses(weights: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Log loss of each pair, nats: −ln of the probability that was given to what is so."""
    signed = np.where(same, weights, -weights) * _LN2
    return np.asarray(np.logaddexp(0.0, -signed))


@dataclass(frozen=True)
class Bin:
    """Pairs believed with probability ``low`` to ``high``: their mean belief and the share that is so."""

    low: float
    high: float
    n: int
    believed: float
    observed: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Reliability:
    n: int
    bins: tuple[Bin, ...]
    brier: float
    log_loss: float


@dataclass(frozen=True)
class Comparison:
    """Two models on the same held-out pairs; ``difference`` of log loss is (after − before, low, high)."""

    before: Reliability
    after: Reliability
    difference: tuple[float, float, float]


def reliability(weights: np.ndarray, same: np.ndarray) -> Reliability:
    """The reliability curve of weights (bits) of pairs of which ``same`` says what they are."""
    p = probabilities(weights)
    place = np.minimum(np.searchsorted(EDGES, p, side="right") - 1, len(EDGES) - 2)
    bins = []
    for b in range(len(EDGES) - 1):
        rows = place == b
        n, right = int(rows.sum()), int(same[rows].sum())
        if n:
            bins.append(Bin(EDGES[b], EDGES[b + 1], n, float(p[rows].mean()), right / n, wilson(right, n)))
    if not len(p):
        return Reliability(0, (), 0.0, 0.0)
    brier = float(((p - same) ** 2).mean())
    return Reliability(len(p), tuple(bins), brier, float(log_losses(weights, same).mean()))


def compared(before: np.ndarray, after: np.ndarray, same: np.ndarray, group: np.ndarray) -> Comparison:
    """Two sets of weights (bits) of the same pairs; the bootstrap draws whole ``group``\\ s, seeded."""
    change = log_losses(after, same) - log_losses(before, same)
    _, inverse, sizes = np.unique(group, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, weights=change)
    drawn = np.random.default_rng(len(same)).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), DRAWS)
    means = (drawn @ sums) / np.maximum(drawn @ sizes, 1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Comparison(
        reliability(before, same), reliability(after, same), (float(change.mean()), float(low), float(high))
    )
