"""Evaluate: how far clusters agree with the truth, by pairs and by records (B-cubed, Bagga & Baldwin 1998)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Measures:
    """Precision, recall and F1, each from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def to_json(self) -> dict[str, float]:
        return {"precision": round(self.precision, 6), "recall": round(self.recall, 6), "f1": round(self.f1, 6)}


@dataclass(frozen=True)
class Evaluation:
    pairwise: Measures
    bcubed: Measures
    records: int
    missing: int

    def to_json(self) -> dict[str, object]:
        return {
            **self.pairwise.to_json(),
            "pairwise": self.pairwise.to_json(),
            "bcubed": self.bcubed.to_json(),
            "records": self.records,
            "missing": self.missing,
        }


def evaluate(truth: Mapping[Any, Hashable], clusters: Mapping[Any, Hashable]) -> Evaluation:
    """Compares two partitions of the records in ``truth``; a record without a cluster stands alone.

    >>> evaluate({1: 'a', 2: 'a', 3: 'b'}, {1: 'x', 2: 'x', 3: 'x'}).pairwise.precision
    0.3333333333333333
    """
    records = list(truth)
    alone = object()
    missing = sum(1 for r in records if r not in clusters)
    want = _numbers([truth[r] for r in records])
    got = _numbers([clusters.get(r, (alone, r)) for r in records])
    pairwise, bcubed = measures(want, got)
    return Evaluation(pairwise, bcubed, len(records), missing)


def measures(want: np.ndarray, got: np.ndarray) -> tuple[Measures, Measures]:
    """Pairwise and B-cubed measures of two arrays of labels (integers from 0)."""
    if not len(want):
        return Measures(1.0, 1.0), Measures(1.0, 1.0)
    both = np.unique(want.astype(np.int64) * (int(got.max()) + 1) + got, return_inverse=True)[1]
    n_want, n_got, n_both = (np.bincount(x) for x in (want, got, both))

    def pairs(counts: np.ndarray) -> int:
        counts = counts.astype(np.int64)
        return int((counts * (counts - 1) // 2).sum())

    true, found, right = pairs(n_want), pairs(n_got), pairs(n_both)
    pairwise = Measures(right / found if found else 1.0, right / true if true else 1.0)
    share = n_both[both]
    bcubed = Measures(float((share / n_got[got]).mean()), float((share / n_want[want]).mean()))
    return pairwise, bcubed


def _numbers(labels: Sequence[Hashable]) -> np.ndarray:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in labels], dtype=np.int64)
