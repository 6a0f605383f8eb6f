"""The day: everybody who sends, the reader who tails the feed, and what breaks when the timetable says so."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import aiohttp

from bench.day.hub import Hub
from bench.day.people import Sent, Town, till
from bench.day.plan import HOUR, Deed, timetable
from bench.day.senders import Book, Sender

DAY = 24 * HOUR
_AT_ONCE = 500
_OFTEN = 1800.0  # a store sends what it sold every half hour


@dataclass
class Seen:
    """What happened, for the checks and the report."""

    book: Book = field(default_factory=Book)
    feed: list[dict[str, Any]] = field(default_factory=list)
    erased: dict[tuple[str, str], str] = field(default_factory=dict)  # addresses, and the golden id that went
    deeds: list[Deed] = field(default_factory=list)


class Day:
    """One day, ``seconds`` long in reality."""

    def __init__(self, hub: Hub, clients: dict[str, dict[str, str]], *, stores: int, persons: int, seed: int,
                 seconds: float) -> None:  # fmt: skip
        self.hub, self.clients, self.stores, self.seed = hub, clients, stores, seed
        self.speed = DAY / seconds
        self.town = Town(seed, persons)
        self.seen = Seen()
        self._began = 0.0
        self._line_up = asyncio.Event()
        self._over = asyncio.Event()
        self._senders: dict[str, Sender] = {}

    def now(self) -> float:
        """Simulated seconds since midnight."""
        return (monotonic() - self._began) * self.speed

    async def until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, (at - self.now()) / self.speed))

    async def run(self) -> Seen:
        """The day from midnight to midnight, and as long as it takes until everything sent is acknowledged."""
        self._line_up.set()
        # Two hundred stores have two hundred lines: the client must not queue what they send at once.
        wire = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(connector=wire, timeout=timeout) as http:
            self._senders = {name: self.sender(http, name) for name in self.clients}
            for sender in self._senders.values():
                await sender.ready()
            self._began = monotonic()
            senders = [self._store(n) for n in range(self.stores)]
            senders += [self._shop(), self._office(), self._repeats()]
            reading = asyncio.create_task(self._read())
            await asyncio.gather(self._timetable(), *senders)
            self._over.set()
            await reading
        return self.seen

    def sender(self, http: aiohttp.ClientSession, name: str) -> Sender:
        dice = random.Random(f"{self.seed}/{name}/keys")
        return Sender(http, self.hub.stack.url, self.clients[name], self.seen.book, dice)

    # -- who sends ------------------------------------------------------------------------------------------------

    async def _store(self, number: int) -> None:
        dice = random.Random(f"{self.seed}/line/{number}")
        sender = self._senders[f"store {number}"]
        sold = till(self.town, number, self.seed, an_hour=5)
        waiting: list[Sent] = []
        rung = next(sold, None)
        at = dice.random() * _OFTEN
        while at < DAY:
            await self.until(at)
            while rung is not None and rung.at <= at:
                waiting.append(rung)
                rung = next(sold, None)
            if self._line_up.is_set() and waiting:
                dice.shuffle(waiting)  # a till sends what it held back in any order
                await self._send(sender, "pos", waiting, twice=dice.random() < 0.05)
                waiting = []
            elif not self._line_up.is_set():
                await self._line_up.wait()
                at = self.now()
                continue
            at += _OFTEN * (0.8 + 0.4 * dice.random())
        while rung is not None:
            waiting.append(rung)
            rung = next(sold, None)
        await self._send(sender, "pos", waiting)

    async def _send(self, sender: Sender, source: str, records: list[Sent], *, twice: bool = False) -> None:
        for start in range(0, len(records), _AT_ONCE):
            await sender.batch(source, records[start : start + _AT_ONCE], twice=twice)

    async def _shop(self) -> None:
        """Checkouts, one by one; every fourth waits for the golden id. What is under way does not hold up the next."""
        dice = random.Random(f"{self.seed}/shop")
        sender = self._senders["shop"]
        under_way: set[asyncio.Task[None]] = set()
        at = 0.0
        while (at := at + dice.expovariate(4.0 / self.speed)) < DAY:
            await self.until(at)
            one = self.town.record("ecommerce", dice.randrange(self.town.persons), at, dice)
            task = asyncio.create_task(sender.single(one, wait=dice.random() < 0.25))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def _office(self) -> None:
        """CRM and loyalty send files every half hour, some versions older than what they sent before."""
        dice = random.Random(f"{self.seed}/office")
        sender = self._senders["office"]
        at = 600.0
        while at < DAY:
            await self.until(at)
            for source in ("crm", "loyalty"):
                times = [max(0.0, at - dice.random() * HOUR) for _ in range(40)]
                some = [self.town.record(source, dice.randrange(self.town.persons), t, dice) for t in times]
                await self._send(sender, source, some)
            at += _OFTEN

    async def _repeats(self) -> None:
        """What was acknowledged hours ago comes once more, as it was: a queue that was replayed."""
        dice = random.Random(f"{self.seed}/repeats")
        by_source = {"pos": self._senders["store 0"], "ecommerce": self._senders["shop"]}
        at = 2 * HOUR
        while at < DAY:
            await self.until(at)
            for source, sender in by_source.items():
                known = [sent for sent in self.seen.book.acknowledged.values() if sent.source == source]
                if known:
                    again = dice.sample(known, min(100, len(known)))
                    self.seen.book.repeated += len(again)
                    await self._send(sender, source, again)
            at += 1.5 * HOUR

    # -- who reads ------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Tails the feed while slow transactions commit, and goes on until the hub is at rest."""
        reader = self._senders["reader"]
        after = ""
        while True:
            at_rest = self._over.is_set() and await asyncio.to_thread(self._at_rest)
            page = await reader.get("/api/v1/events", limit="500", **({"after": after} if after else {}))
            self.seen.feed += page["items"]
            after = page["next"] or after
            if not page["items"]:
                if at_rest:
                    return
                await asyncio.sleep(0.3)

    def _at_rest(self) -> bool:
        try:
            return not any(self.hub.unsettled().values())
        except Exception:
            return False  # it is being restarted

    # -- what breaks ----------------------------------------------------------------------------------------------

    async def _timetable(self) -> None:
        for deed in timetable():
            await self.until(deed.at)
            self.seen.deeds.append(deed)
            await self._do(deed)

    async def _do(self, deed: Deed) -> None:
        if deed.what == "stores away":
            self._line_up.clear()
        elif deed.what == "stores back":
            self._line_up.set()
        elif deed.what == "erase":
            await self._erase()
        elif deed.what == "kill":
            # Beside what follows: that it is up again is waited for by the supervisor, not by the day.
            await asyncio.to_thread(self.hub.stack.kill9, deed.whom, wait=False)
        elif deed.what == "flush":
            await asyncio.to_thread(self.hub.flush)
        elif deed.what == "power cut":
            await asyncio.to_thread(self.hub.power_cut)
        else:
            await asyncio.to_thread(self.hub.receiver, f"{deed.what} {deed.whom}")

    async def _erase(self) -> None:
        """A customer who was seen in the shop asks to be forgotten."""
        office = self._senders["office"]
        dice = random.Random(f"{self.seed}/erase/{len(self.seen.erased)}")
        known = [sent for sent in self.seen.book.acknowledged.values() if sent.source == "ecommerce"]
        for one in dice.sample(known, min(20, len(known))):
            found = await office.get(f"/api/v1/crosswalk/{one.source}/{one.source_id}")
            if not found.get("golden_id"):
                continue  # deleted, or not resolved yet
            self.seen.erased[one.source, one.source_id] = found["golden_id"]
            for other in found["others"]:
                self.seen.erased[other["source_system"], other["source_id"]] = found["golden_id"]
            await office.post("/api/v1/privacy-requests", {"kind": "erasure", "golden_id": found["golden_id"]})
            return
