"""A client that is not the bottleneck: plain sockets, requests made beforehand, connections that stay open.

It runs as a program of its own (``python -m bench.doors.client``), so that its work is not the measuring process's. It
reads what to send from a file and writes what it saw as one JSON object on its last line.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import select
import socket
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_READ = 1 << 18


class _Connection:
    """One connection, of which the next request goes out when the last one's answer is in."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0.0
        self.expected = -1
        self.held = b""

    def send(self, request: bytes) -> None:
        self.held, self.expected = b"", -1
        self.sent = perf_counter()
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """The status of an answer that is complete."""
        got = self.socket.recv(_READ)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.held += got
        if self.expected < 0:
            end = self.held.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(self.held, 0, end)
            self.expected = end + 4 + (int(length[1]) if length else 0)
        return self.held[9:12] if len(self.held) >= self.expected else None


def drive(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, warm: float, seed: int
) -> dict[str, object]:
    """``requests`` at random over so many connections: statuses, seconds of each answer after ``warm`` seconds, and
    what it cost here."""
    pick = random.Random(seed).choice
    poll = select.epoll()
    open_ones = {made.socket.fileno(): made for made in (_Connection(port) for _ in range(connections))}
    for number, one in open_ones.items():
        poll.register(number, select.EPOLLIN)
        one.send(pick(requests))
    took: list[float] = []
    statuses: Counter[bytes] = Counter()
    began = perf_counter()
    counted_from, until, spent = began + warm, began + warm + seconds, 0.0
    counting = False
    now = began
    while now < until:
        for number, _ in poll.poll(1.0):
            one = open_ones[number]
            status = one.read()
            if status is None:
                continue
            now = perf_counter()
            if counting:
                took.append(now - one.sent)
                statuses[status] += 1
            one.send(pick(requests))
        now = perf_counter()
        if not counting and now >= counted_from:
            counting, counted_from, spent = True, now, process_time()
    return {
        "seconds": now - counted_from,
        "cpu": process_time() - spent,
        "statuses": {status.decode(): number for status, number in sorted(statuses.items())},
        "took": [round(one * 1e6) for one in took],
    }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.doors.client", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("requests", type=Path, help="a JSON list of requests, Latin-1 text")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warm", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(argv)
    requests = [text.encode("latin-1") for text in json.loads(asked.requests.read_text())]
    print(json.dumps(drive(asked.port, requests, connections=asked.connections, seconds=asked.seconds,
                           warm=asked.warm, seed=asked.seed)))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
