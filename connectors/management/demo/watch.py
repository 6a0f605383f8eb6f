"""How far the hub is, and waiting until it is through."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from hub.loading import patiently
from hub.models import Endpoint
from hub.selectors import progress
from hub.sql import rows

# What a killed worker held comes back when its lease ends, after a minute; only then is silence a failure.
STALL_SECONDS = 75.0


class StalledError(Exception):
    """Nothing moved for more than a minute."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``waiting`` messages, ``events`` in the outbox, ``delivered`` of them to the endpoint, ``dead`` in both."""

    waiting: int
    events: int
    delivered: int
    dead: int
    open: int  # events without a position, positions without a delivery, deliveries to be made

    @property
    def done(self) -> bool:
        return self.waiting == 0 and self.open == 0


def look(endpoint: Endpoint) -> Progress:
    # In this order: a message counts as waiting until its events are there.
    held = progress()
    found = rows(
        """
        SELECT (SELECT coalesce(max(position), 0) FROM hub_outboxevent) - p.position,
               (SELECT count(*) FROM hub_delivery WHERE endpoint_id = p.id AND state = 0),
               (SELECT count(*) FROM hub_delivery WHERE endpoint_id = p.id AND state = 1),
               (SELECT count(*) FROM hub_delivery WHERE endpoint_id = p.id AND state = 2)
        FROM hub_endpoint p WHERE p.id = %s
        """,
        endpoint.pk,
    )
    behind, pending, delivered, dead = found[0]
    return Progress(
        waiting=held["waiting"],
        events=held["events"],
        delivered=delivered,
        dead=dead + held["dead_letters"],
        open=held["unsealed"] + behind + pending,
    )


def wait(endpoint: Endpoint, *, tell: Callable[[Progress], None], meanwhile: Callable[[], None]) -> Progress:
    """Until all is resolved and delivered; raises ``StalledError`` when nothing moves."""
    last: Progress | None = None
    moved = time.monotonic()
    while True:
        meanwhile()
        now: Progress = patiently(lambda: look(endpoint))
        tell(now)
        if now.done and last == now:
            return now
        if now != last:
            last, moved = now, time.monotonic()
        elif time.monotonic() - moved > STALL_SECONDS:
            raise StalledError(
                f"Nothing has moved for {STALL_SECONDS:.0f} seconds: {now.waiting:,} messages wait and {now.open:,} "
                "deliveries are to be made. Is the worker running? See worker.log in the state folder's log."
            )
        time.sleep(0.25)
