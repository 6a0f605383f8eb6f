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
from django.utils import timezone

from connectors.outbound import breaker
from connectors.outbound.breaker import Habits, Health
from connectors.outbound.claim import Claimed, claim, give_back, targets
from connectors.outbound.fanout import fan_out
from connectors.outbound.lanes import Places, Speeds, rooms
from connectors.outbound.marks import Outcome, mark
from connectors.outbound.send import Job, Limits, Untried, Wire
from hub.sql import SERVER_AWAY

log = logging.getLogger("connectors.deliver")

_IDLE_LOOK = 0.25  # seconds between looks for new work while some is under way
_REFRESH = 1.0  # seconds after which endpoints are read anew
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


class View:
    """The active endpoints as they were a moment ago, and which of them rest. ``troubled`` have or had trouble,
    ``failing`` have, ``half_open`` have had a rest since."""

    def __init__(self) -> None:
        self.targets = targets()
        known = breaker.known()
        now = self.at = time.monotonic()
        self.troubled = set(known)
        self.failing = {pk for pk, health in known.items() if health.failures or health.rests}
        self.half_open = {pk for pk, health in known.items() if health.rests}
        self._until = {pk: now + health.left for pk, health in known.items() if health.left}

    def learn(self, health: Mapping[int, Health]) -> None:
        """Take in what was just written down."""
        now, clock = time.monotonic(), timezone.now()
        for pk, said in health.items():
            self.troubled.add(pk)
            (self.half_open.add if said.rests else self.half_open.discard)(pk)
            (self.failing.add if said.rests or said.failures else self.failing.discard)(pk)
            self._until[pk] = now + (said.until - clock).total_seconds() if said.until else 0.0

    def awake(self) -> list[int]:
        """The endpoints that something may be sent to."""
        now = time.monotonic()
        return [pk for pk in self.targets if self._until.get(pk, 0.0) <= now]


class Dispatcher:
    """Delivers for one process. ``speeds`` outlive a run; which endpoints rest is in the database, for all."""

    def __init__(
        self, *, limits: Limits | None = None, allow: Collection[str] | None = None, habits: Habits | None = None,
        places: Places | None = None,
    ) -> None:  # fmt: skip
        self.limits = limits or Limits()
        self.habits = habits or Habits()
        self.places = places or Places()
        self.speeds = Speeds()
        self.allow = settings.HUB_DELIVERY_ALLOW if allow is None else allow
        self.complaints = Complaints()
        self.stopping = threading.Event()

    def run(self, limit: int | None = None) -> int:
        """Deliver until nothing is due, or ``limit`` deliveries were claimed; how many tries were made."""
        work = _Run(self, View(), limit)
        if not (first := work.claim_more()):
            return 0
        with Wire(self.limits, self.allow, self.stopping, habits=self.habits, at_once=self.places.at_once) as wire:
            return work.carry_on(first, wire)


