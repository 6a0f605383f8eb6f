"""Worker processes in a few milliseconds: one process that has loaded everything, and forks a worker when asked.

A stress run starts and kills many. Each is a process of its own with its own connection, and calls what a Celery
worker's sweeper calls. Where it shall die is counted in what it asks of the database, so that every place between
two statements of the three transactions is hit, the place before and the one after each commit included.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Any, Self, TextIO

from tests.hatchery import url_of_test

LEASE_SECONDS = 1.0


@dataclass
class Nursery:
    """A context manager: ``start`` gives the id of a new worker, ``kill`` kills one with SIGKILL."""

    alive: set[int] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._process, self._errors = _of(url_of_test())
        self._began = self._errors.seek(0, os.SEEK_END)
        self._ask({})  # it has loaded everything
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._ask({"do": "clear"})

    def _ask(self, command: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            _of.cache_clear()
            raise AssertionError(f"the nursery died: {self.said()[-3000:]}")
        return json.loads(answer)

    def start(
        self,
        *,
        batch: int,
        die_at: int | None = None,
        die_after_commit: float | None = None,
        lease: float = LEASE_SECONDS,
    ) -> int:
        """A worker with batches of ``batch``, which kills itself at its ``die_at``-th call of the database, or after
        that many commits and a half: with all of the next transaction done, but not committed."""
        pid: int = self._ask(
            {"do": "start", "batch": batch, "die_at": die_at, "die_after_commit": die_after_commit, "lease": lease}
        )
        self.alive.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        self._ask({"do": "kill", "pid": pid})
        self.alive.discard(pid)

    def reap(self) -> int:
        """Forget the workers that died by themselves; how many there were."""
        gone = set(self._ask({"do": "reap"}))
        self.alive -= gone
        return len(gone)

    def kill_all(self) -> None:
        for pid in list(self.alive):
            self.kill(pid)

    def said(self) -> str:
        """What the workers logged so far."""
        self._errors.seek(self._began)
        return self._errors.read()


@cache
def _of(database: str) -> tuple[subprocess.Popen[str], TextIO]:
    """The process that forks them and its log; one for all tests of a process, which it ends with."""
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
    environ = {**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "hub.conf.settings"}
    command, pipe = [sys.executable, "-m", "tests.stress.nursery"], subprocess.PIPE
    return subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, stderr=errors, text=True), errors


def _work(batch: int, die_at: int | None, die_after_commit: float | None, lease: float) -> None:
    from django.conf import settings

    from hub import tasks

    settings.HUB_BATCH_SIZE = batch
    settings.HUB_LEASE_SECONDS = lease
    # Two of three hold on to what they work on, as a worker of Celery does; the third loses its lease when it is slow.
    if os.getpid() % 3:
        tasks.KEEP_SECONDS = lease / 5
        tasks._kept.set()
        threading.Thread(target=tasks._keep_for_ever, daemon=True).start()
    if die_at is not None:
        _die_at(die_at)
    if die_after_commit is not None:
        _die_after_commit(die_after_commit)
    while True:
        tasks.guarded(tasks.run_once)
        time.sleep(0.02)


def _die_at(number: int) -> None:
    """SIGKILL to itself before the ``number``-th statement, copy or commit from now on, or right after it."""
    import psycopg

    left = number

    def watched(call: Any) -> Any:
        def counted(*args: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0 and number % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = call(*args, **options)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return counted

    psycopg.Cursor.execute = watched(psycopg.Cursor.execute)  # type: ignore[method-assign]
    psycopg.Cursor.copy = watched(psycopg.Cursor.copy)  # type: ignore[method-assign]
    psycopg.Connection.commit = watched(psycopg.Connection.commit)  # type: ignore[method-assign]


def _die_after_commit(number: float) -> None:
    """SIGKILL to itself when ``number`` transactions are committed; at a half, before the next one would be."""
    import psycopg

    commit, made = psycopg.Connection.commit, 0

    def counted(self: Any) -> None:
        nonlocal made
        if made + 0.5 == number:
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self)
        made += 1
        if made == number:
            os.kill(os.getpid(), signal.SIGKILL)

    psycopg.Connection.commit = counted  # type: ignore[method-assign]


def _serve() -> None:
    import django

    django.setup()
    from hub import ports, tasks  # noqa: F401
    from matching.canonical import from_nested
    from matching.model import default
    from matching.normalise import normalise

    ports._doorbell.clear()  # no broker: these workers look by themselves
    normalise(from_nested({"source_id": "1", "name": {"given": "Ann", "family": "Li"}}, source_system="x"), default())
    children: set[int] = set()
    for line in sys.stdin:
        command = json.loads(line)
        answer: Any = None
        match command.get("do"):
            case "start":
                answer = _fork(command["batch"], command["die_at"], command["die_after_commit"], command["lease"])
                children.add(answer)
            case "kill":
                _end(command["pid"])
                children.discard(command["pid"])
            case "clear":
                for pid in children:
                    _end(pid)
                children.clear()
            case "reap":
                answer = [pid for pid in children if os.waitpid(pid, os.WNOHANG)[0]]
                children.difference_update(answer)
        print(json.dumps(answer), flush=True)  # noqa: T201
    for pid in children:
        _end(pid)


def _fork(batch: int, die_at: int | None, die_after_commit: float | None, lease: float) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            os.close(0)
            os.close(1)
            _work(batch, die_at, die_after_commit, lease)
        finally:
            os._exit(1)
    return pid


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    _serve()
