"""Puts the wall clock of a Celery process wrong by the seconds in the file that ``FAULT_CLOCK`` names.

On PYTHONPATH of an installation under trial. Python's own modules and the hub's read the time through these.
"""

import os
import pathlib
import sys
import time


def _shift(seconds: float) -> None:
    import datetime

    plain, plain_ns = time.time, time.time_ns
    original = datetime.datetime

    class Shifted(original):  # type: ignore[valid-type, misc]
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return original.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> datetime.datetime:
            return original.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)

    time.time = lambda: plain() + seconds
    time.time_ns = lambda: plain_ns() + int(seconds * 1e9)
    datetime.datetime = Shifted  # type: ignore[misc]


_file = pathlib.Path(os.environ.get("FAULT_CLOCK", "/nonexistent"))
if b"\0celery\0" in pathlib.Path("/proc/self/cmdline").read_bytes() and _file.exists():
    _shift(float(_file.read_text()))
    sys.stderr.write(f"the clock of process {os.getpid()} is off: {time.time():.0f}\n")
