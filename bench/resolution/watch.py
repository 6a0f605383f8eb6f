"""Peak memory and processor time of process trees, looked at from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Event, Thread
from types import TracebackType
from typing import Self

import psutil

LOOK_SECONDS = 0.5


def family(tops: Iterable[int]) -> list[psutil.Process]:
    """The processes with these ids and all their descendants."""
    found: dict[int, psutil.Process] = {}
    for pid in tops:
        try:
            top = psutil.Process(pid)
            found |= {p.pid: p for p in (top, *top.children(recursive=True))}
        except psutil.Error:
            continue
    return list(found.values())


def cpu_seconds(tops: Iterable[int]) -> dict[str, float]:
    """Processor time that the living processes used so far: ``postgres`` and ``python``."""
    used = {"postgres": 0.0, "python": 0.0}
    for process in family(tops):
        try:
            times = process.cpu_times()
            used["postgres" if process.name().startswith("postgres") else "python"] += times.user + times.system
        except psutil.Error:
            continue
    return used


class Watch:
    """A context manager: ``peak_mb`` is the greatest sum of memory, shared pages counted once."""

    def __init__(self, tops: Sequence[int]) -> None:
        self.tops = list(tops)
        self.peak_mb = 0.0
        self._done = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            total = 0.0
            for process in family(self.tops):
                try:
                    full = process.memory_full_info()
                    total += getattr(full, "pss", full.rss)
                except psutil.Error:
                    continue
            self.peak_mb = max(self.peak_mb, total / (1 << 20))
