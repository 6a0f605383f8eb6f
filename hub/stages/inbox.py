"""Claiming inbox messages under a lease, and saying what became of them.

Every time is the database's: a worker whose clock is off claims nothing early and holds nothing long. The
lease's token is a fence: who lost the lease cannot mark the message.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import LostLease
from hub.flow import Message
from hub.models.inbox import Lane
from hub.sql import count, rows


def claim(*, lane: Lane, limit: int, lease_seconds: int) -> list[Message]:
    """Up to ``limit`` due messages of the lane, oldest first, leased to the caller.

    A message that was tried before is claimed alone, so that one bad message holds up no batch.
    """
    token = secrets.randbits(62)
    retried = rows(
        """
        SELECT id FROM hub_inboxmessage
        WHERE status = 0 AND lane = %s AND attempts > 0 AND next_attempt_at <= now()
              AND (lease_until IS NULL OR lease_until < now())
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        """,
        int(lane),
    )
    chosen = retried or rows(
        """
        SELECT id FROM hub_inboxmessage
        WHERE status = 0 AND lane = %s AND attempts = 0 AND next_attempt_at <= now() AND lease_until IS NULL
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        int(lane),
        limit,
    )
    if not chosen:
        return []
    found = rows(
        """
        UPDATE hub_inboxmessage m
        SET lease_until = now() + make_interval(secs => %s), lease_token = %s, attempts = attempts + 1
        FROM hub_sourcesystem s
        WHERE m.id = ANY(%b::bigint[]) AND s.id = m.system_id
        RETURNING m.id, m.public_id, m.system_id, s.code, s.scope, m.mapping, m.part, m.payload, m.received_at,
                  m.attempts
        """,
        lease_seconds,
        token,
        [row[0] for row in chosen],
    )
    return sorted((Message(*(*row, token)) for row in found), key=lambda message: message.id)


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


def give_back(messages: Sequence[Message], *, problem: Mapping[str, Any], max_attempts: int, count_it: bool) -> None:
    """Let go of messages whose batch failed; they come back later, and after ``max_attempts`` are dead letters.

    ``count_it`` is false where the fault was not the messages' (a server away, a lease lost).
    """
    rows(
        """
        UPDATE hub_inboxmessage
        SET attempts = attempts - CASE WHEN %s THEN 0 ELSE 1 END,
            status = CASE WHEN %s AND attempts >= %s THEN 3 ELSE 0 END,
            problem = %s::jsonb, lease_until = NULL, lease_token = NULL,
            next_attempt_at = now() + make_interval(secs => CASE WHEN attempts <= 1 THEN 0 ELSE 2 ^ attempts END)
        WHERE id = ANY(%b::bigint[]) AND status = 0 AND lease_token = %s
        """,
        count_it,
        count_it,
        max_attempts,
        json.dumps(problem),
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


def due() -> list[Lane]:
    """The lanes that hold a message which somebody could claim now, most urgent first."""
    found = rows(
        """
        SELECT lane FROM (VALUES (0), (1), (2)) AS l(lane)
        WHERE EXISTS (SELECT 1 FROM hub_inboxmessage m WHERE m.status = 0 AND m.lane = l.lane
                      AND m.next_attempt_at <= now() AND (m.lease_until IS NULL OR m.lease_until < now()))
        ORDER BY lane
        """
    )
    return [Lane(row[0]) for row in found]
