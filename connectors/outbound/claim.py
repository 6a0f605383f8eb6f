"""Which deliveries to try now, and what became of them. Short transactions; no HTTP in them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from hub import audit
from hub import secrets as sealed
from hub.events import envelope, opened
from hub.models import OutboxEvent
from hub.release import Gate
from hub.sql import columns, count, rows


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """An endpoint that is active. ``secrets`` are one or, while one rotates, several."""

    endpoint: int
    url: str
    secrets: tuple[str, ...]
    filtered: bool


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """A delivery that is ours until its lease ends; ``token`` fences it against whoever takes it over."""

    delivery: int
    endpoint: int
    token: int
    attempts: int
    event: OutboxEvent
    data: Mapping[str, object]
    previous_sequence: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try gave. ``error`` is a class of failure, empty when delivered; ``again_in`` seconds until the
    next try, None when there is none; ``gone``: the receiver wants nothing more."""

    delivery: int
    endpoint: int
    token: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str
    again_in: float | None = None
    gone: bool = False


def targets() -> dict[int, Target]:
    """The active endpoints by id."""
    found = rows(
        """
        SELECT id, url, events <> '{}' OR within <> '{*}', public_id, secret,
               CASE WHEN secret_until > now() THEN secret_before ELSE '' END
        FROM hub_endpoint WHERE state = 'active' ORDER BY id
        """
    )
    return {
        pk: Target(pk, url, tuple(_shown(name, blob) for blob in blobs if blob) or ("",), filtered)
        for pk, url, filtered, name, *blobs in found
    }


@lru_cache(maxsize=4096)
def _shown(name: str, blob: bytes) -> str:
    """An endpoint's secret; none where it cannot be read, as after a restore without the key store: its deliveries
    fail for that reason, and those of the others go on."""
    try:
        return sealed.shown(blob, of=f"endpoint {name}")
    except sealed.Unreadable:
        return ""


def body_of(claimed: Claimed, *, filtered: bool) -> dict[str, object]:
    """The CloudEvents body. A filtered receiver also hears which sequence number it got last.

    That stands in ``data``: CloudEvents allows no underscore in the name of an attribute.
    """
    body = envelope(claimed.event, claimed.data)
    if filtered:
        body["data"]["previous_sequence"] = claimed.previous_sequence
    return body


def claim(wanted: Mapping[int, int], *, lease_seconds: float) -> list[Claimed]:
    """Take due deliveries, at most ``wanted[endpoint]`` of each endpoint, and commit.

    A delivery is due when its time has come, nobody holds it, and no earlier one for the same endpoint is still
    to come whose golden record is among those its event comes after. Other workers' rows are passed over. What is
    urgent goes first, as ``fan_out`` has marked it.

    The statement leaves the planner one way each, because a young table has no statistics and a claim is made
    many times a second: ``state + 0`` keeps the search for earlier deliveries off the index of all that wait.
    """
    if not wanted:
        return []
    token = secrets.randbits(62)
    with transaction.atomic():
        found = rows(
            """
            WITH due AS (
                SELECT d.id FROM unnest(%b::bigint[], %b::int[]) AS w(endpoint, room)
                CROSS JOIN LATERAL (
                    SELECT d.id FROM hub_delivery d JOIN hub_outboxevent e ON e.id = d.event_id
                    WHERE d.endpoint_id = w.endpoint AND d.state = 0 AND d.next_attempt_at <= now()
                      AND (d.lease_until IS NULL OR d.lease_until <= now())
                      AND NOT EXISTS (
                          SELECT 1 FROM hub_delivery b
                          WHERE b.endpoint_id = d.endpoint_id AND b.golden_id = ANY(e.after || d.golden_id)
                            AND b.position < d.position AND b.state + 0 = 0)
                    ORDER BY d.urgent DESC, d.position LIMIT w.room
                    FOR UPDATE OF d SKIP LOCKED) AS d),
            taken AS (
                UPDATE hub_delivery d SET lease_until = now() + make_interval(secs => %s), lease_token = %s
                WHERE d.id = ANY(ARRAY(SELECT id FROM due))
                RETURNING d.id, d.endpoint_id, d.attempts, d.event_id, d.previous_sequence, d.position, d.urgent)
            SELECT t.id, t.endpoint_id, t.attempts, t.previous_sequence,
                   e.id, e.public_id, e.type, e.subject, e.sequence, e.time, e.golden_id, e.holders, e.data, e.trace
            FROM taken t CROSS JOIN LATERAL (SELECT * FROM hub_outboxevent e WHERE e.id = t.event_id OFFSET 0) e
            ORDER BY t.urgent DESC, t.position
            """,
            list(wanted),
            list(wanted.values()),
            float(lease_seconds),
            token,
        )
    events = [OutboxEvent(**dict(zip(_EVENT, row[4:], strict=True))) for row in found]
    data = _told([row[1] for row in found], opened(events))
    return [
        Claimed(row[0], row[1], token, row[2], event, said, row[3])
        for row, event, said in zip(found, events, data, strict=True)
    ]


