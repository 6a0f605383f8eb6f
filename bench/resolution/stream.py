"""A hub that grows: how fast the worker resolves what waits, to the sealed outbox, and what each record costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, sleep

import psycopg

from bench.resolution.hub import Hub
from bench.resolution.watch import cpu_seconds

LOOK_SECONDS = 1.0
_COUNTS = """
    SELECT (SELECT count(*) FROM hub_inboxmessage WHERE status = 0),
           (SELECT count(*) FROM hub_outboxevent WHERE position IS NULL)
"""


@dataclass(frozen=True)
class Look:
    """At ``seconds`` so many records were resolved, and so much processor time had been used since the start."""

    seconds: float
    resolved: int
    python: float
    postgres: float

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def take_in(hub: Hub, file: Path) -> float:
    """Bring a file into the inbox without resolving anything; for how many seconds."""
    from hub import loading, ports
    from hub.files import Work

    ports._doorbell.clear()
    began = monotonic()
    loading.take_in(loading.Load(Work(file, None, "", loading.sources())), outcome=loading.Outcome())
    return monotonic() - began


def grow(hub: Hub, *, held: int) -> list[Look]:
    """Start a worker, wait until everything in the inbox is resolved and sealed; ``held`` records were there before.

    The clock runs from the first record that is resolved.
    """
    looks: list[Look] = []
    with (
        psycopg.connect(hub.environ["DATABASE_URL"], autocommit=True) as session,
        hub.worker() as worker,
        hub.watch(worker) as watch,
    ):
        (waiting, unsealed) = _counts(session)
        total = waiting
        began = 0.0
        idle = cpu_seconds(watch.tops)
        while waiting or unsealed:
            sleep(LOOK_SECONDS)
            (now_waiting, unsealed) = _counts(session)
            if now_waiting == total:
                idle = cpu_seconds(watch.tops)
                continue
            waiting = now_waiting
            began = began or monotonic() - LOOK_SECONDS
            used = cpu_seconds(watch.tops)
            looks.append(
                Look(
                    round(monotonic() - began, 2),
                    held + total - waiting,
                    round(used["python"] - idle["python"], 2),
                    round(used["postgres"] - idle["postgres"], 2),
                )
            )
    return looks


def _counts(session: psycopg.Connection[tuple[int, ...]]) -> tuple[int, int]:
    found = session.execute(_COUNTS).fetchone()
    assert found is not None
    return found[0], found[1]


@dataclass(frozen=True)
class Rate:
    """Records a second and processor microseconds a record, while the hub grew from ``start`` to ``end``."""

    start: int
    end: int
    per_second: float
    cpu_us: float

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def rate(looks: list[Look], start: int, end: int) -> Rate | None:
    """The rate between two sizes, as near to them as was looked; None where that was never seen."""
    first = min(looks, key=lambda x: abs(x.resolved - start), default=None)
    last = min(looks, key=lambda x: abs(x.resolved - end), default=None)
    if first is None or last is None or last.resolved <= first.resolved:
        return None
    number = last.resolved - first.resolved
    cpu = last.python + last.postgres - first.python - first.postgres
    spent = last.seconds - first.seconds
    return Rate(first.resolved, last.resolved, round(number / spent, 1), round(cpu / number * 1e6, 1))
