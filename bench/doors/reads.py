"""Reads a second with authentication, beside the server's floor and Django's own, by a client of sixteen connections.

    golden      the default view of a golden profile
    masked      the same for a client with masked and hidden attributes
    crosswalk   where a record is, and the same customer elsewhere
    floor       the same server with an application that does nothing; it is the client's floor too
    healthz     the same server with Django and a view that does nothing

Each is asked for in turns, so that a busy moment of the machine falls on all of them. Client, web processes and
PostgreSQL share the machine; the processor time of each is told, which a busy machine changes least.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil

from bench.doors import page
from bench.doors.kept import KeptHub
from bench.resolution import CHECKOUT
from hub.embedded import preflight, processes
from hub.embedded.services import Web, status

FAST, SLOWEST_MS, MASKED = 2000.0, 20.0, 500.0
_DISTINCT = 50_000


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench doors reads", description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    made.add_argument("--size", type=int, default=500_000, help="golden records (default 500,000)")
    made.add_argument("--connections", type=int, default=16)
    made.add_argument("--seconds", type=float, default=10.0, help="of each turn")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--pages", action="store_true", help="write docs/benchmarks/doors.md")
    return made


@dataclass
class Seen:
    """Of one door: milliseconds of each answer, and what it cost; times in seconds."""

    took: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    answers: int = 0

    def at(self, share: float) -> float:
        found = sorted(self.took)
        return found[min(len(found) - 1, int(share * len(found)))]

    @property
    def rate(self) -> float:
        return max(self.rates)

    def each(self, what: str) -> float:
        """Microseconds of processor time for one answer."""
        return self.cpu.get(what, 0.0) / self.answers * 1e6


def requests(hub: KeptHub, paths: Sequence[str], token: str) -> list[str]:
    return [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n" for path in paths]


def turn(hub: KeptHub, port: int, asked: Sequence[str], web: int, chosen: argparse.Namespace, seen: Seen) -> None:
    """One turn at one door, by a client of its own process."""
    file = hub.folder / "requests.json"
    file.write_text(json.dumps(asked))
    assert hub._servers is not None
    tops = {"web": web, "PostgreSQL": hub._servers.pid}
    before = {name: processor(pid) for name, pid in tops.items()}
    done = subprocess.run(
        [sys.executable, "-m", "bench.doors.client", str(port), str(file), "--connections", str(chosen.connections),
         "--seconds", str(chosen.seconds), "--warm", "0", "--seed", str(chosen.seed + len(seen.rates))],
        cwd=CHECKOUT, env=hub.environ, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if set(found["statuses"]) != {"200"}:
        raise RuntimeError(f"answered {found['statuses']}")
    number = len(found["took"])
    for name, pid in tops.items():
        seen.cpu[name] = seen.cpu.get(name, 0.0) + processor(pid) - before[name]
    seen.cpu["client"] = seen.cpu.get("client", 0.0) + found["cpu"]
    seen.took += [one / 1000 for one in found["took"]]
    seen.rates.append(number / found["seconds"])
    seen.answers += number


def processor(pid: int) -> float:
    """Seconds of processor time that a process and its children have had."""
    own = psutil.Process(pid)
    times = [p.cpu_times() for p in (own, *own.children(recursive=True))]
    return float(sum(t.user + t.system for t in times))


@contextmanager
def nothing(hub: KeptHub) -> Iterator[tuple[int, int]]:
    """(port, process id) of the same server with an application that does nothing."""
    port = preflight.free_port()
    command = [*Web(port=port, environ=hub.environ).command()[:-1], "bench.doors.constant:application"]
    child = hub._spawn(command, "constant")  # type: ignore[arg-type]
    try:
        processes.wait_for(lambda: status(port, "/") == 200, seconds=30)
        yield port, child.pid
    finally:
        processes.end(child, Web.stop_signals)


def measure(hub: KeptHub, chosen: argparse.Namespace) -> dict[str, Seen]:
    """Each door by its name."""
    goldens, records = hub.known()
    dice = random.Random(chosen.seed)
    some = dice.sample(goldens, min(_DISTINCT, len(goldens)))
    places = [f"/api/v1/crosswalk/{system}/{name}" for system, name in dice.sample(records, len(some))]
    with hub.web() as web, nothing(hub) as (floor_port, floor):
        # Its own budget would be the measure: it is counted against all the same.
        options = ("--scope", "golden:read", "--rate", "reads=100000:100000")
        plain = hub.client(*options)
        less = hub.client(*options, "--mask", "emails", "--mask", "birth_date", "--hide", "phones")
        profiles = [f"/api/v1/golden/{golden}" for golden in some]
        doors = {
            "floor: nothing": (floor_port, floor, requests(hub, ["/"], plain)),
            "floor: healthz": (hub.port, web, requests(hub, ["/healthz"], plain)),
            "golden": (hub.port, web, requests(hub, profiles, plain)),
            "crosswalk": (hub.port, web, requests(hub, places, plain)),
            "masked": (hub.port, web, requests(hub, profiles, less)),
        }
        found = {name: Seen() for name in doors}
        for port, pid, asked in doors.values():  # keys and plans are read once
            turn(hub, port, asked, pid, chosen, Seen())
        for _ in range(chosen.rounds):
            for name, (port, pid, asked) in doors.items():
                turn(hub, port, asked, pid, chosen, found[name])
    return found


def run(options: list[str]) -> int:
    """Measures, prints the table, and says whether the bars were reached: 1 where not."""
    chosen = parser().parse_args(options)
    with KeptHub(chosen.size) as hub:
        hub.filled()
        found = measure(hub, chosen)
    floor = found["floor: nothing"].rate
    rows = [["door", "best, requests/s", "of the floor", "p50 ms", "p99 ms", "web µs", "PostgreSQL µs", "client µs"]]
    for name, seen in found.items():
        costs = [f"{seen.each(what):.0f}" for what in ("web", "PostgreSQL", "client")]
        speed = [f"{seen.rate:,.0f}", f"{seen.rate / floor:.2f}", f"{seen.at(0.5):.1f}", f"{seen.at(0.99):.1f}"]
        rows.append([name, *speed, *costs])
    print(page.table(rows))
    bars = (("golden", FAST), ("crosswalk", FAST), ("masked", MASKED))
    verdicts = [(f"{name} ≥ {bar:,.0f}/s", found[name].rate >= bar) for name, bar in bars]
    verdicts += [(f"{name} p99 ≤ {SLOWEST_MS:.0f} ms", found[name].at(0.99) <= SLOWEST_MS) for name, _ in bars[:2]]
    for text, reached in verdicts:
        print(f"{'reached' if reached else 'MISSED '}  {text}")
    if chosen.pages:
        notes = [
            *(f"{text}: {'reached' if reached else 'missed'}" for text, reached in verdicts),
            f"{chosen.size:,} golden records, a quarter of them of two records, written as the hub holds them and not "
            "resolved (`bench/doors/rows.py`); asked for at random.",
            "Two web processes of eight threads as `make up` starts them, with log, audit of reads and rate limits; "
            f"{chosen.connections} connections that stay open; {chosen.rounds} turns of {chosen.seconds:g} s each, by "
            "turns; everything on the same machine.",
            f"Load of the machine at the end: {psutil.getloadavg()[0]:.1f}.",
        ]
        page.keep("reads", "Reads", rows, notes)
    return 0 if all(reached for _, reached in verdicts) else 1
