"""A small receiver for trials: verifies, parses, counts, answers 204. It shows and keeps no personal data.

Signatures are verified by the Standard Webhooks reference library and bodies parsed by the CloudEvents one,
so that what passes here was not judged by the code that made it.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import IO, Any

from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

MAX_BYTES = 4 * 1024 * 1024
Secrets = Callable[[], Awaitable[Sequence[str]]]


class Ledger:
    """What was received. With a file, what was received before it was opened counts too."""

    def __init__(self, out: Path | None = None) -> None:
        self.received = 0
        self.invalid = 0
        self.out_of_order = 0
        self._ids: set[str] = set()
        self._last: dict[str, int] = {}
        self._retired: dict[str, str] = {}
        self._file: IO[str] | None = None
        if out is not None:
            self._read(out)
            self._file = out.open("a", encoding="utf-8")

    def _read(self, out: Path) -> None:
        if not out.exists():
            return
        for line in out.read_text(encoding="utf-8").splitlines():
            try:
                held = json.loads(line)
            except ValueError:
                continue  # a line that a crash cut short
            if held.get("valid"):
                self._count(held["id"], held["subject"], held["sequence"], held["time"], held["merged_from"])
            else:
                self.invalid += 1

    def take(self, event: Any) -> None:
        """Count an event that was verified."""
        data = event.get_data() or {}
        held = {
            "valid": True,
            "id": event.get_id(),
            "type": event.get_type(),
            "subject": event.get_subject() or "",
            "sequence": int(event.get_extension("sequence") or 0),
            "time": event.get_time().isoformat() if event.get_time() else "",
            "merged_from": list(data.get("merged_from") or ()) if isinstance(data, dict) else [],
        }
        held["late"] = self._count(held["id"], held["subject"], held["sequence"], held["time"], held["merged_from"])
        self._write(held)

    def refuse(self, why: str) -> None:
        """Count a delivery that was not let in."""
        self.invalid += 1
        self._write({"valid": False, "why": why})

    def _count(self, event_id: str, subject: str, sequence: int, moment: str, merged_from: Sequence[str]) -> bool:
        """Whether the event came after one that it belongs before; a repeat of an event never does."""
        self.received += 1
        if event_id in self._ids:
            return False
        self._ids.add(event_id)
        # A retired golden record may come back to life later, but what it told before the merge comes before it.
        late = sequence <= self._last.get(subject, 0) or moment < self._retired.get(subject, "")
        self._last[subject] = max(sequence, self._last.get(subject, 0))
        for retired in merged_from:
            self._retired[retired] = moment
        self.out_of_order += late
        return late

    def _write(self, held: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps({**held, "at": round(time.time(), 3)}) + "\n")
            self._file.flush()

    def counts(self) -> dict[str, int]:
        return {
            "received": self.received,
            "distinct": len(self._ids),
            "invalid": self.invalid,
            "out_of_order": self.out_of_order,
        }


class Door:
    """The receiver's two routes. ``secrets`` gives those that a signature may have been made with."""

    def __init__(self, secrets: Secrets, ledger: Ledger) -> None:
        self._secrets = secrets
        self.ledger = ledger
        self._verifiers: list[Webhook] = []
        self._asked = 0.0

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BYTES)
        app.router.add_get("/count", self.count)
        app.router.add_post("/{path:.*}", self.take)
        return app

    async def count(self, request: web.Request) -> web.Response:
        return web.json_response(self.ledger.counts())

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        headers = dict(request.headers)
        if not await self._verified(raw, headers):
            self.ledger.refuse("signature")
            return web.Response(status=401)
        try:
            event = from_http_event(HTTPMessage(headers=headers, body=raw))
        except Exception:  # the library raises what its parts raise
            self.ledger.refuse("not a CloudEvent")
            return web.Response(status=400)
        if event.get_id() != request.headers.get("webhook-id"):
            self.ledger.refuse("webhook-id")
            return web.Response(status=400)
        self.ledger.take(event)
        return web.Response(status=204)

    async def _verified(self, raw: bytes, headers: dict[str, str]) -> bool:
        if self._passes(raw, headers):
            return True
        # Perhaps the endpoint is younger than what we know.
        if time.monotonic() - self._asked < 1.0:
            return False
        self._asked = time.monotonic()
        self._verifiers = [Webhook(secret) for secret in await self._secrets()]
        return self._passes(raw, headers)

    def _passes(self, raw: bytes, headers: dict[str, str]) -> bool:
        for verifier in self._verifiers:
            try:
                verifier.verify(raw, headers, json_parse=False)
            except (WebhookVerificationError, ValueError):
                continue
            return True
        return False


async def serve(door: Door, *, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Receive until SIGTERM or SIGINT; ``ready`` is called with the port once connections are taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(door.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        ready(runner.addresses[0][1])
        await stop.wait()
    finally:
        await runner.cleanup()
