"""``make bench ARGS=matching``: Concord's engine, Splink and recordlinkage on the same files in one run.

data ─► records.csv, truth.csv ─► each tool in a process of its own ─► clusters.csv ─► one evaluation ─► report

Everything that is made lies in ``var/bench/matching``; the pages in ``docs/benchmarks`` are drawn from the results.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / "var" / "bench" / "matching"
RESULTS = STATE / "results"
PAGES = CHECKOUT / "docs" / "benchmarks"
# Training, the shipped model and every test use other seeds; 90210 is the one that the shipped model was made from.
SEED = 471_108


def digest(*places: str) -> str:
    """A short hash of some files and folders of the checkout: equal ones make the same."""
    found = hashlib.sha256()
    for path in _files(places):
        found.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def _files(places: Iterable[str]) -> list[Path]:
    paths = (p for place in places for p in ((CHECKOUT / place), *(CHECKOUT / place).rglob("*")))
    return sorted(p for p in paths if p.is_file() and "__pycache__" not in p.parts)
