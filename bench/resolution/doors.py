"""Latencies through the real web server: one client, one connection that stays open."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import sleep
from typing import Any

from bench.resolution import CHECKOUT
from bench.resolution.client import Client, Latency, timed
from bench.resolution.hub import Hub

WARM = 30


class Till:
    """A client of the hub that may write records and ask who somebody is."""

    def __init__(self, hub: Hub) -> None:
        code, said = hub.manage("create_client", "till", "--scope", "records:write", "--scope", "resolve",
                                "--source", "*", "--json")  # fmt: skip
        if code:
            raise RuntimeError("No client could be created.")
        made = json.loads(said.splitlines()[-1])
        self._client = Client(hub.port, client_id=made["client_id"], client_secret=made["client_secret"])

    def ask(self, record: dict[str, Any]) -> tuple[int, dict[str, Any], float]:
        """Who is this?"""
        question = {k: v for k, v in record.items() if k not in ("source_system", "source_id")}
        return self._client.post("/api/v1/resolve", question)

    def send(self, record: dict[str, Any]) -> tuple[int, dict[str, Any], float]:
        """Send a record and wait for its golden id."""
        return self._client.post(f"/api/v1/sources/{record['source_system']}/records", record, Prefer="wait=10")


def resolve_latency(till: Till, records: list[dict[str, Any]]) -> Latency:
    """Of ``POST /resolve`` for records that the hub does not hold."""
    latency, statuses = timed(((lambda r=r: till.ask(r)) for r in records), warm=WARM)  # type: ignore[misc]
    _all_were(200, statuses)
    return latency


def ingest_latency(till: Till, records: list[dict[str, Any]], *, warm: int = WARM) -> Latency:
    """Of ``POST …/records`` with ``Prefer: wait=10``, answered with the golden id."""
    latency, statuses = timed(((lambda r=r: till.send(r)) for r in records), warm=warm)  # type: ignore[misc]
    _all_were(200, statuses)
    return latency


def ingest_latency_under_load(hub: Hub, till: Till, records: list[dict[str, Any]], file: Path) -> Latency:
    """The same while ``manage.py load`` brings ``file`` in and the worker resolves it."""
    command = [sys.executable, "manage.py", "load", str(file), "--json"]
    with hub.worker():
        load = subprocess.Popen(command, cwd=CHECKOUT, env=hub.environ, stdout=subprocess.DEVNULL)
        try:
            sleep(5)  # until it is under way
            latency = ingest_latency(till, records, warm=0)
            if load.poll() is not None:
                print("the bulk load ended before the last answer: give it more records", file=sys.stderr)
        finally:
            load.wait()
    return latency


def _all_were(wanted: int, statuses: list[int]) -> None:
    others = {status: number for status, number in Counter(statuses).items() if status != wanted}
    if others:
        print(f"answers with another status than {wanted}: {others}", file=sys.stderr)
