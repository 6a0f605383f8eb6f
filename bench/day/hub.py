"""The installation of the day: damaged on purpose, and its waiting times moved on, because a day must not take one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg
import redis

from bench.day.plan import RECEIVERS
from hub.embedded import preflight
from hub.embedded.paths import CHECKOUT
from tests.servers import Stack

# What waits for a time: moved towards now by as much as the day is faster than the clock. Leases are not: who holds
# one works in real seconds.
MOVED = (
    ("hub_delivery", "next_attempt_at", "state = 0"),
    ("hub_endpointhealth", "until", "true"),
    ("hub_endpointhealth", "failing_since", "true"),
)


class Hub:
    """One installation, and receivers of webhooks beside it."""

    def __init__(self, folder: Path, *, begun: bool = False) -> None:
        """``begun``: its databases are a copy of those that the test session migrated."""
        self.folder = folder
        self.ports = {name: preflight.free_port() for name in RECEIVERS}
        allowed = ",".join(f"127.0.0.1:{port}" for port in self.ports.values())
        self.stack = Stack(environ={"HUB_DELIVERY_ALLOW": allowed}, begun=begun)
        self._mover = threading.Thread(target=self._move_on, daemon=True)
        self._stop = threading.Event()
        self.speed = 1.0
        self._receivers: subprocess.Popen[str] | None = None

    def start(self, *, stores: int, speed: float) -> dict[str, dict[str, str]]:
        """Everything up; the OAuth2 clients by name: one for each store, ``shop``, ``office`` and ``reader``."""
        self.speed = speed
        self.stack.start()
        command = [sys.executable, "-m", "bench.day.receivers", str(self.folder)]
        command += [f"{name}={port}" for name, port in self.ports.items()]
        self._receivers = subprocess.Popen(
            command, cwd=CHECKOUT, env={**self.stack.environ, "DJANGO_SETTINGS_MODULE": "hub.conf.settings"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._heard()
        made = subprocess.run(
            [sys.executable, "-m", "bench.day.clients", str(stores), json.dumps(self.ports)], cwd=CHECKOUT,
            env={**self.stack.environ, "DJANGO_SETTINGS_MODULE": "hub.conf.settings"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(made.stderr[-2000:])
        found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
        for name, secret in found["secrets"].items():
            self.receiver(f"secret {name} {secret}")
        self._mover.start()
        return dict(found["clients"])

    def receiver(self, command: str) -> None:
        """A command for the receivers, such as ``down billing``; returns when it is done."""
        assert self._receivers is not None
        assert self._receivers.stdin is not None
        self._receivers.stdin.write(command + "\n")
        self._receivers.stdin.flush()
        self._heard()

    def _heard(self) -> None:
        assert self._receivers is not None
        assert self._receivers.stdout is not None
        if not self._receivers.stdout.readline():
            raise RuntimeError("The receivers ended.")

    def flush(self) -> None:
        """Valkey forgets everything."""
        with redis.Redis.from_url(self.stack.runtime()["REDIS_URL"]) as valkey:
            valkey.flushall()

    def power_cut(self) -> None:
        self.stack.cut_power()
        self.stack.start_again()

    def asked(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of the main database."""
        with psycopg.connect(self.stack.runtime()["DATABASE_URL"], connect_timeout=3) as connection:
            return connection.execute(query, parameters).fetchall()

    def unsettled(self) -> dict[str, int]:
        """What is still to be done, by what it is; everything 0: the hub is at rest."""
        ((waiting, unnumbered, behind, due),) = self.asked(
            "SELECT (SELECT count(*) FROM hub_inboxmessage WHERE status = 0), "
            "(SELECT count(*) FROM hub_outboxevent WHERE position IS NULL), "
            "(SELECT count(*) FROM hub_endpoint WHERE state = 'active' "
            "   AND position < (SELECT coalesce(max(position), 0) FROM hub_outboxevent)), "
            "(SELECT count(*) FROM hub_delivery d JOIN hub_endpoint e ON e.id = d.endpoint_id "
            " WHERE d.state = 0 AND e.state = 'active')"
        )
        return {"messages": waiting, "events without position": unnumbered, "endpoints behind": behind,
                "deliveries": due}  # fmt: skip

    def _move_on(self) -> None:
        while not self._stop.wait(1.0):
            try:
                with psycopg.connect(self.stack.runtime()["DATABASE_URL"], connect_timeout=2) as connection:
                    for table, column, where in MOVED:
                        # Never past now, and around whoever has the row in hand: its time is moved the next second.
                        connection.execute(
                            f"UPDATE {table} t SET {column} = t.{column} - make_interval(secs => %s) FROM ("
                            f"SELECT ctid FROM {table} WHERE {where} AND {column} > now() FOR UPDATE SKIP LOCKED) AS x "
                            f"WHERE t.ctid = x.ctid",
                            [self.speed - 1],
                        )
            except (psycopg.Error, KeyError):
                continue  # the server is being killed just now

    def stop(self) -> None:
        self._stop.set()
        if self._mover.is_alive():
            self._mover.join(timeout=10)
        if self._receivers is not None and self._receivers.stdin is not None:
            self._receivers.stdin.close()
            self._receivers.wait(timeout=30)
        self.stack.stop()
        self.stack.state.remove()
