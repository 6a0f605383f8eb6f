"""Birth dates: which of the usual slips would make one of the other."""

from __future__ import annotations

import numpy as np

from matching.comparators.strings import NULL, distinct_pairs, edits
from matching.defaults import BIRTH_LEVELS

L = {level: number for number, level in enumerate(BIRTH_LEVELS)}
GENERATION = 15


def birth_levels(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    """Levels of birth dates (int8) for two arrays of codes of ``YYYYMMDD`` texts."""
    out = np.full(len(a), NULL, dtype=np.int8)
    both = np.flatnonzero((a >= 0) & (b >= 0))
    if len(both):
        low, high, inverse = distinct_pairs(a[both], b[both], len(texts))
        left, right = [texts[i] for i in low.tolist()], [texts[i] for i in high.tolist()]
        numbers = np.fromiter(map(int, texts), dtype=np.int64, count=len(texts))
        out[both] = _text_levels(left, right, numbers[low], numbers[high])[inverse]
    return out


def _text_levels(left: list[str], right: list[str], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    ya, ma, da = x // 10_000, x // 100 % 100, x % 100
    yb, mb, db = y // 10_000, y // 100 % 100, y % 100
    distance = edits(left, right, 2)
    years = np.abs(ya - yb)
    rest = (ma == mb) & (da == db)
    known_year = (ya > 0) & (yb > 0)
    whole = (ma > 0) & (mb > 0) & (da > 0) & (db > 0) & known_year
    new_year = ((ma == 1) & (da == 1)) | ((mb == 1) & (db == 1)) | ~whole
    partly = _agree(ya, yb) & _agree(ma, mb) & _agree(da, db)
    conditions = (
        (x == y) & whole,
        whole & (ya == yb) & (ma == db) & (da == mb),
        whole & rest & np.isin(years, (1, 10, 100)),
        whole & (distance <= 1),
        ~whole & partly,
        whole & (ya == yb) & new_year,
        whole & ((distance <= 2) | (ya == yb)),
        known_year & (years >= GENERATION),
    )
    numbers = (
        L["exact"], L["slip"], L["year_slip"], L["slip"], L["partial"], L["partial"], L["near"], L["far"],
    )  # fmt: skip
    return np.select(conditions, numbers, L["else"]).astype(np.int8)


def _agree(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a == b) | (a == 0) | (b == 0))
