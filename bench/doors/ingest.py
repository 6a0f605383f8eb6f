"""Records accepted a second by the batch door of the real web server, its client on the same machine, beside two
floors: orjson reading the same bytes, and PostgreSQL copying rows of the same size into a table with the inbox's
indexes.

What was acknowledged is looked for afterwards, id by id. A second run has the workers beside it, as in an installation:
they resolve with less right to the processor than the web server has.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic, process_time
from typing import Any

import orjson
import psycopg

from bench.resolution.client import Client
from bench.resolution.hub import Hub
from bench.resolution.watch import cpu_seconds

TARGET = 5000.0
_NOW = datetime.now(UTC)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench doors ingest", description=__doc__)
    made.add_argument("--records", type=int, default=60_000)
    made.add_argument("--batch", type=int, default=1000, help="records in each")
    made.add_argument("--connections", type=int, default=4)
    made.add_argument("--target", type=float, default=TARGET, help="records a second that are asked for")
    return made


@dataclass(frozen=True, slots=True)
class Speed:
    """``number`` records in so many seconds, and the seconds of processor time that the hub's parts spent on them."""

    number: int
    seconds: float
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        return self.number / self.seconds

    def __str__(self) -> str:
        each = "   ".join(f"{name} {spent / self.number * 1e6:4.0f} µs" for name, spent in self.cpu.items())
        return f"{self.rate:9,.0f}/s   {each}"


def record(name: str, number: int) -> dict[str, Any]:
    """A customer as a shop sends them, of about 700 bytes."""
    return {
        "source_id": f"{name}-{number}", "kind": "person",
        "name": {"given": f"Katherine{number % 977}", "family": f"Meyer-Lang{number}"},
        "birth_date": f"19{10 + number % 90}-0{1 + number % 9}-12",
        "emails": [{"value": f"k.meyer.{name}.{number}@example.com", "type": "home", "verified": True}],
        "phones": [{"value": f"+49 151 {20_000_000 + number}", "type": "mobile"}],
        "addresses": [{"type": "home", "street": f"Lindenstr. {number}", "city": "Berlin", "postal_code": "10969",
                       "country": "DE"}],
        "identifiers": [{"type": "loyalty_id", "issuer": "club", "value": f"{name}{number}"}],
        "attributes": {"payment_terms": "NET30", "points_balance": number, "tier": "gold"},
        "occurred_at": "2026-11-20T10:00:00Z", "version": 1,
    }  # fmt: skip


def bodies(name: str, *, records: int, batch: int) -> list[bytes]:
    return [
        "\n".join(json.dumps(record(name, number)) for number in range(start, min(start + batch, records))).encode()
        for start in range(0, records, batch)
    ]


