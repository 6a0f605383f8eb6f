"""Celery: a wake-up call, no payload. And the sweeper, which looks without being called.

A message says that a lane has work. Losing one costs a second: every worker process sweeps the database
by itself, so that FLUSHALL or a stopped broker loses nothing and stops nothing. Beside it the keeper takes back
what dead workers held and prolongs the leases of batches that take long.

The first process of a worker with several keeps itself free of the bulk lane, so that an event, the numbering of
events and deliveries find a process whatever is being loaded. The others work at a lower priority of the
machine's, behind the web process, which resolves what a till waits for by itself.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import select
import threading
import time
from collections.abc import Callable
from typing import Any

from billiard import current_process
from celery import shared_task
from celery.signals import worker_init, worker_process_init, worker_process_shutdown
from django.conf import settings
from django.db import close_old_connections, connections

from hub import pipeline, ports
from hub.conf.celery import app
from hub.lanes import ALL, URGENT, Pace, Rota
from hub.models.inbox import Lane
from hub.sql import SERVER_AWAY
from hub.stages import inbox
from hub.stages.seal import seal

log = logging.getLogger("hub.tasks")

SWEEP_SECONDS = 1.0
KEEP_SECONDS = 1.0
# After a call that did not get through, the next is tried so much later.
BROKER_AWAY_SECONDS = 5.0
# After so long a process looks up from the inbox: it numbers events, hands them on, and stops if it is to.
SLICE_SECONDS = 2.0
_stop = threading.Event()
# Whether this process has a keeper: a command that resolves by itself has none.
_kept = threading.Event()


@shared_task(name="hub.work", ignore_result=True)
def work(lane: int) -> None:
    """There is work in ``lane``: wake a process of this worker that is idle and looks after it."""
    if _sweeper is None:
        guarded(run_once)
    else:
        (_bulk_bell if lane == Lane.BULK else _bell).ring()


class _Bell:
    """A pipe that the processes of one worker share: a ring wakes one of those that wait, now or later."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        for end in (self._out, self._in):
            os.set_blocking(end, False)

    def ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it is full of calls that nobody heard yet
            os.write(self._in, b"!")

    def fileno(self) -> int:
        return self._out

    def heard(self) -> None:
        with contextlib.suppress(BlockingIOError):  # another process was faster
            os.read(self._out, 1)


# Made before the worker's processes, which inherit them.
_bell, _bulk_bell = _Bell(), _Bell()


class _Desk:
    """What this process works on, and how."""

    lanes: tuple[Lane, ...] = ALL
    rota = Rota()
    pace: Pace | None = None
    stop_bell: _Bell | None = None


def run_once(*, limit: int | None = None) -> int:
    """Resolve what waits (or some ``limit`` of it), number the events that came of it and hand them on; how much
    was done.

    Slice by slice until nothing is left, or the process is to stop.
    """
    if not _kept.is_set():
        keep()
    if _Desk.pace is None:
        _Desk.pace = Pace(most=settings.HUB_BATCH_SIZE, seconds=settings.HUB_HOLD_SECONDS)
    done = resolved = 0
    over = False
    while not over:
        left = None if limit is None else limit - resolved
        number = pipeline.drain(
            lanes=_Desk.lanes, limit=left, rota=_Desk.rota, pace=_Desk.pace, stop=_after(SLICE_SECONDS)
        )
        resolved += number
        done += number
        while count := seal():
            done += count
            ports.sealed()
        over = not number or _stop.is_set() or (limit is not None and resolved >= limit)
    return done


def _after(seconds: float) -> Callable[[], bool]:
    """A question that is answered with yes after so long, or when the process is to stop."""
    until = time.monotonic() + seconds
    return lambda: _stop.is_set() or time.monotonic() > until


def ring(lane: int) -> None:
    """Have a worker asked to look at a lane. Costs the caller nothing, whatever the broker does."""
    _ringer.ask(int(lane))


class _Ringer:
    """Sends wake-up calls from a thread of its own.

    A broker that is away refuses at once, but one that stands still keeps a sender for many seconds, and nobody at a
    till waits for a bell that the sweepers do not need. A call that was asked for and not yet sent is sent once.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked process: it has neither the thread nor the calls of its parent, and may have its lock closed."""
        self._asked = threading.Condition()
        self._lanes: set[int] = set()
        self._started = False

    def ask(self, lane: int) -> None:
        with self._asked:
            self._lanes.add(lane)
            if not self._started:
                self._started = True
                threading.Thread(target=self._send_for_ever, name="ringer", daemon=True).start()
            self._asked.notify()

    def _send_for_ever(self) -> None:
        while True:
            with self._asked:
                while not self._lanes:
                    self._asked.wait()
                lane = min(self._lanes)
                self._lanes.remove(lane)
            try:
                app.send_task("hub.work", args=[lane], retry=False)
            except Exception as error:  # kombu raises what its transport raises
                log.warning("no broker to ring: %s", type(error).__name__)
                time.sleep(BROKER_AWAY_SECONDS)


_ringer = _Ringer()
os.register_at_fork(after_in_child=_ringer.forget)


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


def _sweep_for_ever(stop_bell: _Bell) -> None:
    bells = [stop_bell, _bell, *([_bulk_bell] if Lane.BULK in _Desk.lanes else [])]
    while True:
        for bell in select.select(bells, [], [], SWEEP_SECONDS * random.uniform(0.7, 1.3))[0]:
            bell.heard()
        if _stop.is_set():
            break
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


_sweeper: threading.Thread | None = None
_processes = 1


@worker_init.connect
def count_processes(sender: Any = None, **_: Any) -> None:
    """In the worker's first process, before it makes the others, which inherit the number."""
    global _processes
    with contextlib.suppress(TypeError, ValueError):  # "auto" is no number yet
        _processes = int(sender.concurrency or 1)


def lanes_of(index: int, processes: int) -> tuple[Lane, ...]:
    """The lanes of the process with this index among so many: the first of several leaves bulk to the others."""
    return URGENT if index == 0 and processes > 1 else ALL


@worker_process_init.connect
def start_sweeper(**_: Any) -> None:
    global _sweeper
    _stop.clear()
    _kept.set()
    # Whoever looks at the sessions of the database sees which process each belongs to.
    connections.settings["default"]["OPTIONS"]["application_name"] = f"concord worker {os.getpid()}"
    _Desk.lanes = lanes_of(getattr(current_process(), "index", 0), _processes)
    if Lane.BULK in _Desk.lanes and _processes > 1:
        with contextlib.suppress(OSError):
            os.nice(settings.HUB_BULK_NICE)
    _Desk.stop_bell = _Bell()
    _sweeper = threading.Thread(target=_sweep_for_ever, args=[_Desk.stop_bell], name="sweeper", daemon=True)
    _sweeper.start()
    threading.Thread(target=_keep_for_ever, name="keeper", daemon=True).start()


@worker_process_shutdown.connect
def stop_sweeper(**_: Any) -> None:
    """Let the batch in hand end: what is given up here comes back only when its lease is over."""
    _stop.set()
    if _sweeper is not None and _Desk.stop_bell is not None:
        _Desk.stop_bell.ring()
        _sweeper.join(timeout=5)
