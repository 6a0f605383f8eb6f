"""A mail server on the loopback interface that speaks as much SMTP (RFC 5321) as it takes to get a letter."""

from __future__ import annotations

import asyncio
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage


class Letters:
    """``got`` are the letters taken, with ``to`` whom; ``refuse`` answers that many with 451 first."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.refuse = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._talk, "127.0.0.1", 0), self._loop
        ).result(10)  # fmt: skip
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to: list[str] = []
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode("ascii").strip():
            word = line[:4].upper()
            if word == "RCPT":
                to.append(line.partition("<")[2].rstrip(">"))
            if word == "DATA":
                writer.write(b"354 go on\r\n")
                letter = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                writer.write(self._judge(letter, to))
            else:
                writer.write(b"221 bye\r\n" if word == "QUIT" else b"250 well\r\n")
            if word == "QUIT":
                break
        writer.close()

    def _judge(self, letter: bytes, to: list[str]) -> bytes:
        if self.refuse:
            self.refuse -= 1
            return b"451 not now, anna@example.org\r\n"
        self.got.append(message_from_bytes(letter, policy=policy.default))  # type: ignore[arg-type]
        self.to.append(to)
        return b"250 taken\r\n"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
