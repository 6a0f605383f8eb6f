"""The sample's records in one shuffled file: a customer's records come when they come, not side by side."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.resolution import CHECKOUT, STATE


@dataclass(frozen=True)
class Sample:
    """``rows`` of the flat form, shuffled; ``truth`` is the file that says who is who."""

    header: list[str]
    rows: list[list[str]]
    truth: Path

    def write(self, path: Path, start: int, end: int) -> Path:
        """The rows from ``start`` to ``end`` as a file that ``load`` takes."""
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(self.header)
            out.writerows(self.rows[start:end])
        return path

    def records(self, start: int, end: int) -> list[dict[str, Any]]:
        """The rows from ``start`` to ``end`` as flat records without empty fields."""
        return [{k: v for k, v in zip(self.header, row, strict=True) if v} for row in self.rows[start:end]]


def sample(records: int, *, seed: int) -> Sample:
    """About ``records`` records of the generator, made once and kept."""
    folder = STATE / "data" / f"{records}-{seed}"
    if not (folder / "truth.csv").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "samples", "--format", "flat", "--out", str(folder), "--seed", str(seed),
             "--records", str(records)],
            cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    with (folder / "records.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    random.Random(seed).shuffle(rows)
    return Sample(header, rows, folder / "truth.csv")
