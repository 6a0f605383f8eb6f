"""Candidate pairs of many records at once: keys sorted, blocks over their cap left out, each pair once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np

from matching.model import MatchModel

Pairs = tuple[np.ndarray, np.ndarray]


class KeyList:
    """Blocking keys of numbered records, kept as flat arrays."""

    def __init__(self) -> None:
        self._rules, self._keys, self._rows = array("B"), array("q"), array("i")

    def add(self, row: int, keys: Iterable[tuple[int, int]]) -> None:
        for rule, key in keys:
            self._rules.append(rule)
            self._keys.append(key)
            self._rows.append(row)

    def blocks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Rows sorted by key; starts and sizes of the blocks; the rule of each."""
        rules = np.frombuffer(self._rules, dtype=np.uint8) if self._rules else np.empty(0, np.uint8)
        keys = np.frombuffer(self._keys, dtype=np.int64) if self._keys else np.empty(0, np.int64)
        rows = np.frombuffer(self._rows, dtype=np.int32) if self._rows else np.empty(0, np.int32)
        by_key = np.argsort(keys, kind="stable")
        ordered = keys[by_key]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else by_key[:0]
        sizes = np.diff(np.append(starts, len(ordered)))
        return rows[by_key], starts, sizes, rules[by_key][starts]


def candidates(keys: KeyList, model: MatchModel) -> Pairs:
    """Distinct pairs (lesser row, greater row) that share a key within its cap, sorted."""
    rows, starts, sizes, rules = keys.blocks()
    caps = np.array([r.cap for r in model.rules], dtype=np.int64)
    usable = (sizes > 1) & (sizes <= caps[rules]) if len(sizes) else np.empty(0, dtype=bool)
    starts, sizes = starts[usable], sizes[usable]
    if not len(sizes):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found = []
    for size in np.unique(sizes).tolist():
        at = starts[sizes == size]
        i, j = np.triu_indices(size, 1)
        a, b = rows[at[:, None] + i].ravel(), rows[at[:, None] + j].ravel()
        found.append(np.unique(np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b)))
    packed = np.unique(np.concatenate(found))
    return packed >> 32, packed & 0xFFFFFFFF
