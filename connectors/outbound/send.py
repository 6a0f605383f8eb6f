"""One HTTP attempt for each claimed delivery, on an event loop in a thread of its own.

The loop's thread speaks HTTP and knows no database; the thread that claims and marks knows no HTTP. What is
handed over are ``Job`` and ``Outcome``.
"""

from __future__ import annotations

import asyncio
import json
import queue
import random
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

import aiohttp
from yarl import URL

from connectors.outbound import schedule, sign
from connectors.outbound.addresses import AddressRefusedError, BadUrlError, check_url, connector
from connectors.outbound.claim import Claimed, Outcome, Target, body_of
from hub import trace

USER_AGENT = "Concord-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a run: seconds, bytes, and tries at once."""

    timeout: float = 20.0
    connect: float = 10.0
    answer_bytes: int = 16 * 1024
    answer_seconds: float = 2.0
    at_once: int = 20  # to one endpoint
    batch: int = 200  # claimed of one endpoint, being tried or waiting for their turn
    total: int = 1000  # claimed of all
    lease: float = 40.0  # a worker that died is followed by another after as long
    give_up_after: int = 5  # failures in a row, after which an endpoint gets a rest
    rest: float = 5.0  # the first rest; each that follows is twice as long
    longest_rest: float = 300.0


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    claimed: Claimed
    target: Target
    until: float  # time.monotonic() at which the lease is as good as over


@dataclass(frozen=True, slots=True, repr=False)
class Untried:
    """A job that was not tried, because its endpoint rests or its lease ran short."""

    claimed: Claimed


@dataclass(frozen=True, slots=True)
class Rest:
    """How an endpoint has been doing. Until ``until`` (time.monotonic()) nothing is sent to it."""

    failures: int = 0
    rests: int = 0
    until: float = 0.0


class Wire:
    """A session of HTTP attempts. ``submit`` jobs, then take what ``results`` gives; leave it to close."""

    def __init__(
        self, limits: Limits, allow: Collection[str], rests: dict[int, Rest], stopping: threading.Event
    ) -> None:
        self.limits = limits
        self.rests = rests
        self._allow = frozenset(allow)
        self._stopping = stopping
        self._done: queue.SimpleQueue[Outcome | Untried] = queue.SimpleQueue()
        self._turns: dict[int, asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._addresses: dict[Target, tuple[URL, list[bytes]]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="webhooks", daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
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
            task = self._loop.create_task(self._run(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _run(self, job: Job) -> None:
        endpoint = job.target.endpoint
        turn = self._turns.setdefault(endpoint, asyncio.Semaphore(self.limits.at_once))
        async with turn:
            now = time.monotonic()
            short = now + self.limits.timeout > job.until
            if short or self._stopping.is_set() or self._resting(endpoint, now):
                self._done.put(Untried(job.claimed))
                return
            outcome = await self._attempt(job)
        self._done.put(outcome)

    def _resting(self, endpoint: int, now: float) -> bool:
        return now < self.rests.get(endpoint, Rest()).until

    async def _attempt(self, job: Job) -> Outcome:
        at, began = datetime.now(UTC), time.monotonic()
        status: int | None = None
        wish: float | None = None
        try:
            async with asyncio.timeout(self.limits.timeout):
                status, wish = await self._post(job, int(at.timestamp()))
            error = "" if 200 <= status < 300 else _class_of(status)
        except Exception as failure:
            error = _kind_of(failure)
        spent = int((time.monotonic() - began) * 1000)
        claimed = job.claimed
        self._note(job.target.endpoint, error, wish)
        again = schedule.delay(claimed.attempts + 1, spread=random.random(), retry_after=wish) if error else None
        return Outcome(
            claimed.delivery, claimed.endpoint, claimed.token, at, spent, status, error, again, status == 410
        )

    async def _post(self, job: Job, timestamp: int) -> tuple[int, float | None]:
        """The status and, in seconds, the wish to be left alone that came with it."""
        url, keys = self._address(job.target)
        content = json.dumps(
            body_of(job.claimed, filtered=job.target.filtered), ensure_ascii=False, separators=(",", ":")
        ).encode("utf-8", "replace")
        headers = sign.headers(keys=keys, webhook_id=job.claimed.event.public_id, timestamp=timestamp, body=content)
        headers["content-type"] = "application/cloudevents+json"
        if (told := job.claimed.event.trace) is not None:
            headers["traceparent"] = trace.written(told)
        async with self._open().post(url, data=content, headers=headers, allow_redirects=False) as answer:
            wish = schedule.retry_after(answer.headers.get("Retry-After", ""), now=datetime.now(UTC))
            await self._drop(answer)
            return answer.status, wish if answer.status in (429, 503) else None

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
                timeout=aiohttp.ClientTimeout(total=self.limits.timeout, connect=self.limits.connect),
                headers={"User-Agent": USER_AGENT},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _note(self, endpoint: int, error: str, wish: float | None) -> None:
        """Let an endpoint that fails again and again rest, and one that asked for it."""
        was = self.rests.get(endpoint, Rest())
        now = time.monotonic()
        if not error:
            if was.failures or was.rests:
                self.rests[endpoint] = Rest()
            return
        failures, rests, until = was.failures + 1, was.rests, was.until
        if wish:
            until = max(until, now + wish)
        # What is under way when the rest begins fails too, and must not lengthen it.
        if failures >= self.limits.give_up_after and now >= until:
            until = now + min(self.limits.rest * 2**rests, self.limits.longest_rest)
            failures, rests = 0, min(rests + 1, 16)
        self.rests[endpoint] = Rest(failures, rests, until)


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
