"""Word lists and draws from them whose shares fall like those of real names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")
DATA = Path(__file__).parent / "data"


def pick(rng: Random, options: Sequence[T]) -> T:
    """One of the options, each as likely (a good deal faster than ``Random.choice``)."""
    return options[int(rng.random() * len(options))]


@cache
def sections(name: str) -> dict[str, list[str]]:
    """``{section: lines}`` of one file under ``data``: ``[section]`` headings, comments start with ``#``."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lines = found.setdefault(line.strip("[] \n"), [])
        elif line.strip() and not line.startswith("#"):
            lines.append(line.strip())
    return found


def words(name: str, section: str) -> list[str]:
    """The comma-separated words of a section; ``_`` stands for a space at a word's edge."""
    joined = ",".join(sections(name).get(section, []))
    return [word.strip().replace("_", " ") for word in joined.split(",") if word.strip()]


def groups(name: str, section: str) -> dict[str, list[str]]:
    """``{first: others}`` of a section of ``first=other=other`` groups."""
    found = {}
    for group in words(name, section):
        first, *others = (word.strip() for word in group.split("="))
        found[first] = others
    return found


class Skewed:
    """Options in falling order of frequency, after Zipf and Mandelbrot: weight 1 / (rank + shift)^steepness."""

    def __init__(self, options: Sequence[str], *, steepness: float = 0.8, shift: float = 2.0) -> None:
        self.options = list(options)
        self._sums = list(accumulate((rank + 1 + shift) ** -steepness for rank in range(len(options))))

    def draw(self, rng: Random) -> str:
        return self.options[bisect_right(self._sums, rng.random() * self._sums[-1])]


class Choice(Generic[T]):
    """Options with weights of their own."""

    def __init__(self, weights: dict[T, float]) -> None:
        self._options = list(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> T:
        return self._options[bisect_right(self._sums, rng.random() * self._sums[-1])]
