"""Webhook receivers in a process of their own: ``python -m bench.day.receivers FOLDER NAME=PORT …``.

Commands come by standard input, a line each: ``secret NAME whsec_…``, and a mode for a receiver: ``up`` (204),
``down`` (nobody listens), ``failing`` (500), ``slow`` (200, long after anybody waits for it), ``gone`` (410). What was
let in is written to ``FOLDER/NAME.ndjson``, by ids and numbers.

Signatures are verified by the Standard Webhooks reference library, bodies parsed by the CloudEvents one.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from connectors.outbound.receiver import MAX_BYTES, Door, Ledger

SLOW_SECONDS = 60.0


class Receiver:
    """One receiver; everything but ``up`` is what an operator dreads."""

    def __init__(self, name: str, port: int, folder: Path) -> None:
        self.name, self.port, self.mode = name, port, "up"
        self.secret: list[str] = []
        self._door = Door(self._secrets, Ledger(folder / f"{name}.ndjson"))
        self._runner: web.AppRunner | None = None

    async def _secrets(self) -> list[str]:
        return self.secret

    async def turn(self, mode: str) -> None:
        """Go over to another mode."""
        self.mode = mode
        if mode == "down":
            await self.close()
        elif self._runner is None:
            app = web.Application(client_max_size=MAX_BYTES)
            app.router.add_post("/{path:.*}", self._take)
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.StreamResponse:
        if self.mode == "failing":
            return web.Response(status=500, text="out of order")
        if self.mode == "gone":
            return web.Response(status=410)
        if self.mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
            return web.Response(status=200)
        return await self._door.take(request)


async def serve(folder: Path, ports: dict[str, int]) -> None:
    """Receive until standard input ends."""
    receivers = {name: Receiver(name, port, folder) for name, port in ports.items()}
    for receiver in receivers.values():
        await receiver.turn("up")
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        first, *rest = line.split()
        if first == "secret":
            receivers[rest[0]].secret.append(rest[1])
        else:
            await receivers[rest[0]].turn(first)
        print("done", flush=True)
    for receiver in receivers.values():
        await receiver.close()


if __name__ == "__main__":
    asyncio.run(
        serve(Path(sys.argv[1]), {name: int(port) for name, port in (item.split("=") for item in sys.argv[2:])})
    )
