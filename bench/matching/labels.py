"""Labels as a steward would give them: pairs that the engine is unsure of, judged by the truth.

``python -m bench.matching.labels RECORDS.csv TRUTH.csv MODEL.json LABELS.csv NUMBER SEED``

A steward is shown pairs near the cut. A pair is drawn in proportion to p(1 - p) of its weight above the cut, at
half of the weight's confidence, and a few are drawn from everywhere.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from matching import flatfiles
from matching.bulk import prepare
from matching.model import load
from matching.pairs import candidates
from matching.prepared import order_of
from matching.records import CanonicalRecord
from matching.scoring import weigh_all

HEADER = ("source_system_a", "source_id_a", "source_system_b", "source_id_b", "judgement")
EVERYWHERE = 0.005


def draw(weights: np.ndarray, cut: float, number: int, seed: int) -> np.ndarray:
    """Indices of ``number`` pairs, fewer where there are not so many; ``weights`` and ``cut`` in milli-bits."""
    odds = np.exp2(np.clip((weights - cut) / 2000, -30, 30))
    share = odds / (1 + odds) ** 2 + EVERYWHERE
    # The smallest of exponential times drawn at these rates are a sample without replacement (Efraimidis & Spirakis).
    times = np.random.default_rng(seed).exponential(size=len(share)) / share
    return np.sort(np.argsort(times, kind="stable")[:number])


def main() -> None:
    records, truth, model_file, out = (Path(name) for name in sys.argv[1:5])
    number, seed = int(sys.argv[5]), int(sys.argv[6])
    model = load(model_file)
    of: dict[int, tuple[str, str]] = {}

    def known() -> Iterator[CanonicalRecord]:
        for row in flatfiles.read(records):
            if isinstance(row, CanonicalRecord):
                of[order_of(row.source_system, row.source_id)] = row.source_system, row.source_id
                yield row

    table = prepare(known(), model)
    pairs = candidates(table, model)
    weights = weigh_all(table, pairs, model).match
    chosen = draw(weights, model.cut_mb, number, seed)
    with truth.open(encoding="utf-8", newline="") as file:
        person = {(r["source_system"], r["source_id"]): r["truth"] for r in csv.DictReader(file)}
    orders = table.order.tolist()
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for at in chosen.tolist():
            a, b = of[orders[pairs[0][at]]], of[orders[pairs[1][at]]]
            writer.writerow((*a, *b, "same" if person[a] == person[b] else "different"))


if __name__ == "__main__":
    main()
