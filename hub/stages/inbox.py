"""Claiming inbox messages under a lease, and saying what became of them.

Every time is the database's: a worker whose clock is off claims nothing early and holds nothing long. The
lease's token is a fence: who lost the lease cannot mark the message. It also names the database session that
claimed, so that what a dead worker held is taken back as soon as PostgreSQL has seen its session go.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from itertools import takewhile
from time import monotonic
from typing import Any

from hub.errors import LostLease
from hub.flow import Message
from hub.models.inbox import Lane
from hub.sql import count, rows

# A database session as 31 bits: its server process, and when the server began, because a server that is started
# anew in a container counts its processes from the beginning. Both can be read without privileges. Two sessions
# may share a number: then a dead one's messages wait for the time of the lease to run out.
_SESSION = "(hashint8extended({pid}, extract(epoch FROM pg_postmaster_start_time())::bigint) & 2147483647)"
_OWN_SESSION = _SESSION.format(pid="pg_backend_pid()")
_LIVE_SESSION = _SESSION.format(pid="pid")
# Claimed messages are the oldest of their lane, and become so again when those around them are resolved: a look at
# the front of each lane finds all of them in time, however many wait behind.
FRONT = 5000
# A batch that takes longer than this many leases is taken for stuck.
LONGEST_IN_LEASES = 10

_WORKER_GONE = "/problems/worker-gone"

# What each thread of this process has claimed: message ids, token, when it was claimed and when last renewed.
_in_hand: dict[int, tuple[list[int], int, float, float]] = {}


def claim(*, lane: Lane, limit: int, lease_seconds: int) -> list[Message]:
    """Up to ``limit`` due messages of the lane, oldest first, leased to the caller.

    A message that was tried before is claimed alone, when it is the oldest, so that one bad message holds up no batch.
    """
    found = rows(
        """
        SELECT id, attempts FROM hub_inboxmessage
        WHERE status = 0 AND lane = %s AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        int(lane),
        limit,
    )
    if not found:
        return []
    first = [message_id for message_id, _ in takewhile(lambda row: row[1] == 0, found)]
    return _lease(first or [found[0][0]], seconds=lease_seconds)


def claim_one(public_id: str, *, lease_seconds: int) -> Message | None:
    """This message, leased to the caller, whatever its lane; None where it does not wait or somebody holds it.

    The transaction does not wait for the disk at its end: a lease that is lost with the server is nobody's.
    """
    chosen = rows(
        """
        SELECT id, set_config('synchronous_commit', 'off', true) FROM hub_inboxmessage
        WHERE public_id = %s AND status = 0 AND next_attempt_at <= now()
              AND (lease_until IS NULL OR lease_until < now())
        FOR UPDATE SKIP LOCKED
        """,
        public_id,
    )
    return _lease([chosen[0][0]], seconds=lease_seconds)[0] if chosen else None


def _lease(ids: Sequence[int], *, seconds: int) -> list[Message]:
    """Lease messages whose rows the caller has locked."""
    found = rows(
        f"""
        UPDATE hub_inboxmessage m
        SET lease_until = now() + make_interval(secs => %s), lease_token = {_OWN_SESSION} << 31 | %s,
            attempts = attempts + 1
        FROM hub_sourcesystem s
        WHERE m.id = ANY(%b::bigint[]) AND s.id = m.system_id
        RETURNING m.id, m.public_id, m.system_id, m.address, s.code, s.scope, m.mapping, m.part, m.payload,
                  m.received_at, m.attempts, m.lease_token, m.trace
        """,
        seconds,
        secrets.randbits(31),
        list(ids),
    )
    claimed = sorted((Message(*row) for row in found), key=lambda message: message.id)
    now = monotonic()
    _in_hand[threading.get_ident()] = ([m.id for m in claimed], claimed[0].token, now, now)
    return claimed


def resolved(messages: Sequence[Message], record_of: Mapping[int, int]) -> None:
    """Mark messages resolved; raises ``LostLease`` where another worker took one over."""
    written = count(
        """
        UPDATE hub_inboxmessage m
        SET status = 1, resolved_at = now(), record_id = n.record_id, lease_until = NULL, lease_token = NULL,
            problem = NULL
        FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[]) AS n(id, record_id, token)
        WHERE m.id = n.id AND m.status = 0 AND m.lease_token = n.token
        """,
        [m.id for m in messages],
        [record_of[m.id] for m in messages],
        [m.token for m in messages],
    )
    if written != len(messages):
        raise LostLease


def give_back(
    messages: Sequence[Message], *, problem: Mapping[str, Any], max_attempts: int, count_it: bool, rest: float = 0.0
) -> None:
    """Let go of messages whose batch failed; they come back later, after ``rest`` seconds at least, and after
    ``max_attempts`` are dead letters.

    ``count_it`` is false where the fault was not the messages' (a server away, a lease lost).
    """
    rows(
        """
        UPDATE hub_inboxmessage
        SET attempts = attempts - CASE WHEN %s THEN 0 ELSE 1 END,
            status = CASE WHEN %s AND attempts >= %s THEN 3 ELSE 0 END,
            problem = %s::jsonb, lease_until = NULL, lease_token = NULL,
            next_attempt_at = now() + make_interval(
                secs => greatest(CASE WHEN attempts <= 1 THEN 0 ELSE 2 ^ attempts END, %s))
        WHERE id = ANY(%b::bigint[]) AND status = 0 AND lease_token = %s
        """,
        count_it,
        count_it,
        max_attempts,
        json.dumps(problem),
        rest,
        [m.id for m in messages],
        messages[0].token,
    )