class _Run:
    """What one ``Dispatcher.run`` has under way."""

    def __init__(self, dispatcher: Dispatcher, view: View, limit: int | None) -> None:
        self._dispatcher = dispatcher
        self._view = view
        self._left = limit
        self._flying: dict[int, Claimed] = {}
        self._per_endpoint: Counter[int] = Counter()
        # Endpoints that had nothing more that was due, until a try ends or it is time to look at all of them.
        self._dry: set[int] = set()
        self._tries = 0
        self._turn = 0

    def carry_on(self, first: Sequence[Claimed], wire: Wire) -> int:
        try:
            self._launch(first, wire)
            looked = time.monotonic()
            while self._flying:
                landed = self._land(wire)
                now = time.monotonic()
                if self._dispatcher.stopping.is_set() or self._left == 0:
                    continue
                if now - self._view.at > _REFRESH:
                    fan_out(bites=1)
                    self._view = View()
                    self._dispatcher.speeds.forget_but(self._view.targets)
                if now - looked > _IDLE_LOOK:
                    looked = now
                    self._dry.clear()
                elif not landed:
                    continue
                self._launch(self.claim_more(), wire)
            return self._tries
        finally:
            if self._flying:  # the database went away, or somebody stopped us
                _quietly_give_back(list(self._flying.values()))

    def claim_more(self) -> list[Claimed]:
        """What is due at endpoints that have room."""
        dispatcher, view = self._dispatcher, self._view
        awake = [pk for pk in view.awake() if pk not in self._dry]
        self._turn += 1
        at = self._turn % max(len(awake), 1)  # by turns, where there are not places for all
        room = rooms(
            awake[at:] + awake[:at], flying=self._per_endpoint, failing=view.failing, half_open=view.half_open,
            speeds=dispatcher.speeds, places=dispatcher.places,
        )  # fmt: skip
        if self._left is not None:
            room = _at_most(room, self._left)
        if not room:
            return []
        claimed = claim(room, lease_seconds=dispatcher.limits.lease, half_open=view.half_open)
        if self._left is not None:
            self._left -= len(claimed)
        got = Counter(item.endpoint for item in claimed)
        self._dry.update(pk for pk, wanted in room.items() if got[pk] < wanted)
        return claimed

    def _launch(self, claimed: Sequence[Claimed], wire: Wire) -> None:
        if not claimed:
            return
        known = self._view.targets
        until = time.monotonic() + self._dispatcher.limits.lease - 5.0
        for item in claimed:
            self._flying[item.delivery] = item
            self._per_endpoint[item.endpoint] += 1
        wire.submit([Job(item, known[item.endpoint], until) for item in claimed])

    def _land(self, wire: Wire) -> int:
        """Mark what was finished meanwhile; how much it was."""
        results = wire.results(wait=_IDLE_LOOK)
        if results and len(results) < 50 and len(self._flying) > len(results):
            time.sleep(_ROUND)
            results += wire.results(wait=0.0)
        outcomes = [result for result in results if isinstance(result, Outcome)]
        marked = mark(outcomes, habits=self._dispatcher.habits, troubled=self._view.troubled)
        self._view.learn(marked.health)
        self._tries += len(outcomes)
        for outcome in outcomes:
            self._dispatcher.speeds.note(outcome.endpoint, outcome.milliseconds / 1000, taken=not outcome.error)
            self._drop(outcome.delivery, outcome.endpoint)
        untried = [result.claimed for result in results if isinstance(result, Untried)]
        give_back(untried)
        for claimed in untried:
            self._drop(claimed.delivery, claimed.endpoint)
        self._dispatcher.complaints.note(outcomes)
        return len(outcomes)

    def _drop(self, delivery: int, endpoint: int) -> None:
        if self._flying.pop(delivery, None) is not None:
            self._per_endpoint[endpoint] -= 1
            if not self._per_endpoint[endpoint]:
                del self._per_endpoint[endpoint]
            self._dry.discard(endpoint)


def _at_most(room: Mapping[int, int], most: int) -> dict[int, int]:
    """As much of the room as ``most`` deliveries fill."""
    found: dict[int, int] = {}
    for endpoint, number in room.items():
        if most > 0:
            found[endpoint] = min(number, most)
            most -= number
    return found


def _quietly_give_back(claimed: Sequence[Claimed]) -> None:
    try:
        give_back(claimed)
    except SERVER_AWAY:
        log.info("%d deliveries come back when their lease ends", len(claimed))


def deliver_due(limit: int | None = None, *, limits: Limits | None = None, habits: Habits | None = None) -> int:
    """Make the deliveries that are due, at most ``limit``, and give the number of tries. For commands and tests;
    workers keep a ``Dispatcher`` of their own, which remembers whom to leave alone."""
    return Dispatcher(limits=limits, habits=habits).run(limit)


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
                fan_out(bites=1)
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
