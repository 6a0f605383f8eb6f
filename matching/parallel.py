"""One function on several processes, for bulk work that the machine's cores can share.

The processes are forks, so that they read the caller's tables without a copy. Where a system cannot fork safely the
work is done here, one job after the other: the results are the same.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_work: tuple[Callable[[Any], Any], Sequence[Any]] | None = None


def cores() -> int:
    """How many processes may run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> list[Result]:
    """``[function(job) for job in jobs]``; an error of any job is raised here."""
    global _work
    # macOS has fork, but its own libraries break in a fork; a worker of a pool may not have children.
    if workers < 2 or len(jobs) < 2 or sys.platform != "linux" or multiprocessing.current_process().daemon:
        return [function(job) for job in jobs]
    _work = (function, jobs)
    try:
        with multiprocessing.get_context("fork").Pool(min(workers, len(jobs))) as pool:
            return pool.map(_do, range(len(jobs)), chunksize=1)
    finally:
        _work = None


def _do(number: int) -> Any:
    assert _work is not None
    function, jobs = _work
    return function(jobs[number])
