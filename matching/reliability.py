"""Reliability: whether pairs that are believed to be one customer with probability p are so in p of all cases.

Weights are log2 odds in bits. Brier score (Brier 1950) and log loss in nats, both better the lower; intervals are
of 95 %: Wilson's for a share (Wilson 1927), of a paired bootstrap for a difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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

    def to_json(self) -> dict[str, Any]:
        return {
            "from": self.low,
            "to": self.high,
            "pairs": self.n,
            "believed": round(self.believed, 4),
            "observed": round(self.observed, 4),
            "interval": [round(x, 4) for x in self.interval],
        }


@dataclass(frozen=True)
class Reliability:
    n: int
    bins: tuple[Bin, ...]
    brier: float
    log_loss: float

    def to_json(self) -> dict[str, Any]:
        return {
            "pairs": self.n,
            "brier": round(self.brier, 6),
            "log_loss": round(self.log_loss, 6),
            "bins": [b.to_json() for b in self.bins],
        }

    def expectations(self) -> list[str]:
        """A curve made of beliefs alone (``expected``) in words, one line a bin."""
        return [
            f"{b.low:.0%} to {b.high:.0%}: {b.n:,} pairs, {b.n * b.believed:,.0f} of them believed one customer"
            for b in self.bins
        ]

    def lines(self) -> list[str]:
        """The curve in words, one line a bin."""
        out = []
        for b in self.bins:
            low, high = b.interval
            verdict = "as believed" if low <= b.believed <= high else "more" if b.observed > b.believed else "fewer"
            out.append(
                f"Believed {b.low:.0%} to {b.high:.0%}, mean {b.believed:.1%}: of {b.n:,} pairs {b.observed:.1%} "
                f"are one customer (95 % interval {low:.1%} to {high:.1%}): {verdict}"
            )
        return out


@dataclass(frozen=True)
class Comparison:
    """Two models on the same held-out pairs; ``difference`` of log loss is (after − before, low, high)."""

    before: Reliability
    after: Reliability
    difference: tuple[float, float, float]

    def to_json(self) -> dict[str, Any]:
        mean, low, high = (round(x, 6) for x in self.difference)
        return {
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "log_loss_difference": mean,
            "interval": [low, high],
        }


def expected(weights: np.ndarray) -> Reliability:
    """The curve that weights (bits) themselves lead to expect, where nothing is known of the pairs.

    Shows how sure a model is of how many pairs; whether it is right to be takes judgements.
    """
    p = probabilities(weights)
    bins = []
    for b, rows in _binned(p):
        n, mean = len(rows), float(p[rows].mean())
        bins.append(Bin(EDGES[b], EDGES[b + 1], n, mean, mean, wilson(round(n * mean), n)))
    if not len(p):
        return Reliability(0, (), 0.0, 0.0)
    loss = p * log_losses(weights, np.ones(len(p), dtype=bool)) + (1 - p) * log_losses(weights, np.zeros(len(p), bool))
    return Reliability(len(p), tuple(bins), float((p * (1 - p)).mean()), float(loss.mean()))


def _binned(p: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Bins that hold any probabilities, and the rows that each holds."""
    place = np.minimum(np.searchsorted(EDGES, p, side="right") - 1, len(EDGES) - 2)
    for b in range(len(EDGES) - 1):
        rows = np.flatnonzero(place == b)
        if len(rows):
            yield b, rows


def reliability(weights: np.ndarray, same: np.ndarray) -> Reliability:
    """The reliability curve of weights (bits) of pairs of which ``same`` says what they are."""
    p = probabilities(weights)
    bins = []
    for b, rows in _binned(p):
        n, right = len(rows), int(same[rows].sum())
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
