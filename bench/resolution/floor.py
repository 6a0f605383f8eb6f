"""The floor: the server takes the same rows by COPY into a bare table, as one process does it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import psycopg


def copied_per_second(url: str, records: Sequence[dict[str, Any]]) -> float:
    """Records a second; the rows are encoded before the clock runs."""
    bodies = [(r["source_system"], r["source_id"], json.dumps(r).encode()) for r in records]
    with psycopg.connect(url) as session:
        session.execute("CREATE TABLE bench_floor (system text, source_id text, payload bytea)")
        began = perf_counter()
        with session.cursor() as cursor, cursor.copy("COPY bench_floor FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["text", "text", "bytea"])
            for body in bodies:
                copy.write_row(body)
        session.commit()
        spent = perf_counter() - began
        session.execute("DROP TABLE bench_floor")
        session.commit()
    return len(bodies) / spent
