"""Celery: a wake-up call, no payload. And the sweeper, which looks without being called.

A message says that a lane has work. Losing one costs a second: every worker process sweeps the database
by itself, so that FLUSHALL or a stopped broker loses nothing and stops nothing. Beside it the keeper takes back
what dead workers held and prolongs the leases of batches that take long.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init, worker_process_shutdown
from django.conf import settings
from django.db import close_old_connections, connections

from hub import pipeline, ports
from hub.conf.celery import app
from hub.models.inbox import Lane
from hub.sql import SERVER_AWAY
from hub.stages import inbox
from hub.stages.seal import seal

log = logging.getLogger("hub.tasks")

_stop = threading.Event()
# Whether this process has a keeper: a command that resolves by itself has none.
_kept = threading.Event()
SWEEP_SECONDS = 1.0
KEEP_SECONDS = 1.0


@shared_task(name="hub.work", ignore_result=True)
def work(lane: int) -> None:
    """There is work in ``lane`` (or a more urgent one)."""
    guarded(lambda: run_once(Lane(lane)))


def run_once(lane: Lane | None = None, limit: int | None = None) -> int:
    """Resolve what waits (or some ``limit`` of it), number the events that came of it and hand them on; how much
    was done."""
    if not _kept.is_set():
        keep()
    done = pipeline.drain(lane=lane, limit=limit)
    sealed = 0
    while number := seal():
        sealed += number
        ports.sealed()
    return done + sealed


def ring(lane: int) -> None:
    """Ask a worker to look at a lane."""
    send("hub.work", int(lane))


_broker_failed_at = float("-inf")


def send(name: str, *arguments: int) -> None:
    """Send a wake-up call. A broker that is away costs nothing: the sweeper looks anyway, and for five seconds
    nobody waits for it again."""
    global _broker_failed_at
    if time.monotonic() - _broker_failed_at < 5:
        return
    try:
        app.send_task(name, args=list(arguments), retry=False)
    except Exception as error:  # kombu raises what its transport raises
        _broker_failed_at = time.monotonic()
        log.warning("no broker to ring: %s", type(error).__name__)


def guarded(job: Callable[[], object]) -> None:
    """Run a job whose failure must not end the worker: what it held comes back with its session or its lease."""
    try:
        close_old_connections()
        job()
    except SERVER_AWAY as error:
        log.warning("the database is away: %s", type(error).__name__)
        connections.close_all()
    except Exception as error:
        log.error("work failed: %s", type(error).__name__)
    finally:
        inbox.let_go()


def _sweep_for_ever() -> None:
    while not _stop.wait(SWEEP_SECONDS * random.uniform(0.7, 1.3)):
        guarded(run_once)
        guarded(ports.sweep)
    connections.close_all()


def keep() -> None:
    """Take back what dead workers held, and hold on to what this process works on."""
    inbox.take_back(max_attempts=settings.HUB_MAX_ATTEMPTS)
    inbox.renew(lease_seconds=settings.HUB_LEASE_SECONDS)


def _keep_for_ever() -> None:
    # A thread of its own: sweeper and task may both be in the middle of a bulk load for hours.
    while not _stop.wait(KEEP_SECONDS * random.uniform(0.7, 1.3)):
        guarded(keep)
    connections.close_all()


@worker_process_init.connect
def start_sweeper(**_: Any) -> None:
    _stop.clear()
    _kept.set()
    # Whoever looks at the sessions of the database sees which process each belongs to.
    connections.settings["default"]["OPTIONS"]["application_name"] = f"concord worker {os.getpid()}"
    for name, target in (("sweeper", _sweep_for_ever), ("keeper", _keep_for_ever)):
        threading.Thread(target=target, name=name, daemon=True).start()


@worker_process_shutdown.connect
def stop_sweeper(**_: Any) -> None:
    _stop.set()
