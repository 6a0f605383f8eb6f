"""The measurements in their order; everything that was found is one ``Findings``."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from bench import component
from bench.matching.measure import machine
from bench.resolution import SEED, STATE, doors, floor, stream
from bench.resolution.hub import Hub
from bench.resolution.sample import Sample, sample

ASKED = 500
NAIVE = 300
# Records beyond those that are held, for the tills.
SPARE = 4 * ASKED


@dataclass
class Findings:
    """Everything that a run measured; figures that were not measured are missing."""

    records: int
    seed: int = SEED
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    machine: dict[str, Any] = field(default_factory=machine)
    figures: dict[str, Any] = field(default_factory=dict)
    looks: list[dict[str, float]] = field(default_factory=list)

    def write(self) -> Path:
        STATE.mkdir(parents=True, exist_ok=True)
        path = STATE / f"{self.records}.json"
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        return path


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(records: int, *, seed: int) -> Findings:
    """A hub that grows to ``records`` with a look at its doors half way, and a second one that is loaded at once."""
    found = Findings(records, seed)
    say(f"making {records + SPARE:,} records of the sample")
    made = sample(records + SPARE, seed=seed)
    with contextlib.redirect_stdout(sys.stderr):
        found.figures["component"] = {k: round(v, 3) for k, v in component.run().items()}
    with Hub() as hub:
        _setup(hub)
        _streamed(hub, made, records, found)
        _loaded(hub, made, records, found)
    found.write()
    return found


def _setup(hub: Hub) -> None:
    """An empty hub, which this process works with too: its settings are read here for the first time."""
    import django

    os.environ.update(hub.environ)
    django.setup()
    if hub.manage("migrate", "--verbosity", "0")[0]:
        raise RuntimeError("The database could not be migrated.")


def _streamed(hub: Hub, made: Sample, records: int, found: Findings) -> None:
    """(a), (b) and (d): rates, cost against size, latencies half way."""
    from bench.resolution import naive
    from hub.stages import model as models

    figures = found.figures
    half = records // 2
    some = made.records(0, min(records, 20_000))
    figures["floor"] = round(floor.copied_per_second(hub.environ["DATABASE_URL"], some))
    _, model = models.active()
    say("naive path")
    figures["naive"] = round(naive.resolved_per_second(some[:NAIVE], model), 1)
    say(f"stream to {half:,}")
    spent = stream.take_in(hub, made.write(hub.folder / "first.csv", 0, half))
    figures["taken_in"] = round(half / spent)
    looks = stream.grow(hub, held=0)
    _analyse()
    spare = made.records(records, records + SPARE)
    with hub.web():
        till = doors.Till(hub)
        say(f"doors at {half:,}")
        figures["resolve"] = asdict(doors.resolve_latency(till, spare[:ASKED]))
        with hub.worker():
            figures["ingest_idle"] = asdict(doors.ingest_latency(till, spare[ASKED : 2 * ASKED]))
        some_more = half + min(max(records * 15 // 100, 15_000), (records - half) * 3 // 5)
        file = made.write(hub.folder / "busy.csv", half, some_more)
        say(f"doors while {some_more - half:,} are loaded")
        figures["ingest_busy"] = asdict(doors.ingest_latency_under_load(hub, till, spare[2 * ASKED : 3 * ASKED], file))
    say(f"stream to {records:,}")
    stream.take_in(hub, made.write(hub.folder / "second.csv", some_more, records))
    more = stream.grow(hub, held=some_more)
    found.looks = [look.to_json() for look in (*looks, *more)]
    tenth = records // 10
    parts = {
        "first": (looks, 0, min(2 * tenth, half)),
        "half": (looks, half - tenth, half),
        "last": (more, records - tenth, records),
    }
    for name, (seen, start, end) in parts.items():
        rate = stream.rate(seen, start, end)
        if rate:
            figures[f"stream_{name}"] = rate.to_json()


def _analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _loaded(hub: Hub, made: Sample, records: int, found: Findings) -> None:
    """(c), (f) and (g): the initial load of an empty hub, and how good and how sound what it holds is."""
    hub.use_database("second")
    if hub.manage("migrate", "--verbosity", "0")[0]:
        raise RuntimeError("The second database could not be migrated.")
    file = made.write(hub.folder / "all.csv", 0, records)
    say(f"initial load of {records:,}")
    with hub.watch(os.getpid()) as watch:
        began = monotonic()
        code, said = hub.manage("load", str(file), "--json")
        spent = monotonic() - began
    found.figures["load"] = {
        "seconds": round(spent, 1),
        "peak_mb": round(watch.peak_mb),
        "code": code,
        **json.loads(said.splitlines()[-1]),
    }
    say("quality and verify")
    truth = _truth_of(made, records, hub.folder / "truth.csv")
    code, said = hub.manage("evaluate", "--truth", str(truth), "--json")
    found.figures["quality"] = {**json.loads(said.splitlines()[-1]), "largest": _largest(hub)}
    code, said = hub.manage("verify", "--json")
    found.figures["verify"] = {"code": code, **json.loads(said.splitlines()[-1])}


def _largest(hub: Hub) -> int:
    import psycopg

    with psycopg.connect(hub.environ["DATABASE_URL"]) as session:
        found = session.execute(
            "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM hub_crosswalk WHERE golden_id IS NOT NULL "
            "GROUP BY golden_id) x"
        ).fetchone()
    return int(found[0]) if found else 0


def _truth_of(made: Sample, records: int, path: Path) -> Path:
    """The truth of those records alone that were loaded."""
    import csv

    system, source_id = made.header.index("source_system"), made.header.index("source_id")
    held = {(row[system], row[source_id]) for row in made.rows[:records]}
    with made.truth.open(encoding="utf-8", newline="") as theirs, path.open("w", encoding="utf-8", newline="") as ours:
        rows = csv.reader(theirs)
        out = csv.writer(ours)
        out.writerow(next(rows))
        out.writerows(row for row in rows if (row[0], row[1]) in held)
    return path
