"""Puts the wall clock of a Celery process wrong by the seconds in the file that ``FAULT_CLOCK`` names.

On PYTHONPATH of an installation under trial. Whatever asks Python for the time hears the wrong one; moments
themselves stay plain ``datetime`` objects, which compiled modules insist on.
"""

import contextlib
import importlib
import os
import pathlib
import sys
import time
from typing import Any


def _shift(seconds: float) -> None:
    import datetime

    for compiled in ("psycopg_binary", "pandas"):  # look at the type itself when they are imported
        with contextlib.suppress(ImportError):
            importlib.import_module(compiled)

    plain, plain_ns = time.time, time.time_ns
    original = datetime.datetime

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, original)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, original)

    class Shifted(original, metaclass=Meta):  # type: ignore[valid-type, misc]
        def __new__(cls, *parts: Any, **named: Any) -> Any:
            return original(*parts, **named)

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
