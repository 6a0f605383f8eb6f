"""Fan-out: for each event that was numbered, a delivery for each endpoint that wants it.

An endpoint remembers up to which position of the feed its deliveries were made. Positions are given in the
order of commits and have no gaps, so that going on from there misses and doubles nothing, whoever died when.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from hub.ids import new_id
from hub.sql import along_indexes, count, lock_once, rows

_ROWS = 20_000
# Seven characters of a delivery's id are its time; the rest is random, and hexadecimal digits are valid there.
_ID_TIME = len("dl_") + 10
# Nobody is written to for longer than need be after they said no, whatever else waits for the receiver.
_URGENT = "consent.changed"


# One that is left alone has a delivery to be tried with, and needs no more of them before it is well again: the dead
# cost no rows.
_BEHIND = """
    SELECT p.id FROM hub_endpoint p
    WHERE p.state <> 'disabled' AND p.position < %s AND NOT EXISTS (
        SELECT 1 FROM hub_endpointhealth h
        WHERE h.endpoint_id = p.id AND h.rests > 0
          AND EXISTS (SELECT 1 FROM hub_delivery d WHERE d.endpoint_id = p.id AND d.state = 0))
    ORDER BY p.id
"""


def fan_out(*, bites: int | None = None) -> int:
    """Make the deliveries that are missing, or some ``bites`` of them; how many were made."""
    made = 0
    while bites is None or bites > 0:
        with transaction.atomic():
            lock_once("fan-out")
            step = _step()
        if step is None:
            break
        made += step
        bites = None if bites is None else bites - 1
    return made


def _step() -> int | None:
    """One bite in the present transaction; None when every endpoint has reached the end of the feed."""
    top = rows("SELECT coalesce(max(position), 0) FROM hub_outboxevent")[0][0]
    behind = rows(_BEHIND, top)
    if not behind:
        return None
    endpoints = [row[0] for row in behind]
    span = max(_ROWS // len(endpoints), 100)
    made = count(
        """
        WITH meant AS (
            SELECT p.id AS endpoint_id, e.id AS event_id, e.golden_id, e.position, e.sequence, e.type = %s AS urgent,
                   lag(e.sequence) OVER (PARTITION BY p.id, e.golden_id ORDER BY e.position) AS previous
            FROM hub_endpoint p
            JOIN hub_outboxevent e ON e.position > p.position AND e.position <= least(p.position + %s, %s)
            WHERE p.id = ANY(%s::bigint[]) AND (cardinality(p.events) = 0 OR e.type = ANY(p.events))
              -- Of customers out of its scopes it does not even have deliveries.
              AND ('*' = ANY(p.within) OR EXISTS (
                  SELECT 1 FROM hub_goldenrecord g WHERE g.id = e.golden_id AND g.scope = ANY(p.within))))
        INSERT INTO hub_delivery (public_id, event_id, endpoint_id, golden_id, position, urgent, previous_sequence,
                                  state, attempts, next_attempt_at)
        SELECT %s || right(replace(gen_random_uuid()::text, '-', ''), 16), m.event_id, m.endpoint_id, m.golden_id,
               m.position, m.urgent, coalesce(m.previous, (
                   SELECT e.sequence FROM hub_delivery d JOIN hub_outboxevent e ON e.id = d.event_id
                   WHERE d.endpoint_id = m.endpoint_id AND d.golden_id = m.golden_id
                   ORDER BY d.position DESC LIMIT 1)),
               0, 0, now()
        FROM meant m ORDER BY m.position, m.endpoint_id
        ON CONFLICT (endpoint_id, event_id) DO NOTHING
        """,
        _URGENT,
        span,
        top,
        endpoints,
        new_id("dl")[:_ID_TIME],
    )
    if made:
        hurry(endpoints)
    rows(
        "UPDATE hub_endpoint SET position = least(position + %s, %s) WHERE id = ANY(%s::bigint[])",
        span,
        top,
        endpoints,
    )
    return made


def hurry(endpoints: Sequence[int], *, among_all: bool = False) -> None:
    """Let what must go before the urgent deliveries just made (or all that wait) go before the rest, too: the order of
    a golden record's events, and of those of the golden records that ended in it, is kept by whoever claims."""
    along_indexes()
    rows(
        """
        WITH RECURSIVE ahead AS (
            SELECT d.id, d.endpoint_id, d.event_id, d.golden_id, d.position
            FROM hub_delivery d JOIN hub_endpoint p ON p.id = d.endpoint_id AND (%s OR d.position > p.position)
            WHERE p.id = ANY(%b::bigint[]) AND d.state = 0 AND d.urgent
            UNION
            SELECT b.* FROM ahead d CROSS JOIN LATERAL (
                SELECT b.id, b.endpoint_id, b.event_id, b.golden_id, b.position FROM hub_delivery b
                WHERE b.endpoint_id = d.endpoint_id
                  AND b.golden_id = ANY((SELECT e.after || d.golden_id FROM hub_outboxevent e
                                         WHERE e.id = d.event_id)::bigint[])
                  AND b.position < d.position AND b.state + 0 = 0 OFFSET 0) b
        ), held AS (
            SELECT id FROM hub_delivery WHERE id = ANY(ARRAY(SELECT id FROM ahead)) AND NOT urgent
            ORDER BY id FOR UPDATE)
        UPDATE hub_delivery d SET urgent = true WHERE d.id = ANY(ARRAY(SELECT id FROM held))
        """,
        among_all,
        list(endpoints),
    )
