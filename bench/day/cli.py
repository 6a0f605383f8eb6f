"""``make bench ARGS="day [--minutes 8] [--stores 200] [--seed 7] [--write]"``: exit 1 where a fault was found."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

from bench.day import report
from bench.day.checks import faults
from bench.day.hub import Hub
from bench.day.plan import STORES
from bench.day.traffic import DAY, Day


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="day", description="A simulated day, checked by what its senders wrote down.")
    made.add_argument("--minutes", type=float, default=8.0, help="how long the day takes")
    made.add_argument("--stores", type=int, default=STORES)
    made.add_argument("--persons", type=int, default=1500, help="customers that there are")
    made.add_argument("--seed", type=int, default=7)
    made.add_argument("--write", action="store_true", help="write docs/benchmarks/day.md")
    return made


def simulate(
    *, seconds: float, stores: int, persons: int, seed: int, folder: Path, begun: bool = False
) -> tuple[Day, dict[str, Any], list[str]]:
    """A day of so many real seconds in a hub of its own: the day, its figures, and the faults found."""
    hub = Hub(folder, begun=begun)
    try:
        clients = hub.start(stores=stores, speed=DAY / seconds)
        day = Day(hub, clients, stores=stores, persons=persons, seed=seed, seconds=seconds)
        began = monotonic()
        asyncio.run(day.run())
        settled = monotonic() - began - seconds
        found = faults(day, hub, folder)
        return day, report.figures(day, hub, folder, settled=settled), found
    finally:
        hub.stop()


def run(options: list[str]) -> int:
    given = parser().parse_args(options)
    with tempfile.TemporaryDirectory(prefix="day") as folder:
        day, figures, found = simulate(seconds=given.minutes * 60, stores=given.stores, persons=given.persons,
                                       seed=given.seed, folder=Path(folder))  # fmt: skip
    print(json.dumps(figures, indent=1, default=str))
    for fault in found:
        print(f"FAULT {fault}")
    if given.write:
        command = f'make bench ARGS="day --minutes {given.minutes:g} --stores {given.stores} --seed {given.seed}"'
        report.PAGE.write_text(report.page(day, figures, found, command=command), encoding="utf-8")
    return 1 if found else 0
