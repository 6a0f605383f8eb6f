"""Ringing the bell: nobody who rings waits for the broker, and what was rung arrives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest
import redis

from hub.embedded.paths import CHECKOUT
from tests.servers import Servers

pytestmark = pytest.mark.servers

RING = """
import os, sys, time
import django; django.setup()
from hub import tasks
began = time.monotonic()
for _ in range(50):
    tasks.ring(2)
    tasks.ring(0)
print(time.monotonic() - began, flush=True)
if "fork" in sys.argv:
    if os.fork() == 0:
        tasks.ring(1)
        time.sleep(3)
        os._exit(0)
    os.wait()
time.sleep(float(sys.argv[1]))
"""


def ring(redis_url: str, *arguments: str) -> tuple[float, float]:
    """How long a hundred rings took the process, and how long the process took to end after that."""
    process = subprocess.Popen(
        [sys.executable, "-c", RING, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "REDIS_URL": redis_url, "DJANGO_SETTINGS_MODULE": "hub.conf.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    took = float(process.stdout.readline())
    began = time.monotonic()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    return took, time.monotonic() - began


def test_nobody_waits_for_a_broker_that_stands_still() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # the kernel takes connections, and nobody answers
        took, ending = ring(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "0.5")
    assert took < 0.5
    assert ending < 4.0  # less than one timeout of the broker's connection


def test_a_bell_arrives_from_a_forked_process_too(servers: Servers) -> None:
    url = servers.redis_url.replace("db=0", "db=63")
    with redis.Redis.from_url(url) as bell:
        bell.flushdb()
        ring(url, "0.5", "fork")
        bells = bell.llen("concord")
        bell.flushdb()
    # Lanes 2 and 0, merged as far as they waited for one another, and lane 1 of the forked process.
    assert 3 <= bells < 100
