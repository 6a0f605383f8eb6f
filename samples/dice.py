"""Chance from a seed: the same on every Python, because only ``Random.random`` is drawn from.

``random.choice`` and ``shuffle`` are not promised to stay as they are; ``random()`` is.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Draw = Callable[[], float]
_TABLE = 8192


def draw_from(seed: int, *labels: object) -> Draw:
    """A stream of numbers in [0, 1) that depends on the seed and the labels alone."""
    name = ":".join(str(part) for part in (seed, *labels))
    return random.Random(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest(), "big")).random


def zipf(items: Sequence[T], *, exponent: float = 0.85) -> tuple[T, ...]:
    """A table to draw from uniformly, in which the items' shares fall as 1 / rank ** exponent."""
    weights = [1 / (rank + 3) ** exponent for rank in range(len(items))]
    total = sum(weights)
    table: list[T] = []
    reached = 0.0
    for item, weight in zip(items, weights, strict=True):
        reached += weight
        table += [item] * (round(reached / total * _TABLE) - len(table))
    return tuple(table)


def pick(r: Draw, items: Sequence[T]) -> T:
    return items[int(r() * len(items))]


def shuffled(r: Draw, items: list[T]) -> list[T]:
    keys = [r() for _ in items]
    return [items[i] for i in sorted(range(len(items)), key=keys.__getitem__)]
