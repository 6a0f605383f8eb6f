"""A real HTTP receiver on the loopback interface, which answers as it is told and notes what came."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook


@dataclass
class Got:
    id: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)

    @property
    def mark(self) -> tuple[str, int]:
        return self.body["subject"], self.body["sequence"]


class Receiver:
    """``answer(got)`` gives a status, or a coroutine function that makes the response. ``taken`` is what was answered
    with a plain 2xx."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.got: list[Got] = []
        self.taken: list[Got] = []
        self.answer: Callable[[Got], Any] = lambda got: 200
        self.most_at_once = 0
        self._now = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def marks(self) -> list[tuple[str, int]]:
        return [got.mark for got in self.got]

    async def _start(self) -> int:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return self._runner.addresses[0][1]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        Webhook(self.secret).verify(raw, dict(request.headers))  # what is not verified is answered 500
        got = Got(request.headers["webhook-id"], json.loads(raw), dict(request.headers))
        self.got.append(got)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            said = self.answer(got)
            if isinstance(said, int):
                if said < 300:
                    self.taken.append(got)
                return web.Response(status=said)
            if isinstance(said, web.StreamResponse):
                return said
            return await said(request)
        finally:
            self._now -= 1

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
