"""Which deliveries to try now. Short transactions; no HTTP in them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import orjson
from django.db import transaction

from connectors.outbound.breaker import hold_probes, take_probes
from connectors.outbound.snapshots import completed
from connectors.outbound.told import told
from hub import secrets as sealed
from hub.events import Fact, envelope, opened
from hub.sql import along_indexes, columns, rows, without_waiting


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """An endpoint that is active. ``secrets`` are one or, while one rotates, several. ``proven``: it took something
    since it has its address."""

    endpoint: int
    url: str
    secrets: tuple[str, ...]
    filtered: bool
    proven: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """A delivery that is ours until its lease ends; ``token`` fences it against whoever takes it over."""

    delivery: int
    endpoint: int
    token: int
    attempts: int
    event: Fact
    data: Mapping[str, object]
    previous_sequence: int | None
    probe: bool = False  # the one try of a half-open circuit


def targets() -> dict[int, Target]:
    """The active endpoints by id."""
    found = rows(
        """
        SELECT id, url, events <> '{}' OR within <> '{*}', proven_at IS NOT NULL, public_id, secret,
               CASE WHEN cardinality(secrets_before) > 0 THEN
                   ARRAY(SELECT b FROM unnest(secrets_before, secrets_until) AS u(b, until) WHERE until > now()) END
        FROM hub_endpoint WHERE state = 'active' ORDER BY id
        """
    )
    return {row[0]: _target(*row[:6], tuple(row[6] or ())) for row in found}


@lru_cache(maxsize=16_384)
def _target(
    pk: int, url: str, filtered: bool, proven: bool, name: str, secret: bytes, before: tuple[bytes, ...]
) -> Target:  # fmt: skip
    """Made once: a thousand of them are read anew every second."""
    secrets = tuple(filter(None, (_shown(name, blob) for blob in (secret, *before))))
    return Target(pk, url, secrets or ("",), filtered, proven)


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


def content_of(claimed: Claimed, *, filtered: bool) -> bytes:
    """The body as it is signed and sent, UTF-8 JSON."""
    body = body_of(claimed, filtered=filtered)
    try:
        return orjson.dumps(body)
    except TypeError:  # a number beyond 64 bits, half a character
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def claim(wanted: Mapping[int, int], *, lease_seconds: float, half_open: Collection[int] = ()) -> list[Claimed]:
    """Take due deliveries, at most ``wanted[endpoint]`` of each endpoint, and commit. Of an endpoint among
    ``half_open`` one is taken, and only where no other process has its one try.

    A delivery is due when its time has come, nobody holds it, and no earlier one for the same endpoint is still
    to come whose golden record is among those its event comes after. Other workers' rows are passed over. What is
    urgent goes first, as ``fan_out`` has marked it.

    The statement leaves the planner one way (``along_indexes``, ``OFFSET 0``, ``state + 0``): along the index of what
    waits,
    with one probe for earlier deliveries at each row. A young table has no statistics, one that was analysed while all
    of it waited has the wrong ones, and a claim is made many times a second.
    The disk is not waited for: a lease that is lost with the server is nobody's.
    """
    token = secrets.randbits(62)
    doubtful = wanted.keys() & set(half_open)
    with transaction.atomic():
        probes = frozenset(take_probes(doubtful)) if doubtful else frozenset[int]()
        wanted = {pk: 1 if pk in probes else room for pk, room in wanted.items() if pk in probes or pk not in doubtful}
        if not wanted:
            return []
        without_waiting()
        along_indexes()
        found = rows(
            """
            WITH due AS (
                SELECT d.id FROM unnest(%b::bigint[], %b::int[]) AS w(endpoint, room)
                CROSS JOIN LATERAL (
                    SELECT d.id FROM hub_delivery d
                    WHERE d.endpoint_id = w.endpoint AND d.state = 0 AND d.next_attempt_at <= now()
                      AND (d.lease_until IS NULL OR d.lease_until <= now())
                      AND NOT EXISTS (
                          SELECT 1 FROM hub_delivery b
                          WHERE b.endpoint_id = d.endpoint_id
                            AND b.golden_id = ANY((SELECT e.after || d.golden_id FROM hub_outboxevent e
                                                   WHERE e.id = d.event_id)::bigint[])
                            AND b.position < d.position AND b.state + 0 = 0 OFFSET 0)
                    ORDER BY d.urgent DESC, d.position LIMIT w.room
                    FOR UPDATE OF d SKIP LOCKED) AS d),
            taken AS (
                UPDATE hub_delivery d SET lease_until = now() + make_interval(secs => %s), lease_token = %s
                WHERE d.id = ANY(ARRAY(SELECT id FROM due))
                RETURNING d.id, d.endpoint_id, d.attempts, d.event_id, d.previous_sequence, d.position, d.urgent)
            SELECT t.id, t.endpoint_id, t.attempts, t.previous_sequence,
                   e.id, e.public_id, e.type, e.subject, e.sequence, e.time, e.golden_id, e.holders,
                   e.data, e.trace
            FROM taken t CROSS JOIN LATERAL (SELECT * FROM hub_outboxevent e WHERE e.id = t.event_id OFFSET 0) e
            ORDER BY t.urgent DESC, t.position
            """,
            list(wanted),
            list(wanted.values()),
            float(lease_seconds),
            token,
        )
        hold_probes(probes & {row[1] for row in found})
    events = [Fact(*row[4:]) for row in found]
    endpoints = [row[1] for row in found]
    data = told(endpoints, events, completed(endpoints, events, opened(events)))
    return [
        Claimed(row[0], row[1], token, row[2], event, said, row[3], row[1] in probes)
        for row, event, said in zip(found, events, data, strict=True)
    ]


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
