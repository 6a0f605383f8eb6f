"""A worker that stops where it is told to: a thread with a connection of its own, held at a commit."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psycopg
import pytest
from django.db import connection

from hub import pipeline

# What one batch commits, in this order.
CLAIM, T1, T2, T3 = 1, 2, 3, 4
_local = threading.local()
WAIT_SECONDS = 60.0


class HeldWorker:
    """Resolves what waits and stops before (``at`` a whole number and a half) or after that commit, until let go.

    A context manager: entering returns when it stands still, leaving lets it go and waits for its end.
    """

    def __init__(self, *, after: float, limit: int | None = None) -> None:
        self._after = after
        self._limit = limit
        self._made = 0
        self._stands, self._go = threading.Event(), threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._stands.wait(WAIT_SECONDS), "the worker did not come to its stop"
        assert self._error is None, self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        self._go.set()
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive(), "the worker did not end"
        if self._error is not None:
            raise self._error

    @property
    def stood(self) -> bool:
        """Whether it stopped at a commit, rather than at the end of its work."""
        return self._made > 0

    def _work(self) -> None:
        _local.worker = self
        try:
            pipeline.drain(limit=self._limit)
        except BaseException as error:
            self._error = error
        finally:
            self._stands.set()
            connection.close()

    def before_commit(self) -> None:
        if self._made + 0.5 == self._after:
            self._stop()

    def after_commit(self) -> None:
        self._made += 1
        if self._made == self._after:
            self._stop()

    def _stop(self) -> None:
        self._stands.set()
        self._go.wait(WAIT_SECONDS)


def watch_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have held workers stop at their commits; whoever is none commits as ever."""
    commit = psycopg.Connection.commit

    def watched(self: psycopg.Connection) -> None:
        worker: HeldWorker | None = getattr(_local, "worker", None)
        if worker is not None:
            worker.before_commit()
        commit(self)
        if worker is not None:
            worker.after_commit()

    monkeypatch.setattr(psycopg.Connection, "commit", watched)
