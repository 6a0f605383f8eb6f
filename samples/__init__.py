"""A sample of five source systems, made from a seed: fictitious customers, as hard to tell apart as life.

``docs/sample.md`` says what it is, how hard it is, and in what it differs from real data.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from samples.blocks import BLOCK, SYSTEMS, Job, Lines, make
from samples.flat import header

__all__ = ["FORMATS", "SYSTEMS", "Summary", "generate"]

FORMATS = ("payloads", "flat")
PERSONS = 900
# Measured over many blocks; a size in records is turned into persons by it, to within a hundredth.
RECORDS_PER_PERSON = 2.247


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: ``records`` by system, ``difficulties`` by name (records that have it)."""

    files: tuple[Path, ...]
    persons: int
    entities: int
    records: dict[str, int]
    difficulties: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.records.values())


def generate(
    out: Path, *, seed: int = 1, records: int | None = None, persons: int | None = None, format: str = "payloads",
    processes: int = 1,
) -> Summary:  # fmt: skip
    """Write the sample into the folder ``out`` and say what it holds.

    ``records`` asks for about that many records, ``persons`` for exactly that many persons (900 when
    neither is given). The files depend on seed, size and format alone, not on ``processes``; more than
    one need an importable main module. Raises ValueError for a size below one or an unknown format,
    OSError where ``out`` cannot be written, BrokenProcessPool when a process was killed.
    """
    if format not in FORMATS:
        raise ValueError(f"The format must be one of {', '.join(FORMATS)}.")
    if records is not None and persons is not None:
        raise ValueError("Give a number of records or of persons, not both.")
    if any(size is not None and size < 1 for size in (records, persons)):
        raise ValueError("The size must be at least 1.")
    count = persons or PERSONS
    if records is not None:
        count = max(1, round(records / RECORDS_PER_PERSON))
    blocks = -(-count // BLOCK)
    jobs = [
        Job(seed, i, blocks, i * BLOCK, min(BLOCK, count - i * BLOCK), format)
        for i in range(blocks)
    ]  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    names = {"truth": out / "truth.csv"}
    names |= {"records": out / "records.csv"} if format == "flat" else {s: out / f"{s}.ndjson" for s in SYSTEMS}
    handles = {name: path.open("w", encoding="utf-8", newline="") for name, path in names.items()}
    held: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    try:
        handles["truth"].write("source_system,source_id,truth\n")
        if format == "flat":
            handles["records"].write(header())
        for lines in _made(jobs, processes):
            for name, text in lines.files.items():
                handles[name].write(text)
            held.update(lines.records)
            counts.update(lines.counts)
    finally:
        for handle in handles.values():
            handle.close()
    return Summary(
        files=tuple(names.values()), persons=count, entities=_entities(names["truth"]),
        records={s: held[s] for s in SYSTEMS}, difficulties=dict(sorted(counts.items())),
    )  # fmt: skip


def _made(jobs: list[Job], processes: int) -> Iterator[Lines]:
    """The blocks in order, made by one process or several."""
    workers = min(processes, len(jobs))
    if workers <= 1:
        yield from map(make, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(make, jobs)


def _entities(truth: Path) -> int:
    with truth.open(encoding="utf-8", newline="") as handle:
        return len({line["truth"] for line in csv.DictReader(handle)})
