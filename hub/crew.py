"""A few forked processes that work off one list of jobs, while their parent uses what they hand over.

The parent's database connection stays the parent's: a process that needs the database opens one of its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, Self, TypeVar

from django.db import connections

Job = TypeVar("Job")
Result = TypeVar("Result")
# Connections of the parent that a fork must neither use nor close.
_theirs: list[Any] = []


class Crew(Generic[Job, Result]):
    """Processes at work on ``jobs`` from the moment that the crew is made; a context manager that ends them.

    ``begin(number)`` gives each process, which has that number, its function of a job.
    """

    def __init__(self, begin: Callable[[int], Callable[[Job], Result]], jobs: Sequence[Job], *, size: int) -> None:
        self._begin = begin
        self._jobs = jobs
        self._waiting = iter(enumerate(jobs))
        self._hands: dict[Connection, Any] = {}
        if not can_fork():
            return
        context = multiprocessing.get_context("fork")
        gc.freeze()  # what the forks share stays shared
        for number in range(min(size, len(jobs))):
            ours, theirs = context.Pipe()
            process = context.Process(target=self._serve, args=(number, theirs, [*self._hands, ours]))
            process.start()
            theirs.close()
            self._hands[ours] = process
            self._hand(ours)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        for ours, process in self._hands.items():
            ours.close()
            process.join(0.1)
            if process.is_alive():
                process.terminate()
                process.join()

    def results(self) -> Iterator[Result]:
        """The result of each job, in the order of the jobs. What a job raises is raised here."""
        if not self._hands:
            function = self._begin(0)
            yield from (function(job) for job in self._jobs)
            return
        done: dict[int, Result] = {}
        for wanted in range(len(self._jobs)):
            while wanted not in done:
                for ours in wait(list(self._hands)):
                    assert isinstance(ours, Connection)
                    number, result = self._receive(ours)
                    done[number] = result
            yield done.pop(wanted)

    def _receive(self, ours: Connection) -> tuple[int, Result]:
        try:
            number, failure, result = ours.recv()
        except EOFError:
            raise RuntimeError("a process that lent a hand was ended") from None
        if failure:
            raise failure
        self._hand(ours)
        return number, result

    def _hand(self, ours: Connection) -> None:
        ours.send(next(self._waiting, None))

    def _serve(self, number: int, theirs: Connection, others: Sequence[Connection]) -> None:
        try:
            for other in others:
                other.close()
            forsake_connections()
            gc.disable()  # rows and records make no cycles, and looking for some costs a fifth of the time
            function = self._begin(number)
            while True:
                if (found := theirs.recv()) is None:
                    continue  # nothing more to do; the pipe is closed when the last result is in
                place, job = found
                try:
                    answer: tuple[int, Exception | None, Any] = (place, None, function(job))
                except Exception as error:
                    # What it says may quote a record.
                    answer = (place, RuntimeError(f"{type(error).__name__} in a job"), None)
                theirs.send(answer)
        except (EOFError, BrokenPipeError, KeyboardInterrupt):
            pass  # the parent is gone, or does not want the rest
        finally:
            os._exit(0)


def can_fork() -> bool:
    """Whether processes can be forked here: macOS has fork, but its own libraries break in a fork, and a process of a
    pool may not have children."""
    return sys.platform == "linux" and not multiprocessing.current_process().daemon


def forsake_connections() -> None:
    """In a fork: leave the parent's database connections alone; the next use opens one of the fork's own."""
    for alias in connections:
        held = connections[alias]
        _theirs.append(held.connection)
        held.connection = None
