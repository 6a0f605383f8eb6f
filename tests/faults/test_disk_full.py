"""The disk that holds the database is full, down to the last byte, and then has room again.

A file system of its own in memory holds the whole state folder; a file of ballast takes what is left of it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.embedded import processes
from tests.faults.trial import Trial

pytestmark = [pytest.mark.faults, pytest.mark.servers]

# PostgreSQL may be down by then; the supervisor pauses up to MAX_BACK_OFF between two starts.
ROOM_AGAIN = 60
MOST_SLICES = 60


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte left."""
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for block in (1024 * 1024, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * block) == block:
                        pass
        assert os.statvfs(disk).f_bavail == 0
        yield
    finally:
        ballast.unlink()


def postgres_answers(trial: Trial) -> bool:
    try:
        with psycopg.connect(trial.database_url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def test_the_disk_is_full_for_a_while(trial: Trial) -> None:
    """First tables cannot grow, so that nothing more is acknowledged; then PostgreSQL itself cannot go on."""
    if trial.small_disk is None:
        pytest.skip("needs the right to mount a file system: root, or sudo without a password")
    with trial.stopped_at("at the end of T1"):
        fills = contextlib.ExitStack()
        fills.enter_context(full(trial.small_disk))
    with fills:
        taken = 0
        while trial.try_to_send(taken):
            taken += 1
            assert taken < MOST_SLICES, "the disk is full and all is acknowledged"
        with contextlib.suppress(psycopg.Error), psycopg.connect(trial.database_url, autocommit=True) as connection:
            for _ in range(3):  # a new file for the log is what it cannot do without
                connection.execute("SELECT pg_logical_emit_message(true, 'fault', 'x')")
                connection.execute("SELECT pg_switch_wal()")
        assert processes.wait_for(lambda: not postgres_answers(trial), seconds=20)
        assert not trial.try_to_send(taken + 1)
    for _ in range(taken + 2):
        trial.send()
    trial.settled_within(ROOM_AGAIN, "the disk was full, counted from the first acknowledgement")
    trial.stack.wait_ready()
    trial.verified()