def sent(port: int, token: str, whole: Sequence[bytes], *, connections: int) -> list[str]:
    """The ids of the messages that were acknowledged for these batches, sent over so many connections at once. What is
    refused for a while is sent again."""

    def one(share: Sequence[bytes]) -> list[str]:
        found: list[str] = []
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
        for body in share:
            while True:
                connection.request("POST", "/api/v1/sources/crm/records/batch", body, headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status == 207:
                    break
                if answer.status not in (429, 503):
                    raise RuntimeError(f"answered {answer.status}: {content[:200]!r}")
            said = orjson.loads(content)
            if said["rejected"]:
                raise RuntimeError(f"{said['rejected']} records were rejected")
            found += [result["message_id"] for result in said["results"]]
        connection.close()
        return found

    with ThreadPoolExecutor(connections) as crowd:
        return [name for share in crowd.map(one, [whole[i::connections] for i in range(connections)]) for name in share]


def timed(number: int, work: Callable[[], Any], tops: dict[str, int]) -> tuple[Speed, Any]:
    def used() -> dict[str, float]:
        return {name: sum(cpu_seconds([pid]).values()) for name, pid in tops.items()}

    before, began = used(), monotonic()
    found = work()
    seconds = monotonic() - began
    return Speed(number, seconds, {name: spent - before[name] for name, spent in used().items()}), found


def parsed(whole: Sequence[bytes]) -> Speed:
    """The first floor: nothing but JSON."""
    began, cpu, number = monotonic(), process_time(), 0
    for body in whole:
        for line in body.split(b"\n"):
            orjson.loads(line)
            number += 1
    return Speed(number, monotonic() - began, {"python": process_time() - cpu})


def copied(database_url: str, whole: Sequence[bytes]) -> Speed:
    """The second: rows with payloads of the same size, in as many transactions."""
    with psycopg.connect(database_url, autocommit=True) as session:
        session.execute("CREATE TABLE floor (LIKE hub_inboxmessage INCLUDING DEFAULTS INCLUDING INDEXES)")
        names = "id, public_id, system_id, address, mapping, part, payload, dedupe, lane, status, received_at, attempts"
        began, cpu, number = monotonic(), process_time(), 0
        for body in whole:
            with session.transaction(), session.cursor().copy(
                f"COPY floor ({names}, next_attempt_at) FROM STDIN (FORMAT BINARY)"
            ) as copy:  # fmt: skip
                copy.set_types(["int8", "text", "int2", "bytea", "text", "int2", "bytea", "bytea", "int2", "int2",
                                "timestamptz", "int2", "timestamptz"])  # fmt: skip
                for line in body.split(b"\n"):
                    number += 1
                    copy.write_row((number, f"msg_{number:026d}", 1, os.urandom(16), "", 0, line + bytes(29),
                                    os.urandom(16), 2, 0, _NOW, 0, _NOW))  # fmt: skip
        speed = Speed(number, monotonic() - began, {"python": process_time() - cpu})
        session.execute("DROP TABLE floor")
    return speed


def held(database_url: str, names: Sequence[str]) -> int:
    with psycopg.connect(database_url) as session:
        found = session.execute("SELECT count(*) FROM hub_inboxmessage WHERE public_id = ANY(%s)", [list(names)])
        return int(found.fetchone()[0])  # type: ignore[index]


def run(options: list[str]) -> int:
    chosen = parser().parse_args(options)
    best = 0.0
    with ExitStack() as stack:
        hub = stack.enter_context(Hub())
        hub.environ["HUB_RATE_LIMIT"] = "off"
        hub.manage("migrate")
        _, said = hub.manage("create_client", "shop", "--scope", "records:write", "--source", "crm", "--json")
        made = json.loads(said.splitlines()[-1])
        web = stack.enter_context(hub.web())
        token = Client(hub.port, **made)._token
        sent(hub.port, token, bodies("warm", records=4 * chosen.batch, batch=chosen.batch), connections=4)
        assert hub._servers is not None
        tops = {"web": web, "servers": hub._servers.pid}
        for what in ("the doors alone", "beside the workers"):
            whole = bodies(what.split()[-1], records=chosen.records, batch=chosen.batch)
            if what == "beside the workers":
                tops["workers"] = stack.enter_context(hub.worker())
            print(f"floor: orjson        {parsed(whole)}")
            print(f"floor: COPY          {copied(hub.environ['DATABASE_URL'], whole)}")
            accept = partial(sent, hub.port, token, whole, connections=chosen.connections)
            speed, names = timed(chosen.records, accept, tops)
            print(f"{what:20} {speed}")
            if (there := held(hub.environ["DATABASE_URL"], names)) != chosen.records:
                raise RuntimeError(f"{chosen.records:,} records were acknowledged and {there:,} are there")
            best = max(best, speed.rate)
    print(f"{best:,.0f} records a second: {'reached' if best >= chosen.target else 'BELOW'} the {chosen.target:,.0f}")
    return 0 if best >= chosen.target else 1


if __name__ == "__main__":
    import sys

    sys.exit(run(sys.argv[1:]))
