"""Forked processes: results in the order of the jobs, errors without what they say, nobody left behind."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable

import pytest

from hub.copying import Spools
from hub.crew import Crew, can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="no fork here")


def test_results_come_in_the_order_of_the_jobs() -> None:
    def begin(number: int) -> Callable[[int], tuple[int, int]]:
        def job(n: int) -> tuple[int, int]:
            time.sleep(0.05 if n == 0 else 0)
            return n * n, os.getpid()

        return job

    with Crew(begin, range(9), size=3) as crew:
        found = list(crew.results())
    assert [square for square, _ in found] == [n * n for n in range(9)]
    assert os.getpid() not in {pid for _, pid in found}
    assert not multiprocessing.active_children()


def test_an_error_tells_its_kind_and_not_what_it_says() -> None:
    def begin(number: int) -> Callable[[int], int]:
        def job(n: int) -> int:
            raise ValueError("Alice Meyer")

        return job

    with Crew(begin, [1, 2], size=2) as crew, pytest.raises(RuntimeError) as caught:
        list(crew.results())
    assert "ValueError" in str(caught.value)
    assert "Alice" not in str(caught.value)
    assert not multiprocessing.active_children()


def test_a_process_that_is_killed_is_noticed() -> None:
    with Crew(lambda number: lambda n: os.kill(os.getpid(), 9), [1], size=1) as crew, pytest.raises(RuntimeError):
        list(crew.results())


def test_what_one_process_spools_another_reads() -> None:
    spools = Spools(2)
    with Crew(lambda number: lambda n: spools.add(number, bytes([n]) * 2_000_000), range(6), size=2) as crew:
        extents = list(crew.results())
    assert [spools.read(extent)[:3] for extent in extents] == [bytes([n]) * 3 for n in range(6)]
    assert [sum(map(len, spools.parts(extent))) for extent in extents] == [2_000_000] * 6
    spools.close()
