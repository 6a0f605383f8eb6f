"""How long "may I e-mail this customer for marketing?" takes, beside a view that does nothing.

Through the real web server: one client, one connection that stays open. The floor is ``/healthz`` over the same
connection; the peer is the golden profile, which is read and sent as it is stored.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from bench.resolution.client import Client, Latency
from bench.resolution.hub import Hub

BOUND_MS = 10.0
WARM = 200


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench consent", description=__doc__)
    made.add_argument("--customers", type=int, default=20_000)
    made.add_argument("--asked", type=int, default=3000)
    made.add_argument("--seed", type=int, default=1)
    return made


def write(file: Path, *, customers: int, seed: int) -> None:
    """Customers of a shop and a till, each with one or two records and up to four statements a record."""
    dice = random.Random(seed)
    with file.open("w") as out:
        for number in range(customers):
            email = f"person{number}@example.com"
            for system in ("crm", "ecommerce")[: dice.randint(1, 2)]:
                record: dict[str, Any] = {
                    "source_system": system, "source_id": f"{system}-{number}", "occurred_at": "2026-01-01T00:00:00Z",
                    "name": {"given": f"Given{number % 977}", "family": f"Family{number}"},
                    "emails": [{"value": email}],
                    "consents": [
                        {"purpose": "marketing", "channel": channel, "contact_point": email,
                         "state": dice.choice(["granted", "withdrawn", "granted", "pending"]), "jurisdiction": "DE",
                         "captured_at": f"202{dice.randint(0, 5)}-0{dice.randint(1, 9)}-1{day}T00:00:00Z"}
                        for day, channel in enumerate(dice.sample(["email", "email", "sms", "phone"], 3))
                    ],
                }  # fmt: skip
                out.write(json.dumps(record) + "\n")


class Asker(Client):
    def get(self, path: str) -> float:
        """Seconds until the answer was read; it must be 200."""
        began = perf_counter()
        self._http.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
        answer = self._http.getresponse()
        answer.read()
        spent = perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")
        return spent


def measure(hub: Hub, *, customers: int, asked: int, seed: int) -> dict[str, tuple[Latency, float]]:
    file, links = hub.folder / "customers.ndjson", hub.folder / "links.csv"
    write(file, customers=customers, seed=seed)
    for command in (("migrate",), ("load", str(file), "--json"), ("export", "crosswalk", "--out", str(links))):
        code, said = hub.manage(*command)
        if code:
            raise RuntimeError(f"{command[0]} ended with {code}: {said[-500:]}")
    _, said = hub.manage("create_client", "channel", "--scope", "consents:read", "--scope", "golden:read", "--json")
    made = json.loads(said.splitlines()[-1])
    goldens = sorted({row["golden_id"] for row in csv.DictReader(links.open())})
    dice = random.Random(seed)
    paths = {
        "floor: a view that does nothing": lambda golden: "/healthz",
        "peer: the stored golden profile": lambda golden: f"/api/v1/golden/{golden}",
        "consent check": lambda golden: f"/api/v1/golden/{golden}/consents/check?purpose=marketing&channel=email",
    }
    with hub.web() as web:
        client = Asker(hub.port, client_id=made["client_id"], client_secret=made["client_secret"])
        found: dict[str, list[float]] = {name: [] for name in paths}
        # By turns, so that a busy moment of the machine falls on all of them.
        for golden in dice.choices(goldens, k=asked + WARM):
            for name, path in paths.items():
                found[name].append(client.get(path(golden)))
        spent = {}
        for name, path in paths.items():
            before = _processor(web)
            for golden in dice.choices(goldens, k=asked):
                client.get(path(golden))
            spent[name] = (_processor(web) - before) * 1000 / asked
        client.close()
    print(f"{len(goldens):,} customers, {asked:,} questions each, milliseconds at the client of one connection")
    return {name: (Latency.of(seconds[WARM:]), spent[name]) for name, seconds in found.items()}


def _processor(pid: int) -> float:
    """Seconds of processor time that a process and its children have had: what a busy machine does not change."""
    own = psutil.Process(pid)
    times = [p.cpu_times() for p in (own, *own.children(recursive=True))]
    return sum(t.user + t.system for t in times)


def run(options: list[str]) -> int:
    chosen = parser().parse_args(options)
    with Hub() as hub:
        found = measure(hub, customers=chosen.customers, asked=chosen.asked, seed=chosen.seed)
    print(f"{'':36}{'p50':>8}{'p99':>8}{'slowest':>9}{'web process, ms of processor':>30}")
    for name, (latency, spent) in found.items():
        print(f"{name:36}{latency.p50:>8}{latency.p99:>8}{latency.slowest:>9}{spent:>30.2f}")
    reached = found["consent check"][0].p99 <= BOUND_MS
    print(f"p99 of the check: {'within' if reached else 'BEYOND'} the {BOUND_MS:g} ms that are asked for")
    return 0 if reached else 1
