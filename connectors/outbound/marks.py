"""What became of each try, written down: the delivery, the log of tries, the health of the endpoint."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from connectors.outbound import breaker
from connectors.outbound.breaker import Habits, Health, Heard
from hub.sql import columns, count, without_waiting


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try gave. ``error`` is a class of failure, empty when delivered; ``again_in`` seconds until the
    next try, None when there is none; ``gone``: the receiver wants nothing more.
    ``wished``: for how many seconds it wants to be left alone; ``probe``: the one try of a half-open circuit."""

    delivery: int
    endpoint: int
    token: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str
    again_in: float | None = None
    gone: bool = False
    wished: float = 0.0
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """How many tries were still ours (``kept``), and the health of the endpoints that have or had trouble."""

    kept: int = 0
    health: dict[int, Health] = field(default_factory=dict)


def heard(outcomes: Sequence[Outcome], *, spread: Callable[[], float] = random.random) -> dict[int, Heard]:
    """What these tries, in the order in which they ended, say of each endpoint."""
    found: dict[int, Heard] = {}
    for o in outcomes:
        was = found.get(o.endpoint)
        if not o.error:
            found[o.endpoint] = Heard(taken=True)
        elif was is None:
            found[o.endpoint] = Heard(False, 1, o.wished, o.probe, spread())
        else:
            found[o.endpoint] = replace(
                was, failures=was.failures + 1, wished=max(was.wished, o.wished),
                probe=was.probe or o.probe, spread=was.spread or spread(),
            )  # fmt: skip
    return found


def mark(
    outcomes: Sequence[Outcome], *, habits: Habits | None = None, troubled: Collection[int] = (),
    unproven: Collection[int] = (),
) -> Marked:  # fmt: skip
    """Write down what became of each try. ``troubled`` are the endpoints known to have or to have had trouble,
    ``unproven`` those that took nothing yet.

    Rows are locked in the order of their ids, as everybody does who locks several.
    Who lost its lease changes nothing: the worker that took over answers for the delivery, and the receiver
    knows a repeat by its ``webhook-id``. The disk is waited for only where something ends for good: what else is lost
    with the server is tried again.
    """
    if not outcomes:
        return Marked()
    habits = habits or Habits()
    written = [
        (o.delivery, o.token, 1 if not o.error else 0 if o.again_in is not None else 2, o.again_in or 0.0,
         o.at, -1 if o.status is None else o.status, o.error, o.milliseconds)
        for o in outcomes
    ]  # fmt: skip
    gone = sorted({o.endpoint for o in outcomes if o.gone})
    with transaction.atomic():
        if not gone and all(state != 2 for _, _, state, *_ in written):
            without_waiting()
        kept = count(
            """
            WITH told AS (
                SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::smallint[], %b::float8[], %b::timestamptz[],
                                     %b::smallint[], %b::text[], %b::int[])
                              AS t(id, token, state, again_in, at, status, error, ms)),
            held AS (
                SELECT d.id FROM hub_delivery d JOIN told t ON t.id = d.id AND t.token = d.lease_token
                WHERE d.state = 0 ORDER BY d.id FOR UPDATE OF d),
            moved AS (
                UPDATE hub_delivery d
                SET state = t.state, attempts = d.attempts + 1, lease_until = NULL, lease_token = NULL,
                    next_attempt_at = CASE WHEN t.state = 0 THEN now() + make_interval(secs => t.again_in)
                                           ELSE d.next_attempt_at END,
                    delivered_at = CASE WHEN t.state = 1 THEN now() END,
                    error = CASE WHEN t.state = 1 THEN d.error ELSE t.error END
                FROM told t JOIN held ON held.id = t.id WHERE d.id = t.id
                RETURNING d.id)
            INSERT INTO hub_attempt (delivery_id, at, status_code, error, milliseconds)
            SELECT t.id, t.at, nullif(t.status, -1), t.error, t.ms FROM told t JOIN moved ON moved.id = t.id
            """,
            *columns(written, 8),
        )
        breaker.disable(gone, reason="gone")
        health = breaker.note(heard(outcomes), habits=habits, troubled=troubled)
        breaker.prove({o.endpoint for o in outcomes if not o.error and o.endpoint in unproven})
    return Marked(kept, health)
