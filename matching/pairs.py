"""Candidate pairs of many records at once: the keys of ``matching.block``, rule by rule, from the columns of a table.

A key is a 64-bit mix of the codes of its parts, so it names the same records as the hashed text of ``block.keys``
does. A key that more than the rule's cap of records hold brings nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from matching.keyparts import KeyParts
from matching.model import BlockingRule, MatchModel
from matching.parallel import each
from matching.table import Table

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class RuleReport:
    """What one rule brings and costs: ``keys`` that two and more records share, ``suppressed`` of them over the cap;
    ``alone`` are the pairs that no other rule finds; of both kinds of pairs, how many are of one customer."""

    rule: str
    keys: int
    suppressed: int
    pairs: int
    alone: int
    true_pairs: int = 0
    true_alone: int = 0


@dataclass(frozen=True)
class BlockingReport:
    """All rules; the distinct ``pairs`` that they find, and how many of all ``true_pairs`` are among them (``found``).

    Without a truth nothing is true.
    """

    rules: tuple[RuleReport, ...]
    pairs: int
    found: int = 0
    true_pairs: int = 0


def candidates(table: Table, model: MatchModel, workers: int = 1) -> Pairs:
    """Distinct pairs (lesser row, greater row) that share a key within its cap, sorted (int64)."""
    packed = [found for found, _, _ in _by_rule(table, model, workers)]
    distinct = _distinct(packed)
    return distinct >> 32, distinct & 0xFFFFFFFF


def report(table: Table, model: MatchModel, truth: np.ndarray | None = None, workers: int = 1) -> BlockingReport:
    """What each rule of the model brings and costs on these records; ``truth`` numbers the customer of each row."""
    found = _by_rule(table, model, workers)
    packed = np.concatenate([p for p, _, _ in found])
    rule = np.repeat(np.arange(len(found)), [len(p) for p, _, _ in found])
    order = np.argsort(packed, kind="stable")
    packed, rule = packed[order], rule[order]
    new = np.append(True, packed[1:] != packed[:-1]) if len(packed) else np.empty(0, dtype=bool)
    single = new & np.append(new[1:], True) if len(packed) else new
    right = np.zeros(len(packed), dtype=bool)
    every = 0
    if truth is not None:
        right = truth[packed >> 32] == truth[packed & 0xFFFFFFFF]
        sizes = np.unique(truth, return_counts=True)[1]
        every = int((sizes * (sizes - 1) // 2).sum())
    count = [np.bincount(rule[rows], minlength=len(found)).tolist() for rows in (single, right, single & right)]
    rules = tuple(
        RuleReport(r.name, keys, suppressed, len(pairs), *(column[k] for column in count))
        for k, (r, (pairs, keys, suppressed)) in enumerate(zip(model.rules, found, strict=True))
    )
    return BlockingReport(rules, int(new.sum()), int((new & right).sum()), every)


def _by_rule(table: Table, model: MatchModel, workers: int) -> list[tuple[np.ndarray, int, int]]:
    parts = KeyParts(table)
    for rule in model.rules:
        for part in rule.name.split("+"):
            parts.of(part)
    return each(lambda rule: _pairs(parts, rule), model.rules, workers)


def _pairs(parts: KeyParts, rule: BlockingRule) -> tuple[np.ndarray, int, int]:
    """Packed pairs of one rule, and how many of its keys were shared and how many of these were over the cap."""
    found = list(_keys(parts, rule))
    rows = np.concatenate([r for r, _ in found]) if found else np.empty(0, dtype=np.int64)
    keys = np.concatenate([k for _, k in found]) if found else np.empty(0, dtype=np.uint64)
    order = np.argsort(keys, kind="stable")
    rows, keys = rows[order].astype(np.int64), keys[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else order
    sizes = np.diff(np.append(starts, len(keys)))
    shared, over = sizes > 1, sizes > rule.cap
    starts, sizes = starts[shared & ~over], sizes[shared & ~over]
    packed = []
    for size in np.unique(sizes).tolist():
        at = starts[sizes == size]
        i, j = np.triu_indices(size, 1)
        a, b = rows[at[:, None] + i].ravel(), rows[at[:, None] + j].ravel()
        packed.append(np.minimum(a, b) << 32 | np.maximum(a, b))
    return _distinct(packed), int(shared.sum()), int(over.sum())


def _distinct(several: Sequence[np.ndarray]) -> np.ndarray:
    """All numbers of several arrays, sorted, each once. (``np.unique`` hashes first, which costs four times this.)"""
    if not several:
        return np.empty(0, dtype=np.int64)
    numbers = np.concatenate(several)
    numbers.sort()
    return numbers[np.concatenate(([True], numbers[1:] != numbers[:-1]))] if len(numbers) else numbers


def _keys(parts: KeyParts, rule: BlockingRule) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and keys of every combination of values of the rule's parts."""
    for columns in product(*(parts.of(name) for name in rule.name.split("+"))):
        rows = np.flatnonzero(np.logical_and.reduce([column >= 0 for column in columns]))
        if len(rows):
            key = parts.kind[rows].astype(np.uint64)
            for column in columns:
                key = mixed(key ^ mixed(column[rows].astype(np.uint64)))
            yield rows, key


def mixed(x: np.ndarray) -> np.ndarray:
    """The bits of uint64 numbers stirred (the finalizer of SplitMix64, Steele, Lea & Flood 2014)."""
    x = (x + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
