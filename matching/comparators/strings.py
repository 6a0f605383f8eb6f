"""Comparing texts once for each distinct pair of codes, however many pairs of records share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler, Prefix

from matching.distinct import numbered

NULL = 127


def distinct_pairs(a: np.ndarray, b: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct unordered pairs of two code arrays, and for each position which one it is."""
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    if len(a) < 256:
        # Sorting costs more than comparing a few texts twice.
        return low, high, np.arange(len(a))
    inverse, distinct = numbered(low * (size + 1) + high)
    return distinct // (size + 1), distinct % (size + 1), inverse


def each_pair(
    a: np.ndarray, b: np.ndarray, texts: list[str], measure: Callable[[list[str], list[str]], np.ndarray]
) -> np.ndarray:
    """``measure`` of the texts behind two arrays of codes, computed once for each distinct pair."""
    low, high, inverse = distinct_pairs(a, b, len(texts))
    return np.asarray(measure([texts[i] for i in low.tolist()], [texts[i] for i in high.tolist()])[inverse])


def edits(left: list[str], right: list[str], most: int = 3) -> np.ndarray:
    """Optimal string alignment distances, more than ``most`` given as ``most + 1`` (uint8)."""
    return np.asarray(_cpdist(left, right, OSA.distance, np.uint8, score_cutoff=most))


def alike(left: list[str], right: list[str]) -> np.ndarray:
    """Jaro–Winkler similarities (Winkler 1990), float32 from 0 to 1."""
    return np.asarray(_cpdist(left, right, JaroWinkler.normalized_similarity, np.float32))


def shared_prefix(left: list[str], right: list[str]) -> np.ndarray:
    """Lengths of the common beginnings (uint8)."""
    return np.asarray(_cpdist(left, right, Prefix.similarity, np.uint8))


def _cpdist(left: list[str], right: list[str], scorer: Any, dtype: Any, **options: Any) -> np.ndarray:
    return process.cpdist(left, right, scorer=scorer, dtype=dtype, workers=1, **options)


def holds(texts: list[str], part: str) -> np.ndarray:
    """Which texts hold ``part`` (bool)."""
    return np.fromiter((part in t for t in texts), dtype=bool, count=len(texts))


def lengths(texts: list[str]) -> np.ndarray:
    return np.fromiter(map(len, texts), dtype=np.int32, count=len(texts))
