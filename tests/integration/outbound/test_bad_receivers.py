"""Receivers that speak no HTTP, or too much of it: each try ends in time under a class, and the others go on."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from connectors.outbound.breaker import Habits
from connectors.outbound.deliver import deliver_due
from hub.models import Attempt, Delivery, Endpoint
from tests.integration.outbound.conftest import QUICK, endpoint_at

WORD = "Ashworth"  # what a receiver says must be found nowhere


@contextmanager
def speaking(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that reads a little and then does what it likes with the connection; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def one(taken: socket.socket) -> None:
        with taken:
            taken.settimeout(5)
            try:
                taken.recv(65536)
                answer(taken)
            except OSError:
                pass

    def serve() -> None:
        while not over.is_set():
            try:
                taken, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=one, args=[taken], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        listening.close()


def says(*parts: bytes, pause: float = 0.0, times: int = 1) -> Callable[[socket.socket], None]:
    def answer(taken: socket.socket) -> None:
        for part in parts:
            for _ in range(times if part is parts[-1] else 1):
                taken.sendall(part)
                time.sleep(pause)

    return answer


_BOMB = gzip.compress(b"\0" * 50_000_000)
_FLOOD = b"X-Name: " + WORD.encode() + b"\r\n"
BAD = {
    "garbage": (says(b"\x00\xff" + WORD.encode() * 50), {"bad_answer"}),
    "http 0.9": (says(f"<html>{WORD}</html>".encode()), {"bad_answer"}),
    "no status": (says(f"HTTP/1.1 {WORD} OK\r\n\r\n".encode()), {"bad_answer"}),
    "closes at once": (says(b""), {"connection_lost"}),
    "closes in the head": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), {"connection_lost", "bad_answer"}),
    "closes in the body": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), {""}),
    "one endless header": (says(b"HTTP/1.1 200 OK\r\nX: ", b"a" * 65536, times=200), {"bad_answer"}),
    "headers without end": (says(b"HTTP/1.1 200 OK\r\n", _FLOOD * 100, times=500), {"bad_answer", "timeout"}),
    "head byte by byte": (says(b"HTTP/1.1 200 OK\r\n", b"X", pause=0.05, times=100), {"timeout"}),
    "100 for ever": (says(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01, times=300),
                     {"timeout", "bad_answer", "connection_lost"}),
    "compressed bomb": (says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_BOMB),
                             _BOMB), {""}),
    "tls where none is": (says(b"\x16\x03\x01\x02\x00"), {"bad_answer"}),
}  # fmt: skip


def test_bad_receivers_end_in_time_tell_nothing_and_hold_up_nobody(endpoint, receiver, feed, settings, caplog):
    """All at once, beside a healthy one."""
    caplog.set_level(logging.DEBUG)
    feed.tell(1)
    with _all() as ports:
        settings.HUB_DELIVERY_ALLOW = [*settings.HUB_DELIVERY_ALLOW, *(f"127.0.0.1:{port}" for port in ports.values())]
        of = {name: endpoint_at(f"http://127.0.0.1:{port}/", receiver.secret) for name, port in ports.items()}
        feed.publish()
        began = time.monotonic()
        deliver_due(limits=QUICK, habits=Habits())
        took = time.monotonic() - began
    assert len(receiver.got) == 1
    assert took < 8
    for name, (_, allowed) in BAD.items():
        delivery = Delivery.objects.get(endpoint=of[name])
        errors = set(Attempt.objects.filter(delivery=delivery).values_list("error", flat=True))
        assert errors <= allowed, (name, errors)
        assert errors, name
        assert delivery.state == (1 if errors == {""} else 0), name
        assert delivery.lease_token is None, name
    assert WORD not in caplog.text


def test_the_other_side_of_tls(endpoint, receiver, feed, settings):
    """https at a port that speaks none, and a certificate that nobody vouches for, are no delivery."""
    Endpoint.objects.filter(pk=endpoint.pk).update(url=f"https://127.0.0.1:{receiver.port}/")
    feed.tell(1)
    feed.publish()
    assert deliver_due(limits=QUICK) == 1
    assert receiver.got == []
    assert Attempt.objects.get().error in ("tls", "no_connection")


@contextmanager
def _all() -> Iterator[dict[str, int]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(speaking(answer)) for name, (answer, _) in BAD.items()}
