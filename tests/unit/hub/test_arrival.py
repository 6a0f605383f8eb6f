"""Bodies that arrive slowly: nobody waits longer than the time, and few wait at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import arrival
from hub.api.arrival import Arriving, TooManyAreSlow, TooSlow, Way

HERE = Way("-", 0, "somebody", shared=False)


class Bytes:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, size: int = -1) -> bytes:
        found, self.body = self.body[:size], self.body[size:]
        return found


class Wire:
    """What a web server gives: reads from a connection until it has as much as was asked for, or it ends."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def read(self, size: int = -1) -> bytes:
        found = b""
        while len(found) < size and (more := self.connection.recv(size - len(found))):
            found += more
        return found


@contextmanager
def wire() -> Iterator[tuple[socket.socket, socket.socket, Way]]:
    """(the sender's end, ours, the way between them)"""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as theirs:
        ours, (peer, _) = server.accept()
        with ours:
            yield theirs, ours, Way(peer, server.getsockname()[1], peer, shared=False)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"SECONDS": 0.4, "STALLED_SECONDS": 0.2, "_GRACE_SECONDS": 0.2, "_EACH_SECONDS": 0.05}.items():
        monkeypatch.setattr(arrival, name, seconds)


@given(body=st.binary(max_size=5000), sizes=st.lists(st.integers(-1, 700), max_size=20))
def test_it_reads_as_the_source_does(body: bytes, sizes: list[int]) -> None:
    source, plain = Arriving(Bytes(body), len(body), HERE), Bytes(body)
    for size in sizes:
        assert source.read(size) == plain.read(size if size >= 0 else len(plain.body))
    assert source.read() == plain.read(5000)
    assert source.read(1) == b""


def test_lines_are_read_too() -> None:
    assert list(Arriving(Bytes(b"one\ntwo"), 7, HERE)) == [b"one\n", b"two"]


def test_a_body_that_was_cut_off_ends() -> None:
    source = Arriving(Bytes(b"abc"), 10, HERE)
    assert source.read() == b"abc"
    assert source.read() == b""


def test_one_that_does_not_come_is_ended_and_the_sender_can_still_be_told(hasty: None) -> None:
    with wire() as (theirs, ours, way):
        theirs.sendall(b"{")
        began = monotonic()
        with pytest.raises(TooSlow):
            Arriving(Wire(ours), 500, way).read()
        assert 0.3 < monotonic() - began < 5
        ours.sendall(b"408")
        assert theirs.recv(10) == b"408"


def test_one_that_drips_is_ended_too(hasty: None) -> None:
    over = threading.Event()

    def drip(theirs: socket.socket) -> None:
        while not over.wait(0.03):
            theirs.sendall(b"x")

    with wire() as (theirs, ours, way):
        dripping = threading.Thread(target=drip, args=(theirs,))
        dripping.start()
        began = monotonic()
        try:
            with pytest.raises(TooSlow):
                Arriving(Wire(ours), 5000, way).read()
            assert monotonic() - began < 5
        finally:
            over.set()
            dripping.join()


def test_other_connections_of_the_process_are_left_alone(hasty: None) -> None:
    """To the database, say, which is at the same address, and to other ports."""
    with wire() as (theirs, ours, way), wire() as (other, our_other, _):
        with pytest.raises(TooSlow):
            Arriving(Wire(ours), 500, way).read()
        sleep(0.5)
        for one, two in ((other, our_other), (our_other, other)):
            one.sendall(b"alive")
            assert two.recv(5) == b"alive"
        theirs.close()


def test_who_comes_by_a_proxy_ends_nobody_elses_connection(hasty: None) -> None:
    with wire() as (theirs, ours, way):
        waits = arrival._Wait(Way(way.peer, way.port, "one", shared=True), monotonic() - 9, monotonic() - 5)
        arrival._waits.add(waits)
        try:
            theirs.sendall(b"x")
            arrival.end_overdue(monotonic())
            assert ours.recv(1) == b"x"
            theirs.sendall(b"y")
            assert ours.recv(1) == b"y"
        finally:
            arrival._waits.discard(waits)


def test_only_some_wait_for_bodies_and_fewer_for_one_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    now = monotonic()
    monkeypatch.setattr(
        arrival, "_waits", {arrival._Wait(HERE, now - 5, now + 5) for _ in range(arrival.MOST_OF_SENDER)}
    )
    other = Way("-", 0, "another", shared=False)
    with pytest.raises(TooManyAreSlow):
        Arriving(Bytes(b"x"), 1, HERE).read()
    assert Arriving(Bytes(b"x"), 1, other).read() == b"x"
    arrival._waits |= {
        arrival._Wait(Way("-", 0, str(n), shared=False), now, now + 5) for n in range(arrival.MOST_AT_ONCE)
    }
    with pytest.raises(TooManyAreSlow):
        Arriving(Bytes(b"x"), 1, other).read()


def test_a_burst_of_bodies_that_are_nearly_there_is_taken() -> None:
    class Late(Bytes):
        def read(self, size: int = -1) -> bytes:
            sleep(0.02)
            return super().read(size)

    with ThreadPoolExecutor(20) as crowd:
        asked = [crowd.submit(Arriving(Late(b"body"), 4, HERE).read) for _ in range(40)]
        assert [one.result() for one in asked] == [b"body"] * 40
