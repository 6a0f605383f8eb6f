"""How fast one process resolves the sample, beside COPY of the same payloads into a bare table."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from time import perf_counter

import psycopg
from django.db import connection

from hub import pipeline, ports
from hub.invariants import breaches
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.stages.seal import seal
from samples import generate

SYSTEMS = ("crm", "loyalty", "ecommerce", "pos", "erp")


def run(*, records: int = 5_000, seed: int = 11) -> None:
    """Print a table: what was done, records a second, and the ratio to the floor."""
    ports._doorbell.clear()  # one process does all the work here: there is no worker to ring
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), seed=seed, records=records)
        payloads = {
            code: [json.loads(line) for line in (Path(folder) / f"{code}.ndjson").open(encoding="utf-8")]
            for code in SYSTEMS
        }
    number = sum(len(found) for found in payloads.values())
    floor = number / _copy([row for found in payloads.values() for row in found])
    sources = {s.code: s for s in SourceSystem.objects.all()}
    began = perf_counter()
    for code, found in payloads.items():
        for start in range(0, len(found), 1000):
            pipeline.receive(
                source=sources[code],
                payloads=found[start : start + 1000],
                lane=Lane.BULK,
                mapping=sources[code].connector,
            )
    taken = number / (perf_counter() - began)
    began = perf_counter()
    pipeline.drain()
    seal()
    resolved = number / (perf_counter() - began)
    print(f"{number:,} records of the sample, one process, {os.cpu_count()} cores")
    print(f"{'COPY of the payloads (floor)':32} {floor:>10,.0f} records/s")
    print(f"{'taken into the inbox':32} {taken:>10,.0f} records/s  {taken / floor:.3f} of the floor")
    print(f"{'resolved, to the sealed outbox':32} {resolved:>10,.0f} records/s  {resolved / floor:.3f} of the floor")
    print(f"breaches afterwards: {len(list(breaches()))}")


def _copy(rows: list[dict[str, object]]) -> float:
    """Seconds that COPY takes for the same payloads."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_floor (payload bytea)")
    bodies = [json.dumps(row).encode() for row in rows]
    began = perf_counter()
    with psycopg.Cursor(connection.connection) as raw, raw.copy("COPY bench_floor FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["bytea"])
        for body in bodies:
            copy.write_row((body,))
    spent = perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_floor")
    return spent
