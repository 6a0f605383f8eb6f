"""The loop of a worker: claim what is due, have it sent, mark what became of it.

One process sends to all endpoints at once, with a bounded number of deliveries for each, so that a slow
receiver holds up nobody but itself. Within one endpoint the claim keeps the order per golden record.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.conf import settings
from django.db import close_old_connections, connections

from connectors.outbound.claim import Claimed, Outcome, Target, claim, give_back, mark, targets
from connectors.outbound.fanout import fan_out
from connectors.outbound.send import Job, Limits, Rest, Untried, Wire
from hub.sql import SERVER_AWAY

log = logging.getLogger("connectors.deliver")

_IDLE_LOOK = 0.25  # seconds between looks for new work while some is under way
_ROUND = 0.02  # seconds to gather outcomes before they are marked together


class Complaints:
    """Failures for the log: one line for each endpoint and class, at most every ten seconds."""

    def __init__(self) -> None:
        self._held: Counter[tuple[int, str]] = Counter()
        self._said = 0.0

    def note(self, outcomes: Sequence[Outcome]) -> None:
        self._held.update((outcome.endpoint, outcome.error) for outcome in outcomes if outcome.error)
        if self._held and time.monotonic() - self._said > 10:
            for (endpoint, error), number in sorted(self._held.items()):
                log.warning("%d tries to deliver to endpoint %d failed: %s", number, endpoint, error)
            self._held.clear()
            self._said = time.monotonic()


class Dispatcher:
    """Delivers for one process. ``rests`` outlive a run: an endpoint that is down is not tried anew each second."""

    def __init__(self, *, limits: Limits | None = None, allow: Collection[str] | None = None) -> None:
        self.limits = limits or Limits()
        self._allow = settings.HUB_DELIVERY_ALLOW if allow is None else allow
        self._rests: dict[int, Rest] = {}
        self.complaints = Complaints()
        self.stopping = threading.Event()

    def run(self, limit: int | None = None) -> int:
        """Deliver until nothing is due, or ``limit`` deliveries were claimed; how many tries were made."""
        known = targets()
        first = claim(self.room_for(known, {}, limit), lease_seconds=self.limits.lease)
        if not first:
            return 0
        with Wire(self.limits, self._allow, self._rests, self.stopping) as wire:
            return _Run(self, wire).carry_on(first, known, limit)

    def room_for(self, known: Collection[int], flying: Mapping[int, int], limit: int | None) -> dict[int, int]:
        """How many more deliveries of each endpoint may be claimed."""
        now = time.monotonic()
        left = self.limits.total - sum(flying.values())
        if limit is not None:
            left = min(left, limit)
        room: dict[int, int] = {}
        for endpoint in known:
            rest = self._rests.get(endpoint, Rest())
            if now < rest.until:
                continue
            # After a rest, a few tries show whether the receiver is back.
            window = self.limits.give_up_after if rest.rests else self.limits.batch
            wanted = min(window - flying.get(endpoint, 0), left)
            # Small claims cost as much as large ones: wait until there is room for a few.
            if wanted > 0 and wanted >= min(window // 4, left):
                room[endpoint] = wanted
                if limit is not None:
                    left -= wanted
        return room


class _Run:
    """What one ``Dispatcher.run`` has under way."""

    def __init__(self, dispatcher: Dispatcher, wire: Wire) -> None:
        self._dispatcher = dispatcher
        self._wire = wire
        self._flying: dict[int, Claimed] = {}
        self._per_endpoint: Counter[int] = Counter()
        self._tries = 0

    def carry_on(self, first: Sequence[Claimed], known: Mapping[int, Target], limit: int | None) -> int:
        try:
            self._launch(first, known)
            left = None if limit is None else limit - len(first)
            looked = time.monotonic()
            while self._flying:
                news = self._land()
                now = time.monotonic()
                if self._dispatcher.stopping.is_set() or left == 0:
                    continue
                if news or now - looked > _IDLE_LOOK:
                    looked = now
                    known = targets()
                    room = self._dispatcher.room_for(known, self._per_endpoint, left)
                    more = claim(room, lease_seconds=self._dispatcher.limits.lease)
                    left = None if left is None else left - len(more)
                    self._launch(more, known)
            return self._tries
        finally:
            if self._flying:  # the database went away, or somebody stopped us
                _quietly_give_back(list(self._flying.values()))

    def _launch(self, claimed: Sequence[Claimed], known: Mapping[int, Target]) -> None:
        if not claimed:
            return
        limits = self._dispatcher.limits
        until = time.monotonic() + limits.lease - 5.0
        for item in claimed:
            self._flying[item.delivery] = item
            self._per_endpoint[item.endpoint] += 1
        self._wire.submit([Job(item, known[item.endpoint], until) for item in claimed])

    def _land(self) -> int:
        """Mark what was finished meanwhile; how much it was."""
        results = self._wire.results(wait=_IDLE_LOOK)
        if results and len(results) < 50 and len(self._flying) > len(results):
            time.sleep(_ROUND)
            results += self._wire.results(wait=0.0)
        outcomes = [result for result in results if isinstance(result, Outcome)]
        mark(outcomes)
        self._tries += len(outcomes)
        for outcome in outcomes:
            self._drop(outcome.delivery, outcome.endpoint)
        self._forget([result for result in results if isinstance(result, Untried)])
        self._dispatcher.complaints.note(outcomes)
        return len(outcomes)

    def _forget(self, untried: Sequence[Untried]) -> None:
        give_back([item.claimed for item in untried])
        for item in untried:
            self._drop(item.claimed.delivery, item.claimed.endpoint)

    def _drop(self, delivery: int, endpoint: int) -> None:
        if self._flying.pop(delivery, None) is not None:
            self._per_endpoint[endpoint] -= 1


def _quietly_give_back(claimed: Sequence[Claimed]) -> None:
    try:
        give_back(claimed)
    except SERVER_AWAY:
        log.info("%d deliveries come back when their lease ends", len(claimed))


def deliver_due(limit: int | None = None, *, limits: Limits | None = None) -> int:
    """Make the deliveries that are due, at most ``limit``, and give the number of tries. For commands and tests;
    workers keep a ``Dispatcher`` of their own, which remembers whom to leave alone."""
    return Dispatcher(limits=limits).run(limit)


class Courier:
    """The thread of a worker process that delivers whenever it is woken, and looks once a second by itself."""

    def __init__(self) -> None:
        self._bell = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._dispatcher: Dispatcher | None = None

    def wake(self) -> None:
        """Deliver now, if a thread of ours runs in this process."""
        self._bell.set()

    def ensure(self) -> int:
        """Start the thread unless it runs (a fork leaves threads behind); nothing done counts as 0."""
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._dispatcher = Dispatcher()
                self._thread = threading.Thread(target=self._run, args=[self._dispatcher], name="courier", daemon=True)
                self._thread.start()
        return 0

    def stop(self, *, seconds: float = 15.0) -> None:
        """Let tries under way end and give back the rest; what is not through by then comes back by its lease."""
        thread, dispatcher = self._thread, self._dispatcher
        if thread is not None and dispatcher is not None:
            dispatcher.stopping.set()
            self._bell.set()
            thread.join(seconds)

    def _run(self, dispatcher: Dispatcher) -> None:
        while not dispatcher.stopping.is_set():
            self._bell.wait(1.0)
            self._bell.clear()
            try:
                close_old_connections()
                fan_out()
                dispatcher.run()
            except SERVER_AWAY as error:
                log.warning("the database is away: %s", type(error).__name__)
                connections.close_all()
                dispatcher.stopping.wait(1.0)
            except Exception as error:
                # What was claimed comes back by its lease; the next look goes on.
                log.error("delivering failed: %s at %s", type(error).__name__, _place(error))
                dispatcher.stopping.wait(1.0)
        connections.close_all()


def _place(error: BaseException) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_name}:{at.tb_lineno}" if at is not None else "?"


courier = Courier()
