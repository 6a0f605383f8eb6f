"""A receiver that costs as little as one can: it keeps what comes and answers 204, judging nothing meanwhile.

As a program: ``python -m bench.doors.receiver``, which prints its port; ``GET /count`` tells how many came,
``GET /seen`` what came since the last time: path, webhook-id, subject, sequence. ``--answer`` makes it a bad one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from typing import Any

ANSWERS = {"taken": b"HTTP/1.1 204 No Content\r\n\r\n", "500": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"}
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_ID = re.compile(rb"\r\nwebhook-id: *([^\r]+)", re.I)
_MARK = re.compile(rb'"subject":"([^"]+)".*?"sequence":(\d+)')


class Taker(asyncio.Protocol):
    """One connection. ``kept`` are heads and bodies of all of them."""

    kept: list[tuple[bytes, bytes]] = []
    answer: bytes | None = ANSWERS["taken"]
    delay: float = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._held = b""

    def data_received(self, data: bytes) -> None:
        held = self._held + data if self._held else data
        while (end := held.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(held, 0, end)
            size = int(found[1]) if found else 0
            if len(held) < end + 4 + size:
                break
            head, body = held[:end], held[end + 4 : end + 4 + size]
            held = held[end + 4 + size :]
            if head.startswith(b"GET /"):
                self._answer_with({"number": len(self.kept)} if head.startswith(b"GET /count") else self._seen())
                continue
            if head.startswith(b"POST"):
                self.kept.append((head, body))
            if self.answer is None:
                continue
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self._transport.write, self.answer)
            else:
                self._transport.write(self.answer)
        self._held = held

    def _seen(self) -> dict[str, Any]:
        seen = []
        for head, body in self.kept:
            mark, told, line = _MARK.search(body), _ID.search(head), head.split(b" ", 2)[1]
            seen.append(
                (line.decode(), told[1].decode() if told else "", mark[1].decode() if mark else "",
                 int(mark[2]) if mark else 0)
            )  # fmt: skip
        self.kept.clear()
        return {"seen": seen}

    def _answer_with(self, said: dict[str, Any]) -> None:
        answer = json.dumps(said).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))


async def serve(answer: str) -> None:
    Taker.answer = ANSWERS.get(answer)
    if answer == "slow":
        Taker.answer, Taker.delay = ANSWERS["taken"], 60.0
    server = await asyncio.get_running_loop().create_server(Taker, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--answer", default="taken", choices=["taken", "500", "slow", "never"])
    asyncio.run(serve(parser.parse_args().answer))
