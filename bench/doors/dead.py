"""What endpoints that are dead cost the healthy ones, in the same round with and without them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from time import sleep

from django.conf import settings

from bench.doors.webhooks import Speed, add, delivered, endpoints, judge, receiver, seen


@dataclass(slots=True)
class Found:
    """Of each round: the healthy ones alone, and beside the dead by the state of their circuits."""

    alone: list[Speed] = field(default_factory=list)
    beside: dict[str, list[Speed]] = field(default_factory=lambda: {"closed": [], "open": []})

    def slowed(self, name: str) -> float:
        """By what part of its speed, by the clock."""
        return median(
            1 - with_.rate / without.rate for with_, without in zip(self.beside[name], self.alone, strict=True)
        )

    def dearer(self, name: str) -> float:
        """By what part of its processor time."""
        return median(
            with_.each / without.each - 1 for with_, without in zip(self.beside[name], self.alone, strict=True)
        )

    def rows(self, healthy: int, dead: int) -> list[list[str]]:
        def row(name: str, speeds: Sequence[Speed], slower: str) -> list[str]:
            return [name, f"{median(s.rate for s in speeds):,.0f}", slower, f"{median(s.each for s in speeds):.0f}"]

        return [row(f"{healthy} endpoints, none dead", self.alone, ""),
                *(row(f"beside {dead:,} dead ones, circuits {name}", speeds,
                      f"{self.slowed(name):.0%} ({self.dearer(name):.0%} by processor time)")
                  for name, speeds in self.beside.items())]  # fmt: skip


def beside_the_dead(*, healthy: int, dead: int, last: int, rounds: int) -> Found:
    """While no circuit of the dead is open yet, and when all are; the healthy have taken something before."""
    found = Found()
    with receiver() as port, receiver("never") as hole, receiver("slow") as slow, receiver("500") as bad:
        settings.HUB_DELIVERY_ALLOW = [f"127.0.0.1:{p}" for p in (port, hole, slow, bad, 1)]
        well = [f"http://127.0.0.1:{port}/{number}" for number in range(healthy)]
        ill = [f"http://127.0.0.1:{(1, hole, slow, bad)[number % 4]}/{number}" for number in range(dead)]
        for _ in range(rounds):
            endpoints(well, last=last, proven=True)
            alone = delivered(port, expected=healthy * last)
            found.alone.append(alone)
            judge(seen(port), events=last)
            endpoints(ill, last=10)
            for name, speeds in found.beside.items():
                rows_of_health = _open_circuits()
                _again(well, last=last)
                speed = delivered(port, expected=healthy * last)
                judge(seen(port), events=last)
                speeds.append(speed)
                print(f"  {healthy} alone    {alone}\n  {dead} dead, {rows_of_health} circuits open at first ({name})\n"
                      f"              {speed}   {1 - speed.rate / alone.rate:.0%} slower, "
                      f"{speed.each / alone.each - 1:.0%} dearer", flush=True)  # fmt: skip
                if name == "closed":
                    _trip()
    return found


def _again(urls: Sequence[str], *, last: int) -> None:
    """The healthy endpoints anew, the others as they are."""
    from connectors.outbound import endpoints as rooms
    from hub.models import Endpoint

    for endpoint in Endpoint.objects.filter(url__in=urls):
        rooms.delete(endpoint)
    add(urls, last=last, proven=True)


def _open_circuits() -> int:
    from hub.models import EndpointHealth

    return EndpointHealth.objects.filter(rests__gt=0).count()


def _trip() -> None:
    """Deliver until every dead endpoint rests, which takes those that hang five times twenty seconds."""
    from connectors.outbound.deliver import Dispatcher
    from hub.models import Endpoint

    dispatcher = Dispatcher()
    wanted = Endpoint.objects.filter(state="active").count()

    def watch() -> None:
        from django.db import connection

        for _ in range(150):
            sleep(1)
            if _open_circuits() >= wanted - 20:
                break
        dispatcher.stopping.set()
        connection.close()

    threading.Thread(target=watch, daemon=True).start()
    while not dispatcher.stopping.is_set():
        dispatcher.run()
        dispatcher.stopping.wait(0.05)
