"""Keeping the workers from one lane for a while.

A hold is a row with a time until which it counts; who holds it renews it. Nobody has to take it away: it runs out.
"""

from __future__ import annotations

from hub.models.inbox import Lane
from hub.sql import count, rows

SECONDS = 30


def take(lane: Lane, holder: int) -> bool:
    """Hold a lane that nobody holds; whether it could be taken."""
    return bool(
        count(
            """
            INSERT INTO hub_lanehold AS h (lane, holder, until) VALUES (%s, %s, now() + make_interval(secs => %s))
            ON CONFLICT (lane) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until WHERE h.until < now()
            """,
            int(lane),
            holder,
            SECONDS,
        )
    )


def renew(lane: Lane, holder: int) -> bool:
    """Hold it for longer; False where another holds it by now."""
    return bool(
        count(
            "UPDATE hub_lanehold SET until = now() + make_interval(secs => %s) WHERE lane = %s AND holder = %s",
            SECONDS,
            int(lane),
            holder,
        )
    )


def release(lane: Lane, holder: int) -> None:
    """Let the workers at the lane again."""
    rows("DELETE FROM hub_lanehold WHERE lane = %s AND holder = %s", int(lane), holder)
