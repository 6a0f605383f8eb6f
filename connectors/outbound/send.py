"""One HTTP attempt for each claimed delivery, on an event loop in a thread of its own.

The loop's thread speaks HTTP and knows no database; the thread that claims and marks knows no HTTP. What is
handed over are ``Job`` and ``Outcome``.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

import aiohttp
from yarl import URL

from connectors.outbound import schedule, sign
from connectors.outbound.addresses import AddressRefusedError, BadUrlError, check_url, connector
from connectors.outbound.breaker import Habits
from connectors.outbound.claim import Claimed, Target, content_of
from connectors.outbound.marks import Outcome
from hub import trace

USER_AGENT = "Concord-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a try: seconds, bytes, and tries at once."""

    timeout: float = 20.0
    connect: float = 10.0
    answer_bytes: int = 16 * 1024
    answer_seconds: float = 2.0
    lease: float = 40.0  # a worker that died is followed by another after as long
    names_at_once: int = 64  # look-ups of names, each of which may take its time


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    claimed: Claimed
    target: Target
    until: float  # time.monotonic() at which the lease is as good as over


@dataclass(frozen=True, slots=True, repr=False)
class Untried:
    """A job that was not tried, because its endpoint rests or its lease ran short."""

    claimed: Claimed


@dataclass(slots=True, repr=False)
class _Line:
    """What waits for one endpoint, how many tries there are under way, and how many failed in a row."""

    waiting: deque[Job] = field(default_factory=deque)
    trying: int = 0
    failures: int = 0
    until: float = 0.0  # time.monotonic() before which nothing more is sent


