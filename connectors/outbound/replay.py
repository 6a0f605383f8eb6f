"""Sending once more: one delivery, a stretch of the feed, all of a golden record, or all since an instant.

A replay makes deliveries wait again, at their places: the same ``webhook-id``, in order per golden record, after what
is under way. What the endpoint never got (it did not exist yet, or wanted other types) is made a delivery of, as far
as its filters let it through now. Asking twice changes nothing more: what waits, waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from connectors.outbound.fanout import hurry
from hub import audit
from hub.ids import new_id
from hub.models import Endpoint
from hub.sql import lock_once, rows

# Of one request: two seconds of work, during which no other delivery is made.
MOST = 20_000
_ID_TIME = len("dl_") + 10

Place = int | datetime  # a position of the feed, or an instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events. ``first`` and ``last`` are positions or instants, both of them meant too; ``golden_id`` the public
    id of one golden record; ``deliveries`` public ids, which go with nothing else."""

    first: Place | None = None
    last: Place | None = None
    golden_id: str | None = None
    deliveries: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries were sent before (``again``), never (``first``), or wait already; ``following`` is the
    position to go on from where there were more than ``MOST``."""

    again: int
    first: int
    waiting: int
    following: int | None

    def shown(self, *, dry_run: bool) -> dict[str, Any]:
        """As JSON."""
        return {
            "dry_run": dry_run,
            "events": self.again + self.first + self.waiting,
            "again": self.again,
            "first": self.first,
            "waiting": self.waiting,
            "next": self.following,
        }


@transaction.atomic
def replay(endpoint: Endpoint, wanted: Wanted, *, by: str = audit.SYSTEM) -> Replayed:
    """Have these events sent to the endpoint once more, or for the first time."""
    # Fan-out goes on behind what is chosen here, and nobody deletes the endpoint.
    lock_once("fan-out")
    chosen, following = _chosen(endpoint, wanted)
    if not chosen:
        return Replayed(0, 0, 0, following)
    again, waiting = _wait_again(endpoint, chosen)
    first = _make(endpoint, chosen)
    hurry([endpoint.pk], among_all=True)
    audit.note(
        "endpoint.replayed", actor=by, subject=endpoint.public_id, again=again, first=first, waiting=waiting,
        positions=[chosen[0], chosen[-1]],
    )  # fmt: skip
    return Replayed(again, first, waiting, following)


def dry_run(endpoint: Endpoint, wanted: Wanted) -> Replayed:
    """What ``replay`` would do."""
    chosen, following = _chosen(endpoint, wanted)
    ((again, waiting),) = rows(
        """
        SELECT count(*) FILTER (WHERE state <> 0), count(*) FILTER (WHERE state = 0)
        FROM hub_delivery WHERE endpoint_id = %s AND event_id IN (
            SELECT id FROM hub_outboxevent WHERE position = ANY(%b::bigint[]))
        """,
        endpoint.pk,
        chosen,
    )
    return Replayed(again, len(chosen) - again - waiting, waiting, following)


def _chosen(endpoint: Endpoint, wanted: Wanted) -> tuple[list[int], int | None]:
    """The positions of the events that are meant, ascending, and the one to go on from.

    No event beyond the endpoint's own position: deliveries of those are still to be made. What was delivered once
    may be so again, whatever the filters say by now of its type; customers out of its scopes are out.
    """
    conditions: list[str] = ["e.position <= p.position"]
    params: list[Any] = []
    if wanted.deliveries is not None:
        conditions.append("d.public_id = ANY(%b::text[])")
        params.append(list(wanted.deliveries))
    for place, sign in ((wanted.first, ">="), (wanted.last, "<=")):
        if place is not None:
            conditions.append(f"e.{'position' if isinstance(place, int) else 'time'} {sign} %s")
            params.append(place)
    if isinstance(wanted.first, datetime):
        # Where such events begin, so that the feed need not be read from its first day on.
        conditions.append("e.position >= %s")
        params += rows(
            "SELECT coalesce(min(position), 0) FROM (SELECT position FROM hub_outboxevent WHERE time >= %s OFFSET 0) e",
            wanted.first,
        )[0]
    if wanted.golden_id is not None:
        # Those of the golden records that ended in it, too: they are a part of what it is.
        conditions.append(
            """
            e.golden_id IN (
                WITH RECURSIVE family AS (
                    SELECT id FROM hub_goldenrecord WHERE public_id = %s
                    UNION
                    SELECT a.golden_id FROM family f JOIN hub_outboxevent m ON m.golden_id = f.id
                           CROSS JOIN unnest(m.after) AS a(golden_id))
                SELECT id FROM family)
            """
        )
        params.append(wanted.golden_id)
    found = rows(
        f"""
        SELECT e.position FROM hub_endpoint p
        CROSS JOIN hub_outboxevent e
        LEFT JOIN hub_delivery d ON d.endpoint_id = p.id AND d.event_id = e.id
        WHERE p.id = %s AND {" AND ".join(conditions)}
          AND (d.id IS NOT NULL OR cardinality(p.events) = 0 OR e.type = ANY(p.events))
          AND ('*' = ANY(p.within) OR EXISTS (
              SELECT 1 FROM hub_goldenrecord g WHERE g.id = e.golden_id AND g.scope = ANY(p.within)))
        ORDER BY e.position LIMIT %s
        """,
        endpoint.pk,
        *params,
        MOST + 1,
    )
    positions = [row[0] for row in found]
    return positions[:MOST], positions[MOST] if len(positions) > MOST else None


def _wait_again(endpoint: Endpoint, positions: Sequence[int]) -> tuple[int, int]:
    """Of the deliveries that there are: how many were decided and wait again, and how many wait anyhow."""
    ((again, waiting),) = rows(
        """
        WITH held AS (
            SELECT id, state FROM hub_delivery
            WHERE endpoint_id = %s AND event_id IN (
                SELECT id FROM hub_outboxevent WHERE position = ANY(%b::bigint[]))
            ORDER BY id FOR UPDATE),
        moved AS (
            UPDATE hub_delivery d
            SET state = 0, urgent = d.urgent AND held.state = 0, attempts = 0, next_attempt_at = now(),
                lease_until = NULL, lease_token = NULL, delivered_at = NULL,
                replayed_at = CASE WHEN held.state = 0 THEN d.replayed_at ELSE now() END
            -- A try that is under way as well: it would be followed by what came before it.
            FROM held WHERE d.id = held.id)
        SELECT count(*) FILTER (WHERE state <> 0), count(*) FILTER (WHERE state = 0) FROM held
        """,
        endpoint.pk,
        positions,
    )
    return again, waiting


def _make(endpoint: Endpoint, positions: Sequence[int]) -> int:
    """Deliveries of events that the endpoint never had one of; how many."""
    goldens = [
        row[0]
        for row in rows(
            """
            INSERT INTO hub_delivery (public_id, event_id, endpoint_id, golden_id, position, urgent,
                                      previous_sequence, state, attempts, next_attempt_at, replayed_at)
            SELECT %s || right(replace(gen_random_uuid()::text, '-', ''), 16), e.id, %s, e.golden_id, e.position,
                   false, NULL, 0, 0, now(), now()
            FROM hub_outboxevent e WHERE e.position = ANY(%b::bigint[])
            ORDER BY e.position
            ON CONFLICT (endpoint_id, event_id) DO NOTHING RETURNING golden_id
            """,
            new_id("dl")[:_ID_TIME],
            endpoint.pk,
            list(positions),
        )
    ]
    # What comes after has another predecessor now.
    rows(
        """
        WITH numbered AS (
            SELECT d.id, lag(e.sequence) OVER (PARTITION BY d.golden_id ORDER BY d.position) AS previous
            FROM hub_delivery d JOIN hub_outboxevent e ON e.id = d.event_id
            WHERE d.endpoint_id = %s AND d.golden_id = ANY(%b::bigint[])),
        held AS (
            SELECT d.id, n.previous FROM hub_delivery d JOIN numbered n ON n.id = d.id
            WHERE n.previous IS DISTINCT FROM d.previous_sequence AND n.previous IS NOT NULL
            ORDER BY d.id FOR UPDATE OF d)
        UPDATE hub_delivery d SET previous_sequence = held.previous FROM held WHERE d.id = held.id
        """,
        endpoint.pk,
        sorted(set(goldens)),
    )
    return len(goldens)
