"""Candidate pairs of many records by the 64-bit keys that a hub stores (``matching.block.keys``), all at once.

``matching.pairs`` makes keys of its own from a table's columns, which is quicker but leaves nothing that a hub could
keep. Here the keys are given, so that pairs, suppressed keys and the keys of each edge are those of the hub.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.pairs import Pairs

_ROW_BITS = 32


@dataclass(frozen=True)
class Keyed:
    """Who holds which key: ``row`` (int64) and ``number`` of the key (int64), sorted by number, then row.

    ``values[number]`` is the key itself (int64, ascending), ``rule[number]`` the rule that made it, ``first[number]``
    where its holders begin (one more at the end); ``over[number]`` says that more hold it than its rule's cap.
    """

    row: np.ndarray
    number: np.ndarray
    values: np.ndarray
    rule: np.ndarray
    first: np.ndarray
    over: np.ndarray

    @classmethod
    def of(cls, row: np.ndarray, key: np.ndarray, rule: np.ndarray, caps: np.ndarray) -> Keyed:
        """From (row, key, rule) of every key of every record, none twice; ``caps[rule]``."""
        order = np.lexsort((row, key))
        row, key, rule = row[order].astype(np.int64), key[order], rule[order]
        new = np.concatenate(([True], key[1:] != key[:-1])) if len(key) else np.empty(0, dtype=bool)
        begins = np.flatnonzero(new)
        first = np.append(begins, len(key))
        of_key = rule[begins].astype(np.int64)
        number = np.cumsum(new) - 1
        return cls(row, number, key[begins], of_key, first, np.diff(first) > caps[of_key])

    def pairs(self) -> Pairs:
        """Distinct pairs (lesser row, greater row) of holders of a key that is not over its cap, sorted."""
        sizes = np.where(self.over, 0, np.diff(self.first))
        packed = []
        for size in np.unique(sizes[sizes > 1]).tolist():
            at = self.first[:-1][sizes == size]
            i, j = np.triu_indices(size, 1)
            left, right = self.row[at[:, None] + i].ravel(), self.row[at[:, None] + j].ravel()
            packed.append(left << _ROW_BITS | right)
        found = np.unique(np.concatenate(packed)) if packed else np.empty(0, dtype=np.int64)
        return found >> _ROW_BITS, found & ((1 << _ROW_BITS) - 1)

    def shared(self, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
        """All keys that the two of each pair hold, those over their cap included: (place of the pair, key), sorted
        by both."""
        left, right = pairs
        by_row = np.lexsort((self.number, self.row))
        row, number = self.row[by_row], self.number[by_row]
        held = row << _ROW_BITS | number  # sorted, for the numbers of keys stay below 2^32
        begin, end = np.searchsorted(row, left), np.searchsorted(row, left, side="right")
        many = end - begin
        place = np.repeat(np.arange(len(left)), many)
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        theirs = number[begin[place] + within]
        wanted = right[place].astype(np.int64) << _ROW_BITS | theirs
        at = np.searchsorted(held, wanted)
        both = np.zeros(len(wanted), dtype=bool)
        inside = at < len(held)
        both[inside] = held[at[inside]] == wanted[inside]
        return place[both], self.values[theirs[both]]
