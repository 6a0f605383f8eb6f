"""Reading how the machine and the inbox are, each second, by a thread of each web process."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.db import connections

from hub import pressure
from hub.pressure import age
from hub.pressure.bounds import Bounds, Reading, judged
from hub.sql import rows

log = logging.getLogger("hub.pressure")

_EACH_SECONDS = 1.0
# Counting a million rows takes a moment: no more than a fiftieth of the time is spent on it.
_COUNTING_SHARE = 50
_CGROUP = Path("/sys/fs/cgroup")
_counted = (0, 0.0)


def look() -> None:
    """Read once, and have the doors go by it."""
    before = pressure.refusals()
    bounds = Bounds(
        settings.HUB_INBOX_MOST, settings.HUB_INBOX_OLDEST, settings.HUB_DISK_LEAST, settings.HUB_MEMORY_LEAST
    )
    now = read()
    age.say(now.oldest)
    refused = judged(now, bounds)
    pressure.say(refused)
    if refused.keys() != before.keys():
        said = "; ".join(f"{lane.name.lower()}: {why.text}" for lane, why in sorted(refused.items()))
        log.warning("records are refused: %s", said) if refused else log.info("records are taken again")


def read() -> Reading:
    waiting, oldest = _inbox()
    free, size = _disk()
    return Reading(waiting, oldest, free, size, _memory())


def _inbox() -> tuple[int | None, float | None]:
    """How many messages wait, at least, and the age of the oldest."""
    try:
        newest, first, oldest = rows(
            """
            SELECT (SELECT coalesce(max(id), 0) FROM hub_inboxmessage), min(o.id),
                   coalesce(max(extract(epoch FROM now() - o.received_at)), 0)::float8
            FROM (VALUES (0), (1), (2)) AS l(lane)
            LEFT JOIN LATERAL (SELECT id, received_at FROM hub_inboxmessage m
                               WHERE m.status = 0 AND m.lane = l.lane ORDER BY m.id LIMIT 1) AS o ON true
            """
        )[0]
        if first is None:
            return 0, 0.0
        # No more can wait than there are ids behind the oldest: mostly nothing has to be counted.
        span = newest - first + 1
        return (_count() if span > settings.HUB_INBOX_MOST else span), oldest
    except Exception as error:  # the doors find out by themselves that the database is away
        log.warning("the inbox cannot be read: %s", type(error).__name__)
        connections["default"].close()
        return None, None


def _count() -> int:
    """How many messages wait, as of some seconds ago where counting takes long."""
    global _counted
    number, until = _counted
    began = monotonic()
    if began >= until:
        most = 2 * settings.HUB_INBOX_MOST + 1
        number = rows(
            """
            SELECT sum((SELECT count(*) FROM (SELECT 1 FROM hub_inboxmessage m
                                              WHERE m.status = 0 AND m.lane = l.lane LIMIT %s) AS waiting))::bigint
            FROM (VALUES (0), (1), (2)) AS l(lane)
            """,
            most,
        )[0][0]
        now = monotonic()
        _counted = number, now + (now - began) * _COUNTING_SHARE
    return number


def _disk() -> tuple[int | None, int | None]:
    """(bytes free, bytes in all) of the fullest disk that the database writes to; None where it is not on this
    machine."""
    found = []
    for path in settings.HUB_DISK_PATHS:
        try:
            held = os.statvfs(path)
        except OSError:
            continue
        found.append((held.f_bavail * held.f_frsize, held.f_blocks * held.f_frsize))
    return min(found) if found else (None, None)


def _memory() -> int | None:
    """Bytes that a process may still take, of the machine or of its control group, whichever is less."""
    found = [free for free in (_of_machine(), _of_group()) if free is not None]
    return min(found) if found else None


def _of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None


def _of_group() -> int | None:
    try:
        most = (_CGROUP / "memory.max").read_text().strip()
        if most == "max":
            return None
        used = int((_CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines())
        return int(most) - used + int(stat.get("inactive_file", 0))
    except (OSError, ValueError):
        return None


def start() -> None:
    """Look each second from now on, in a thread of its own."""

    def run() -> None:
        pause = threading.Event()
        while True:
            try:
                look()
            except Exception as error:  # whatever it is, the next second may be better
                log.warning("pressure cannot be read: %s", type(error).__name__)
            pause.wait(_EACH_SECONDS)

    threading.Thread(target=run, name="pressure", daemon=True).start()
