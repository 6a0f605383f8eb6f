"""Bodies that arrive slowly, or never: threads that answer requests do not wait for them beyond their time.

The web server hands on a body as it comes, its ``read`` waits for as long as the sender pleases, and it knows no time
limit of its own. So a watcher ends the receiving half of a connection whose body is overdue: the read comes back short,
and the sender is told. And only some of the threads may wait for bodies at all, fewer still for those of one sender, so
that reads always find one.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from time import monotonic, sleep
from typing import Any, Protocol

# A body has this long, and as much more as it takes at the least rate that we put up with (bytes a second).
SECONDS = 10.0
LEAST_RATE = 100_000
# Who waits longer than this is slow.
SLOW_SECONDS = 1.0
MOST_OF_SENDER = 3
MOST_AT_ONCE = 6  # of eight threads
# The second half of its time nothing came: such a connection is ended first.
STALLED_SECONDS = SECONDS / 2
_GRACE_SECONDS = 2.0
_TURN_SECONDS = 0.25
_EACH_SECONDS = 0.5
# Linux: after eight bytes, twelve words of 32 bits in struct tcp_info, the last of them tcpi_last_data_recv (ms).
_INFO = struct.Struct("=8x44xI")

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class TooSlow(OSError):
    """The body did not arrive in its time."""


class TooManyAreSlow(OSError):
    """So many bodies are still to arrive that no other is waited for."""


class Source(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def in_time(application: _Application, *, behind_proxy: bool) -> _Application:
    """The WSGI application, whose requests' bodies arrive in time or raise ``TooSlow`` where they are read. Behind a
    proxy, which all requests come from, the sender is whom the proxy saw."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH", "")
        if length.isdigit() and length != "0":
            peer, port = environ.get("REMOTE_ADDR", ""), environ.get("SERVER_PORT", "")
            sender = peer
            if behind_proxy:
                sender = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or peer
            way = Way(peer, int(port) if port.isdigit() else 0, sender, shared=behind_proxy)
            environ["wsgi.input"] = Arriving(environ["wsgi.input"], int(length), way)
        return application(environ, start_response)

    return wrapped


class Way:
    """The connections that a body may come by: those of ``peer`` to our ``port``; ``shared`` with other senders."""

    __slots__ = ("peer", "port", "sender", "shared")

    def __init__(self, peer: str, port: int, sender: str, *, shared: bool) -> None:
        self.peer, self.port, self.sender, self.shared = peer, port, sender, shared


class Arriving(io.RawIOBase):
    """``wsgi.input`` under a deadline that begins with the first read."""

    def __init__(self, source: Source, length: int, way: Way) -> None:
        self._source, self._left, self._way = source, length, way
        self._allowed = SECONDS + length / LEAST_RATE
        self._until = 0.0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        if not wanted:
            return b""
        now = monotonic()
        self._until = self._until or now + self._allowed
        with _waiting(_Wait(self._way, now, self._until)) as wait:
            found = self._source.read(wanted)
        if len(found) < wanted and wait.ended:
            raise TooSlow
        self._left = self._left - len(found) if len(found) == wanted else 0
        return found

    def readinto(self, buffer: Any) -> int:
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


class _Wait:
    """One thread that waits for a piece of a body."""

    __slots__ = ("ended", "since", "until", "way")

    def __init__(self, way: Way, since: float, until: float) -> None:
        self.way, self.since, self.until, self.ended = way, since, until, False


_guard = threading.Condition()
_waits: set[_Wait] = set()
_watched = False


@contextlib.contextmanager
def _waiting(wait: _Wait) -> Iterator[_Wait]:
    global _watched
    with _guard:
        slow = [other for other in _waits if wait.since - other.since > SLOW_SECONDS]
        if sum(other.way.sender == wait.way.sender for other in slow) >= MOST_OF_SENDER:
            raise TooManyAreSlow
        # Of a burst of bodies most are there within milliseconds.
        if not _guard.wait_for(lambda: len(_waits) < MOST_AT_ONCE, timeout=_TURN_SECONDS):
            raise TooManyAreSlow
        _waits.add(wait)
        begin, _watched = not _watched, True
    if begin:
        threading.Thread(target=_watch, name="bodies", daemon=True).start()
    try:
        yield wait
    finally:
        with _guard:
            _waits.discard(wait)
            _guard.notify()


def _watch() -> None:
    while True:
        sleep(_EACH_SECONDS)
        end_overdue(monotonic())


def end_overdue(now: float) -> None:
    """End the connections that bodies are overdue on. First those on which nothing comes any more; where that was not
    it, because something drips in, all of the same peer, unless others come by them too."""
    with _guard:
        overdue = [wait for wait in _waits if now >= wait.until]
        peers = {(wait.way.peer, wait.way.port) for wait in overdue}
        for wait in _waits:
            # Those of the same peer that are not due yet may be ended along with them, and are told the same.
            wait.ended |= (wait.way.peer, wait.way.port) in peers
    for peer, port in peers:
        _end(peer, port, stalled=STALLED_SECONDS)
    late = [wait.way for wait in overdue if now >= wait.until + _GRACE_SECONDS and not wait.way.shared]
    for peer, port in {(way.peer, way.port) for way in late}:
        _end(peer, port, stalled=0.0)


def _end(peer: str, port: int, *, stalled: float) -> None:
    """End the receiving half of this process's connections from a peer on which nothing came for so many seconds. One
    that idles between two requests is ended with them, as a server may do at any time."""
    for name in os.listdir("/dev/fd"):
        try:
            with socket.socket(fileno=os.dup(int(name))) as found:
                if found.family not in (socket.AF_INET, socket.AF_INET6):
                    continue
                if found.getpeername()[0] == peer and found.getsockname()[1] == port and _rests(found) >= stalled:
                    found.shutdown(socket.SHUT_RD)
        except OSError:
            continue  # no socket, or not a connected one


def _rests(connection: socket.socket) -> float:
    """For how many seconds nothing came on a connection; 0.0 where the system does not say."""
    if not hasattr(socket, "TCP_INFO"):
        return 0.0
    try:
        found: int = _INFO.unpack_from(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size))[0]
    except (OSError, struct.error):
        return 0.0
    return found / 1000