def dead_letter(message: Message, *, problem: Mapping[str, Any]) -> None:
    """Give a message up at once: trying again would end the same. It can be replayed."""
    rows(
        """
        UPDATE hub_inboxmessage SET status = 3, problem = %s::jsonb, lease_until = NULL, lease_token = NULL
        WHERE id = %s AND status = 0 AND lease_token = %s
        """,
        json.dumps(problem),
        message.id,
        message.token,
    )


def reject(messages: Sequence[Message], *, problem: Mapping[str, Any]) -> None:
    """Refuse messages for good, with nothing left of what they held."""
    rows(
        """
        UPDATE hub_inboxmessage m SET status = 2, problem = %s::jsonb, payload = '', address = '', dedupe = NULL,
               record_id = NULL, lease_until = NULL, lease_token = NULL
        FROM unnest(%b::bigint[], %b::bigint[]) AS n(id, token)
        WHERE m.id = n.id AND m.status = 0 AND m.lease_token = n.token
        """,
        json.dumps(problem),
        [m.id for m in messages],
        [m.token for m in messages],
    )


def due() -> list[Lane]:
    """The lanes that hold a message which somebody could claim now, most urgent first. A lane that a first load
    holds is left to it."""
    found = rows(
        """
        SELECT lane FROM (VALUES (0), (1), (2)) AS l(lane)
        WHERE NOT EXISTS (SELECT 1 FROM hub_lanehold h WHERE h.lane = l.lane AND h.until > now())
              AND EXISTS (SELECT 1 FROM hub_inboxmessage m WHERE m.status = 0 AND m.lane = l.lane
                          AND m.next_attempt_at <= now() AND (m.lease_until IS NULL OR m.lease_until < now()))
        ORDER BY lane
        """
    )
    return [Lane(row[0]) for row in found]


def let_go() -> None:
    """Have nothing renewed that this thread claimed: it is done with it, or has given up."""
    _in_hand.pop(threading.get_ident(), None)


def renew(*, lease_seconds: int) -> int:
    """Prolong the leases of batches that this process still works on; how many messages.

    Asks the database only where a batch took a third of its lease already.
    """
    now = monotonic()
    done = 0
    for thread, (ids, token, since, renewed) in list(_in_hand.items()):
        if now - renewed < lease_seconds / 3 or now - since > lease_seconds * LONGEST_IN_LEASES:
            continue
        done += count(
            """
            WITH held AS (SELECT id FROM hub_inboxmessage WHERE id = ANY(%b::bigint[]) AND status = 0
                          AND lease_token = %s ORDER BY id FOR UPDATE SKIP LOCKED)
            UPDATE hub_inboxmessage m SET lease_until = now() + make_interval(secs => %s)
            FROM held WHERE m.id = held.id
            """,
            ids,
            token,
            lease_seconds,
        )
        if _in_hand.get(thread, ([], 0))[1] == token:
            _in_hand[thread] = (ids, token, since, now)
    return done


def take_back(*, max_attempts: int) -> int:
    """Free the messages whose claimer's database session is gone; how many.

    A batch whose worker died is tried once more as a batch. If that worker dies as well, its messages are tried one
    by one, and the one that kills ``max_attempts`` workers becomes a dead letter. Not to be called in a transaction
    that has looked at the sessions before: PostgreSQL would show it the same ones again.
    """
    problem = {"type": _WORKER_GONE, "title": "The worker that had the record was gone",
               "detail": "It will be tried again."}  # fmt: skip
    return count(
        f"""
        WITH leased AS MATERIALIZED (
            SELECT m.id, m.lease_token
            FROM (VALUES (0), (1), (2)) AS l(lane) CROSS JOIN LATERAL (
                SELECT id, lease_token FROM hub_inboxmessage
                WHERE status = 0 AND hub_inboxmessage.lane = l.lane ORDER BY id LIMIT {FRONT}
            ) m
            WHERE m.lease_token IS NOT NULL
        ), orphaned AS (
            SELECT m.id, m.attempts <= 1 AND m.problem->>'type' IS DISTINCT FROM %s AS first
            FROM hub_inboxmessage m JOIN leased l ON l.id = m.id AND l.lease_token = m.lease_token
            WHERE m.status = 0 AND l.lease_token >> 31 <> ALL(
                ARRAY(SELECT {_LIVE_SESSION} FROM pg_stat_activity WHERE pid IS NOT NULL))
            ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
        )
        UPDATE hub_inboxmessage m
        SET attempts = CASE WHEN o.first THEN 0 ELSE m.attempts END,
            status = CASE WHEN NOT o.first AND m.attempts >= %s THEN 3 ELSE 0 END,
            problem = %s::jsonb, lease_until = NULL, lease_token = NULL
        FROM orphaned o WHERE m.id = o.id
        """,
        _WORKER_GONE,
        max_attempts,
        json.dumps(problem),
    )
