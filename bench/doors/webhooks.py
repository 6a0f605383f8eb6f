"""Deliveries a second by one process, beside the HTTP client alone to the same receiver; and what 1,000 endpoints that
are dead in four ways cost the healthy ones.

Events are those of a hub that was loaded and loaded again with changes: sealed, of about 1 kB. The receiver is a
process of its own which keeps what comes and judges nothing meanwhile; afterwards each body is looked at: every event
once, in order for each golden id, and a sample verified by the reference library.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time
from typing import Any

TARGET = 3000.0
MOST_SLOWED = 0.10


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench doors webhooks", description=__doc__)
    made.add_argument("--customers", type=int, default=5000)
    made.add_argument("--changes", type=int, default=2, help="of each customer")
    made.add_argument("--healthy", type=int, default=10, help="endpoints beside the dead ones")
    made.add_argument("--dead", type=int, default=1000)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seed", type=int, default=1)
    return made


@dataclass(frozen=True, slots=True)
class Speed:
    """``number`` deliveries in so many seconds; ``cpu`` are the process's own, in seconds."""

    number: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.number / self.seconds

    def __str__(self) -> str:
        return f"{self.rate:9,.0f}/s   {self.cpu / self.number * 1e6:6.0f} µs of CPU each"


def customers(file: Path, *, number: int, change: int, seed: int) -> None:
    """One record of each customer, as after so many changes."""
    dice = random.Random(seed)
    with file.open("w") as out:
        for who in range(number):
            record: dict[str, Any] = {
                "source_system": "crm", "source_id": f"crm-{who}", "occurred_at": f"2026-01-0{1 + change}T00:00:00Z",
                "name": {"given": f"Given{who % 977}", "family": f"Family{who}"}, "birth_date": "1980-04-11",
                "emails": [{"value": f"person{who}@example.com"}],
                "phones": [{"value": f"+4930{1_000_000 + who * 10 + change}"}],
                "addresses": [{"line1": f"Example Street {dice.randint(1, 200)}", "postal_code": "10115",
                               "city": "Berlin", "country": "DE"}],
                "consents": [{"purpose": "marketing", "channel": "email", "contact_point": f"person{who}@example.com",
                              "state": "granted", "jurisdiction": "DE", "captured_at": "2025-05-01T00:00:00Z"}],
            }  # fmt: skip
            out.write(json.dumps(record) + "\n")


def prepare(*, number: int, changes: int, seed: int) -> int:
    """Load customers and their changes; how many events there are."""
    from django.core.management import call_command

    from hub.models import OutboxEvent
    from hub.stages.seal import seal

    with tempfile.TemporaryDirectory() as folder:
        for change in range(changes + 1):
            file = Path(folder) / f"customers{change}.ndjson"
            customers(file, number=number, change=change, seed=seed)
            call_command("load", str(file), json=True, stdout=open(os.devnull, "w"))
    while seal():
        pass
    return OutboxEvent.objects.count()


@contextmanager
def receiver(answer: str = "taken") -> Iterator[int]:
    """A receiver in a process of its own; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.doors.receiver", "--answer", answer], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def seen(port: int) -> list[tuple[str, str, int]]:
    """(webhook-id, subject, sequence) of what the receiver got since it was last asked."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    asked.request("GET", "/seen")
    found = [(i, s, n) for i, s, n in json.loads(asked.getresponse().read())["seen"]]
    asked.close()
    return found


def judge(came: Sequence[tuple[str, str, int]], *, events: int, path: str = "") -> None:
    """Raises unless every event came once, and those of one golden id in order."""
    last: dict[str, int] = {}
    for _, subject, sequence in came:
        if sequence <= last.get(subject, 0):
            raise AssertionError(f"sequence {sequence} came after {last[subject]}")
        last[subject] = sequence
    if len({i for i, *_ in came}) != events or len(came) != events:
        raise AssertionError(f"{len(came)} deliveries of {events} events")


def client_alone(port: int, *, number: int, size: int, at_once: int = 20) -> Speed:
    """The same client library with nothing around it: bodies of this size to the same receiver."""
    import aiohttp
    from yarl import URL

    headers = {"webhook-id": "evt_0", "webhook-timestamp": "0", "webhook-signature": "v1,0",
               "content-type": "application/cloudevents+json"}  # fmt: skip
    body, url = b"x" * size, URL(f"http://127.0.0.1:{port}/")

    async def post(session: aiohttp.ClientSession, times: int) -> None:
        for _ in range(times):
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.read()

    async def all_of_it() -> None:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        ) as session:
            await asyncio.gather(*(post(session, number // at_once) for _ in range(at_once)))

    began, cpu = monotonic(), process_time()
    asyncio.run(all_of_it())
    return Speed(number // at_once * at_once, monotonic() - began, process_time() - cpu)


def endpoints(urls: Sequence[str]) -> None:
    """Endpoints that are to get all events there are; those of before are gone."""
    from connectors.outbound import endpoints as rooms
    from connectors.outbound.fanout import fan_out
    from hub.models import Endpoint

    for endpoint in Endpoint.objects.all():
        rooms.delete(endpoint)
    for url in urls:
        rooms.create(url=url)
    Endpoint.objects.update(position=0)
    fan_out()


def delivered(ports: Sequence[int], *, events: int) -> Speed:
    """Everything that waits, by a dispatcher in this process, until the healthy ones have all of it."""
    from connectors.outbound.deliver import Dispatcher

    began, cpu = monotonic(), process_time()
    number = Dispatcher().run()
    return Speed(number, monotonic() - began, process_time() - cpu)


def run(options: list[str]) -> int:
    chosen = parser().parse_args(options)
    from django.conf import settings

    events = prepare(number=chosen.customers, changes=chosen.changes, seed=chosen.seed)
    best = 0.0
    with receiver() as port:
        settings.HUB_DELIVERY_ALLOW = [f"127.0.0.1:{port}"]
        for _ in range(chosen.rounds):
            floor = client_alone(port, number=events, size=1000)
            seen(port)
            endpoints([f"http://127.0.0.1:{port}/"])
            speed = delivered([port], events=events)
            judge(seen(port), events=events)
            best = max(best, speed.rate)
            print(f"client alone {floor}    deliveries {speed}    {speed.rate / floor.rate:.0%} of it")
    print(f"{best:,.0f} deliveries a second: {'reached' if best >= TARGET else 'BELOW'} the {TARGET:,.0f} asked for")
    return 0 if best >= TARGET else 1
