"""W3C Trace Context: the trace that a request belongs to, from the door through worker and event to the receiver.

A ``traceparent`` is kept as 25 bytes: trace id (16), parent id (8), flags (1). The hub makes no spans of its own, so it
hands on the parent that it was given, as the recommendation allows; ``tracestate``, which may hold anything, is left.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_HEADER = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
# Of the flags those that are defined: sampled, and that the trace id is random.
_FLAGS = 0x03
_present: ContextVar[bytes | None] = ContextVar("trace", default=None)


def read(header: str | None) -> bytes | None:
    """A ``traceparent`` as 25 bytes; None where it is none."""
    found = _HEADER.fullmatch(header or "")
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    trace, parent = bytes.fromhex(found[2]), bytes.fromhex(found[3])
    if not any(trace) or not any(parent):
        return None
    return trace + parent + bytes([int(found[4], 16) & _FLAGS])


def made() -> bytes:
    """A trace that begins here. Whether it is to be sampled is left to those further on."""
    return os.urandom(24) + b"\x00"


def written(trace: bytes | memoryview) -> str:
    """``trace`` as a ``traceparent`` of version 00."""
    text = bytes(trace).hex()
    return f"00-{text[:32]}-{text[32:48]}-{text[48:]}"


def present() -> bytes | None:
    """The trace of what this thread does now; None where nobody began one."""
    return _present.get()


@contextmanager
def carried(trace: bytes | None) -> Iterator[None]:
    """Within it ``trace`` is the present one."""
    before = _present.set(trace)
    try:
        yield
    finally:
        _present.reset(before)


def common(traces: Iterable[bytes | None]) -> bytes | None:
    """The one trace that all of them are; None where they are several."""
    found = set(traces)
    return found.pop() if len(found) == 1 else None


class Stamp(logging.Filter):
    """Gives every record ``trace``: the present trace id with a name before it, or nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        trace = _present.get()
        record.trace = f" trace={trace[:16].hex()}" if trace else ""
        return True
