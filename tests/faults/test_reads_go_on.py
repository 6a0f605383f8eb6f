"""Reads while nobody resolves anything: answered as ever, and they say how old they may be."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from hub.embedded import processes
from tests.faults.trial import Trial, crowding

pytestmark = [pytest.mark.faults, pytest.mark.servers]


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """A process and its children take no turn until the block ends: worse than gone, because nobody starts it anew."""
    own = psutil.Process(pid)
    stopped = [own, *own.children(recursive=True)]
    for one in stopped:
        os.kill(one.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in stopped:
            if one.is_running():
                os.kill(one.pid, signal.SIGCONT)


def token_of(trial: Trial) -> str:
    made = trial.stack.manage("create_client", "channel", "--scope", "golden:read", "--json")
    form = {"grant_type": "client_credentials", **json.loads(made.stdout.splitlines()[-1])}
    with urllib.request.urlopen(
        f"{trial.stack.url}/oauth/token/", data=urllib.parse.urlencode(form).encode()
    ) as answer:
        token: str = json.load(answer)["access_token"]
    return token


def test_reads_go_on_without_workers_and_broker(trial: Trial) -> None:
    token = token_of(trial)

    def get(path: str) -> tuple[Any, float]:
        """The answer and its age, 0 where it says none."""
        request = urllib.request.Request(f"{trial.stack.url}{path}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=5 * crowding()) as answer:
            assert answer.status == 200
            return json.load(answer), float(answer.headers.get("Age") or 0)

    listed, age = get("/api/v1/golden?limit=1")
    assert age == 0
    path = f"/api/v1/golden/{listed['items'][0]['golden_id']}"
    before, _ = get(path)
    ready, _ = get("/readyz")
    assert ready["workers"] > 0
    assert ready["stale_seconds"] == 0
    with standing_still(trial.stack.pid("worker")), standing_still(trial.stack.pid("valkey")):
        trial.send()
        began = time.monotonic()
        assert processes.wait_for(lambda: get(path)[1] >= 6, seconds=20 * crowding()), "it never says its age"
        told, age = get(path)
        assert told == before
        assert age <= time.monotonic() - began + 60
        assert get("/api/v1/golden?limit=1")[1] >= 6
        ready, _ = get("/readyz")
        assert (ready["status"], ready["stale_seconds"] >= 6) == ("degraded", True)
        assert "broker" in ready["not_ready"]
    trial.settled_within(60, "workers and Valkey stood still")
    assert processes.wait_for(lambda: get(path)[1] == 0, seconds=20 * crowding()), "it stays old"
    trial.verified()
