"""``make bench ARGS=matching``: Concord's engine, Splink and recordlinkage on the same files in one run.

data ─► records.csv, truth.csv ─► each tool in a process of its own ─► clusters.csv ─► one evaluation ─► report

Everything that is made lies in ``var/bench/matching``; the pages in ``docs/benchmarks`` are drawn from the results.
"""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / "var" / "bench" / "matching"
RESULTS = STATE / "results"
PAGES = CHECKOUT / "docs" / "benchmarks"
# Training, the shipped model and every test use other seeds; 90210 is the one that the shipped model was made from.
SEED = 471_108
