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

from connectors.outbound.breaker import Habits
from connectors.outbound.claim import Claimed, claim, give_back
from connectors.outbound.complaints import Complaints
from connectors.outbound.fanout import fan_out
from connectors.outbound.lanes import Places, Speeds, first_tries, rooms
from connectors.outbound.marks import Outcome, mark
from connectors.outbound.send import Job, Limits, Untried, Wire
from connectors.outbound.suspects import Allowance, Suspects
from connectors.outbound.view import View
from hub.sql import SERVER_AWAY

log = logging.getLogger("connectors.deliver")

_IDLE_LOOK = 0.25  # seconds between looks for new work while some is under way
_REFRESH = 1.0  # seconds after which endpoints are read anew
_ROUND = 0.02  # seconds to gather outcomes before they are marked together


class Dispatcher:
    """Delivers for one process. ``speeds`` and ``suspects`` outlive a run; which endpoints fail or rest is in the
    database, for all."""

    def __init__(
        self, *, limits: Limits | None = None, allow: Collection[str] | None = None, habits: Habits | None = None,
        places: Places | None = None, allowance: Allowance | None = None,
    ) -> None:  # fmt: skip
        self.limits = limits or Limits()
        self.habits = habits or Habits()
        self.places = places or Places()
        self.speeds = Speeds()
        self.suspects = Suspects(allowance)
        self.allow = settings.HUB_DELIVERY_ALLOW if allow is None else allow
        self.complaints = Complaints()
        self.stopping = threading.Event()

    def run(self, limit: int | None = None) -> int:
        """Deliver until nothing is due, or ``limit`` deliveries were claimed; how many tries were made."""
        work = _Run(self, View(self.suspects), limit)
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
        # Deliveries under way at each endpoint that does well; endpoints that have their first try; suspects that are
        # tried, and whether out of the allowance.
        self._per_endpoint: Counter[int] = Counter()
        self._first: set[int] = set()
        self._doubted: dict[int, bool] = {}
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
                    self._view = View(self._dispatcher.suspects)
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
        suspects, view, now = self._dispatcher.suspects, self._view, time.monotonic()
        busy = any(pk in view.well for pk in self._per_endpoint)
        while True:
            doubted = suspects.choose(
                view.targets, flying=self._per_endpoint.keys() | self._doubted.keys() | self._first,
                under_way=len(self._doubted), busy=busy, good=self._dispatcher.speeds, now=now,
            )  # fmt: skip
            claimed = self._claim({**self._room(), **dict.fromkeys(doubted, 1)})
            got = {item.endpoint for item in claimed}
            tried = [pk for pk in doubted if pk in got]
            for pk in doubted:
                if pk not in got:
                    suspects.nothing_at(pk, now)
            self._doubted.update(dict.fromkeys(tried, busy))
            if busy:
                suspects.spent(len(tried))
            if claimed or busy or not doubted or self._left == 0:
                return claimed

    def _claim(self, room: Mapping[int, int]) -> list[Claimed]:
        if self._left is not None:
            room = _at_most(room, self._left)
        if not room:
            return []
        claimed = claim(room, lease_seconds=self._dispatcher.limits.lease, half_open=self._view.half_open)
        if self._left is not None:
            self._left -= len(claimed)
        got = Counter(item.endpoint for item in claimed)
        self._dry.update(pk for pk, wanted in room.items() if got[pk] < wanted)
        return claimed

    def _room(self) -> dict[int, int]:
        """Of those that do well, and of these that were not tried by this process yet."""
        speeds, places = self._dispatcher.speeds, self._dispatcher.places
        awake = [
            pk for pk in self._view.well if pk not in self._dry and pk not in self._first and pk not in self._doubted
        ]
        self._turn += 1
        at = self._turn % max(len(awake), 1)  # by turns, where there are not places for all
        awake = awake[at:] + awake[:at]
        known = [pk for pk in awake if pk in speeds]
        new = (pk for pk in awake if pk not in speeds and pk not in self._per_endpoint)
        return {
            **rooms(known, flying=self._per_endpoint, speeds=speeds, places=places),
            **first_tries(new, under_way=len(self._first), places=places),
        }

    def _launch(self, claimed: Sequence[Claimed], wire: Wire) -> None:
        if not claimed:
            return
        known, speeds = self._view.targets, self._dispatcher.speeds
        until = time.monotonic() + self._dispatcher.limits.lease - 5.0
        for item in claimed:
            self._flying[item.delivery] = item
            if item.endpoint not in self._doubted:
                if item.endpoint in speeds:
                    self._per_endpoint[item.endpoint] += 1
                else:
                    self._first.add(item.endpoint)
        wire.submit([Job(item, known[item.endpoint], until) for item in claimed])

    def _land(self, wire: Wire) -> int:
        """Mark what was finished meanwhile; how much it was."""
        results = wire.results(wait=_IDLE_LOOK)
        if results and len(results) < 50 and len(self._flying) > len(results):
            time.sleep(_ROUND)
            results += wire.results(wait=0.0)
        outcomes = [result for result in results if isinstance(result, Outcome)]
        marked = mark(
            outcomes, habits=self._dispatcher.habits, troubled=self._view.troubled, unproven=self._view.unproven
        )
        self._view.learn({outcome.endpoint for outcome in outcomes if not outcome.error}, marked.health)
        self._tries += len(outcomes)
        for outcome in outcomes:
            self._dispatcher.speeds.note(outcome.endpoint, outcome.milliseconds / 1000, taken=not outcome.error)
            self._drop(outcome.delivery, outcome.endpoint, spent=bool(outcome.error))
        untried = [result.claimed for result in results if isinstance(result, Untried)]
        give_back(untried)
        for claimed in untried:
            self._drop(claimed.delivery, claimed.endpoint, spent=False)
        self._dispatcher.complaints.note(outcomes)
        return len(outcomes)

    def _drop(self, delivery: int, endpoint: int, *, spent: bool) -> None:
        if self._flying.pop(delivery, None) is None:
            return
        self._dry.discard(endpoint)
        if endpoint in self._doubted:
            if self._doubted.pop(endpoint) and not spent:
                self._dispatcher.suspects.given_back(1)
        elif endpoint in self._first:
            self._first.discard(endpoint)
        else:
            self._per_endpoint[endpoint] -= 1
            if not self._per_endpoint[endpoint]:
                del self._per_endpoint[endpoint]


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