def _told(endpoints: Sequence[int], data: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """Of each event's data what the endpoint it is for may be told."""
    gate = Gate.now() if data else None
    if gate is None:
        return data
    region = dict(rows("SELECT id, region FROM hub_endpoint WHERE id = ANY(%b::bigint[])", sorted(set(endpoints))))
    return [gate.told(said, region[endpoint]) for endpoint, said in zip(endpoints, data, strict=True)]


_EVENT = ("id", "public_id", "type", "subject", "sequence", "time", "golden_id", "holders", "data", "trace")


def mark(outcomes: Sequence[Outcome]) -> int:
    """Write down what became of each try; how many were still ours.

    Rows are locked in the order of their ids, as everybody does who locks several.
    Who lost its lease changes nothing: the worker that took over answers for the delivery, and the receiver
    knows a repeat by its ``webhook-id``.
    """
    if not outcomes:
        return 0
    written = [
        (o.delivery, o.token, 1 if not o.error else 0 if o.again_in is not None else 2, o.again_in or 0.0,
         o.at, -1 if o.status is None else o.status, o.error, o.milliseconds)
        for o in outcomes
    ]  # fmt: skip
    gone = sorted({o.endpoint for o in outcomes if o.gone})
    with transaction.atomic():
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
        if gone:
            disable(gone, reason="gone")
    return kept


def disable(endpoints: Sequence[int], *, reason: str) -> None:
    """Send nothing more to these endpoints until somebody switches them on again; ``reason`` as the endpoint keeps
    it. To be called in a transaction."""
    for (name,) in rows(
        """
        UPDATE hub_endpoint SET state = 'disabled', disabled_at = now(), disabled_reason = %s
        WHERE id = ANY(ARRAY(SELECT id FROM hub_endpoint WHERE id = ANY(%b::bigint[]) AND state = 'active'
                             ORDER BY id FOR UPDATE))
        RETURNING public_id
        """,
        reason,
        list(endpoints),
    ):
        audit.note("endpoint.disabled", actor=audit.SYSTEM, subject=name, reason=reason)


def give_back(claimed: Sequence[Claimed]) -> None:
    """Let go of deliveries that were not tried, so that they need not wait for the end of the lease."""
    if not claimed:
        return
    with transaction.atomic():
        rows(
            """
            WITH held AS (
                SELECT d.id FROM hub_delivery d
                JOIN unnest(%b::bigint[], %b::bigint[]) AS t(id, token) ON t.id = d.id AND t.token = d.lease_token
                WHERE d.state = 0 ORDER BY d.id FOR UPDATE OF d)
            UPDATE hub_delivery d SET lease_until = NULL, lease_token = NULL FROM held WHERE d.id = held.id
            """,
            *columns(((c.delivery, c.token) for c in claimed), 2),
        )