class Wire:
    """A session of HTTP attempts, with a queue for each endpoint. ``submit`` jobs, then take what ``results`` gives;
    leave it to close."""

    def __init__(
        self, limits: Limits, allow: Collection[str], stopping: threading.Event, *,
        habits: Habits | None = None, at_once: int = 20,
    ) -> None:  # fmt: skip
        self.limits = limits
        self._habits = habits or Habits()
        self._at_once = at_once
        self._allow = frozenset(allow)
        self._stopping = stopping
        self._done: queue.SimpleQueue[Outcome | Untried] = queue.SimpleQueue()
        self._lines: defaultdict[int, _Line] = defaultdict(_Line)
        self._tasks: set[asyncio.Task[None]] = set()
        self._addresses: dict[Target, tuple[URL, list[bytes]]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._names = ThreadPoolExecutor(limits.names_at_once, thread_name_prefix="names")
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(self._names)
        self._thread = threading.Thread(target=self._loop.run_forever, name="webhooks", daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._names.shutdown(wait=False, cancel_futures=True)  # a look-up cannot be called off
        self._loop.close()

    def submit(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._loop.call_soon_threadsafe(self._begin, jobs)

    def results(self, *, wait: float) -> list[Outcome | Untried]:
        """What was finished meanwhile; waits at most ``wait`` seconds for the first."""
        found: list[Outcome | Untried] = []
        try:
            found.append(self._done.get(timeout=wait))
            while True:
                found.append(self._done.get_nowait())
        except queue.Empty:
            return found

    def _begin(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            line = self._lines[job.target.endpoint]
            line.waiting.append(job)
            if line.trying < self._at_once:
                line.trying += 1
                task = self._loop.create_task(self._work_off(line))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _work_off(self, line: _Line) -> None:
        try:
            while line.waiting:
                job = line.waiting.popleft()
                now = time.monotonic()
                if now + self.limits.timeout > job.until or now < line.until or self._stopping.is_set():
                    self._done.put(Untried(job.claimed))
                else:
                    self._done.put(await self._attempt(job, line))
        finally:
            line.trying -= 1

    async def _attempt(self, job: Job, line: _Line) -> Outcome:
        at, began = datetime.now(UTC), time.monotonic()
        status: int | None = None
        wish = 0.0
        try:
            async with asyncio.timeout(self.limits.timeout):
                status, wish = await self._post(job, int(at.timestamp()))
            error = "" if 200 <= status < 300 else _class_of(status)
        except Exception as failure:
            error = _kind_of(failure)
        spent = int((time.monotonic() - began) * 1000)
        claimed = job.claimed
        again = None
        if error:
            self._failed(line, wish)
            again = schedule.delay(claimed.attempts + 1, spread=random.random(), retry_after=wish)
        else:
            line.failures = 0
        return Outcome(
            claimed.delivery, claimed.endpoint, claimed.token, at, spent, status, error, again, status == 410, wish,
            claimed.probe,
        )  # fmt: skip

    def _failed(self, line: _Line, wish: float) -> None:
        """Have what waits not be tried where the circuit opens: whoever marks writes down that it did."""
        line.failures += 1
        now = time.monotonic()
        if line.failures >= self._habits.give_up_after:
            line.failures, line.until = 0, now + self._habits.rest
        line.until = max(line.until, now + wish)

    async def _post(self, job: Job, timestamp: int) -> tuple[int, float]:
        """The status and, in seconds, the wish to be left alone that came with it."""
        url, keys = self._address(job.target)
        content = content_of(job.claimed, filtered=job.target.filtered)
        headers = sign.headers(keys=keys, webhook_id=job.claimed.event.public_id, timestamp=timestamp, body=content)
        headers["content-type"] = "application/cloudevents+json"
        if (told := job.claimed.event.trace) is not None:
            headers["traceparent"] = trace.written(told)
        async with self._open().post(url, data=content, headers=headers, allow_redirects=False) as answer:
            if not answer.content.at_eof():
                await self._drop(answer)
            return answer.status, _wish(answer) if answer.status in (429, 503) else 0.0

    def _address(self, target: Target) -> tuple[URL, list[bytes]]:
        """Where to and under which keys; raises where the endpoint has a URL or a secret that will not do."""
        held = self._addresses.get(target)
        if held is None:
            check_url(target.url, self._allow)
            held = URL(target.url), [sign.key_of(secret) for secret in target.secrets]
            self._addresses[target] = held
        return held

    async def _drop(self, answer: aiohttp.ClientResponse) -> None:
        """Read a short body, so that the connection can be used again; a long or slow one costs it."""
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                left = self.limits.answer_bytes
                while left > 0 and (part := await answer.content.read(left)):
                    left -= len(part)
            if left > 0:
                return
        except (TimeoutError, aiohttp.ClientError):
            pass
        answer.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=connector(self._allow, limit=0, limit_per_host=0, keepalive_timeout=15),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.limits.connect),
                headers={"User-Agent": USER_AGENT},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def _wish(answer: aiohttp.ClientResponse) -> float:
    return schedule.retry_after(answer.headers.get("Retry-After", ""), now=datetime.now(UTC)) or 0.0


def _class_of(status: int) -> str:
    if 300 <= status < 400:
        return "redirect"
    return {410: "gone", 429: "too_many_requests"}.get(status, f"http_{status // 100}xx")


def _kind_of(failure: Exception) -> str:
    """The class of a failure; never its text, which may quote what the receiver said."""
    if isinstance(failure, TimeoutError):
        return "timeout"
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, AddressRefusedError):
            return "address_refused"
        cause = getattr(cause, "os_error", None) or cause.__cause__
    if isinstance(failure, BadUrlError | aiohttp.InvalidURL):
        return "bad_url"
    if isinstance(failure, sign.BadSecretError):
        return "bad_secret"
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return "name_not_resolved"
    if isinstance(failure, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "tls"
    if isinstance(failure, aiohttp.ClientConnectorError):
        return "no_connection"
    if isinstance(failure, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError | ConnectionError):
        return "connection_lost"
    if isinstance(failure, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
        return "bad_answer"
    return "internal"
