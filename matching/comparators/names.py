"""Given and family names: level numbers of distinct pairs of texts."""

from __future__ import annotations

import numpy as np

from matching.cleaning.names import nickname_roots
from matching.comparators.strings import NULL, alike, distinct_pairs, edits, holds, lengths, shared_prefix
from matching.defaults import FAMILY_LEVELS, NAME_LEVELS

G = {level: number for number, level in enumerate(NAME_LEVELS)}
F = {level: number for number, level in enumerate(FAMILY_LEVELS)}


def given_levels(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    """Levels of given names (int8) for two arrays of codes; -1 is missing."""
    return _levels(a, b, texts, _given_texts)


def family_levels(a: np.ndarray, b: np.ndarray, texts: list[str]) -> np.ndarray:
    """Levels of family names (int8), by the names alone: former names and e-mails are looked at elsewhere."""
    return _levels(a, b, texts, _family_texts)


def _levels(a: np.ndarray, b: np.ndarray, texts: list[str], measure: object) -> np.ndarray:
    out = np.full(len(a), NULL, dtype=np.int8)
    out[(a == b) & (a >= 0)] = 0
    differ = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    if len(differ):
        low, high, inverse = distinct_pairs(a[differ], b[differ], len(texts))
        left, right = [texts[i] for i in low.tolist()], [texts[i] for i in high.tolist()]
        out[differ] = measure(left, right)[inverse]  # type: ignore[operator]
    return out


def _slip(left: list[str], right: list[str]) -> np.ndarray:
    """Whether two texts are a typing slip apart: one edit, or two in eight letters or more."""
    shorter = np.minimum(lengths(left), lengths(right))
    distance = edits(left, right, 2)
    return np.asarray(((distance <= 1) & (shorter >= 3)) | ((distance <= 2) & (shorter >= 8)))


def _given_texts(left: list[str], right: list[str]) -> np.ndarray:
    n, m = lengths(left), lengths(right)
    shorter = np.minimum(n, m)
    same_start = shared_prefix(left, right)
    conditions = (
        _nicknames(left, right),
        _slip(left, right),
        (shorter == 1) & (same_start >= 1),
        (same_start >= np.minimum(shorter, 200)) & (shorter >= 3),
        (alike(left, right) >= 0.8) & (shorter > 1),
    )
    numbers = (G["nickname"], G["typo"], G["initial"], G["prefix"], G["similar"])
    return np.select(conditions, numbers, G["else"]).astype(np.int8)


def _nicknames(left: list[str], right: list[str]) -> np.ndarray:
    roots = [nickname_roots(w) for w in left]
    return np.fromiter(
        (bool(r) and not set(r).isdisjoint(nickname_roots(w)) for r, w in zip(roots, right, strict=True)),
        dtype=bool,
        count=len(left),
    )


def _family_texts(left: list[str], right: list[str]) -> np.ndarray:
    n, m = lengths(left), lengths(right)
    shorter = np.minimum(n, m)
    same_start = shared_prefix(left, right)
    typo = _slip(left, right)
    # Cut short after six letters, as a till's display does.
    compound = (shorter >= 6) & (same_start == np.minimum(shorter, 255))
    # Few surnames are of several words, and only these need a closer look.
    for row in np.flatnonzero(holds(left, " ") | holds(right, " ")).tolist():
        one, two = left[row], right[row]
        typo[row] |= one.replace(" ", "") == two.replace(" ", "")
        compound[row] = _is_part(one, two)
    conditions = (typo, compound, (shorter == 1) & (same_start >= 1), (alike(left, right) >= 0.8) & (shorter > 1))
    return np.select(conditions, (F["typo"], F["compound"], F["initial"], F["similar"]), F["else"]).astype(np.int8)


def _is_part(a: str, b: str) -> bool:
    """One surname is a word of the other: "Meyer Lang" and "Lang"."""
    return any(len(w) > 2 and w in b.split() for w in a.split())
