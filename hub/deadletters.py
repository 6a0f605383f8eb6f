"""Dead letters: what was given up, of the inbox and of deliveries, by cause; and another try for it.

    groups()                          how many there are of each cause
    letters(cause)                    the single ones: ids, times, tries and the problem; never what they hold
    rehearse(ids), replay(ids)        what would become of them, and another try

A cause is a class of failure (``hub.failures``) and the type of problem or failure: ``permanent.invalid-record``,
``transient.timeout``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from hub import audit, failures
from hub.errors import InvalidRecord, NotFound
from hub.failures import Failure
from hub.flow import Message
from hub.models.inbox import Lane
from hub.ports import ring
from hub.reach import EVERYBODY, Reach
from hub.sql import rows
from hub.stages import ingest

INBOX, DELIVERY = "inbox", "delivery"
KINDS = (INBOX, DELIVERY)
# So many at once are replayed, or looked at.
MOST = 1000

_TYPE = "replace(m.problem->>'type', '/problems/', '')"
_ERROR = "coalesce(nullif(d.error, ''), 'internal')"
_MESSAGES = "hub_inboxmessage m JOIN hub_sourcesystem s ON s.id = m.system_id WHERE m.status = 3"
_DELIVERIES = """hub_delivery d JOIN hub_outboxevent e ON e.id = d.event_id JOIN hub_endpoint p ON p.id = d.endpoint_id
                 LEFT JOIN hub_goldenrecord g ON g.id = e.golden_id WHERE d.state = 2"""


@dataclass(frozen=True, slots=True)
class Group:
    """Dead letters of one cause; ``example`` is the id of the oldest."""

    cause: str
    kind: str
    count: int
    oldest_at: datetime
    newest_at: datetime
    example: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter, without what it holds. ``place`` is where it stands in the list of its cause."""

    place: int
    id: str
    kind: str
    cause: str
    at: datetime
    attempts: int
    problem: Mapping[str, Any]
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of a dead letter, or became of it. ``outcome``: would_resolve, would_send, replayed, problem
    (it would end as before), not_dead (there is no such dead letter). ``note`` says more where there is more to say."""

    id: str
    outcome: str
    problem: Mapping[str, Any] | None = None
    note: str = ""


def groups(kind: str | None = None, *, reach: Reach = EVERYBODY) -> list[Group]:
    """The causes, those of the inbox first, the most frequent ones first."""
    found: list[Group] = []
    if kind in (None, INBOX):
        within, params = _within(reach, "s")
        found += [
            Group(failures.cause_of_problem(name), INBOX, *rest)
            for name, *rest in rows(
                f"SELECT {_TYPE}, count(*), min(m.received_at), max(m.received_at), min(m.public_id) "
                f"FROM {_MESSAGES} AND {within} GROUP BY 1 ORDER BY 2 DESC, 1",
                *params,
            )
        ]
    if kind in (None, DELIVERY):
        within, params = _within(reach, "g")
        found += [
            Group(failures.cause_of_answer(name), DELIVERY, *rest)
            for name, *rest in rows(
                f"SELECT {_ERROR}, count(*), min(d.next_attempt_at), max(d.next_attempt_at), min(d.public_id) "
                f"FROM {_DELIVERIES} AND {within} GROUP BY 1 ORDER BY 2 DESC, 1",
                *params,
            )
        ]
    return found


def letters(cause: str, *, after: int = 0, limit: int = 100, reach: Reach = EVERYBODY) -> list[Letter]:
    """Dead letters of this cause, oldest first, behind the place ``after``; raises ``NotFound`` for what is no
    cause."""
    kind, name = named(cause)
    if kind == INBOX:
        within, params = _within(reach, "s")
        found = rows(
            f"SELECT m.id, m.public_id, m.received_at, m.attempts, m.problem, s.code FROM {_MESSAGES} "
            f"AND m.id > %s AND {_TYPE} = %s AND {within} ORDER BY m.id LIMIT %s",
            after, name, *params, limit,
        )  # fmt: skip
        return [
            Letter(place, public_id, INBOX, cause, at, attempts, problem, {"source_system": code})
            for place, public_id, at, attempts, problem, code in found
        ]
    within, params = _within(reach, "g")
    found = rows(
        f"SELECT d.id, d.public_id, d.next_attempt_at, d.attempts, e.public_id, e.type, e.subject, e.sequence, "
        f"p.public_id FROM {_DELIVERIES} AND d.id > %s AND {_ERROR} = %s AND {within} ORDER BY d.id LIMIT %s",
        after, name, *params, limit,
    )  # fmt: skip
    about = ("event_id", "event_type", "golden_id", "sequence", "endpoint_id")
    return [
        Letter(place, public_id, DELIVERY, cause, at, attempts, _failed(name), dict(zip(about, rest, strict=True)))
        for place, public_id, at, attempts, *rest in found
    ]


def named(cause: str) -> tuple[str, str]:
    """(kind, type of problem or failure) of a cause; raises ``NotFound`` for what is none."""
    name = failures.name_in(cause)
    if name is None:
        raise NotFound("No dead letters have this cause.")
    return (DELIVERY if failures.is_of_answer(name) else INBOX), name


def ids_of(cause: str, *, limit: int = MOST, after: int = 0, reach: Reach = EVERYBODY) -> list[str]:
    """Ids of dead letters of this cause, oldest first."""
    return [letter.id for letter in letters(cause, after=after, limit=limit, reach=reach)]


def _failed(error: str) -> dict[str, Any]:
    return {"type": f"/problems/{error}", "title": "The receiver did not take it"}


def _within(reach: Reach, alias: str) -> tuple[str, list[Any]]:
    return reach.goldens(alias)  # source systems and golden records name their scope alike


def rehearse(ids: Sequence[str], *, reach: Reach = EVERYBODY) -> list[Verdict]:
    """What would become of each of these dead letters, were it tried again now. Nothing is stored."""
    said = {**_messages_rehearsed(ids, reach), **_deliveries_rehearsed(ids, reach)}
    return [said.get(public_id) or Verdict(public_id, "not_dead") for public_id in ids]


def _messages_rehearsed(ids: Sequence[str], reach: Reach) -> dict[str, Verdict]:
    within, params = _within(reach, "s")
    found = rows(
        "SELECT m.id, m.public_id, m.system_id, m.address, s.code, s.scope, m.mapping, m.part, m.payload, "
        f"m.received_at, m.attempts, 0 FROM {_MESSAGES} AND m.public_id = ANY(%b::text[]) AND {within}",
        list(ids), *params,
    )  # fmt: skip
    messages = [Message(*row) for row in found]
    said = {}
    for message, payload in zip(messages, ingest.opened(messages), strict=True):
        try:
            ingest.record_in(message, payload)
            said[message.public_id] = Verdict(message.public_id, "would_resolve")
        except InvalidRecord as error:
            said[message.public_id] = Verdict(message.public_id, "problem", ingest.problem(error))
    return said


_STATES = {"paused": "The endpoint is paused: it waits.", "disabled": "The endpoint is disabled: it waits."}
_LATE = "A later event of this golden id was delivered: the receiver knows by the sequence that this one is older."


def _deliveries_rehearsed(ids: Sequence[str], reach: Reach) -> dict[str, Verdict]:
    within, params = _within(reach, "g")
    found = rows(
        f"""
        SELECT d.public_id, p.state, EXISTS (
            SELECT 1 FROM hub_delivery l WHERE l.endpoint_id = d.endpoint_id AND l.golden_id = d.golden_id
                                           AND l.position > d.position AND l.state = 1)
        FROM {_DELIVERIES} AND d.public_id = ANY(%b::text[]) AND {within}
        """,
        list(ids), *params,
    )  # fmt: skip
    return {
        public_id: Verdict(public_id, "would_send", note=_STATES.get(state, "") or (_LATE if late else ""))
        for public_id, state, late in found
    }


def replay(ids: Sequence[str], *, by: str, reach: Reach = EVERYBODY) -> list[Verdict]:
    """Have these dead letters tried again from the beginning; ``by`` is the actor for the audit. What is no dead
    letter (any more) is left alone."""
    within_s, scopes = _within(reach, "s")
    within_g, scopes_g = _within(reach, "g")
    with transaction.atomic():
        messages = rows(
            f"""
            WITH held AS (SELECT m.id, {_TYPE} AS type FROM {_MESSAGES} AND m.public_id = ANY(%b::text[]) AND {within_s}
                          ORDER BY m.id FOR UPDATE OF m)
            UPDATE hub_inboxmessage m
            SET status = 0, next_attempt_at = now(), lease_until = NULL, lease_token = NULL, problem = NULL,
                attempts = CASE WHEN h.type = ANY(%b::text[]) THEN 0 ELSE 1 END
            FROM held h WHERE m.id = h.id RETURNING m.public_id, m.lane
            """,
            list(ids), *scopes, failures.problems_not(Failure.POISON),
        )  # fmt: skip
        deliveries = rows(
            f"""
            WITH held AS (SELECT d.id FROM {_DELIVERIES} AND d.public_id = ANY(%b::text[]) AND {within_g}
                          ORDER BY d.id FOR UPDATE OF d)
            UPDATE hub_delivery d
            SET state = 0, attempts = 0, next_attempt_at = now(), lease_until = NULL, lease_token = NULL,
                replayed_at = now()
            FROM held h WHERE d.id = h.id RETURNING d.public_id
            """,
            list(ids), *scopes_g,
        )  # fmt: skip
        done = {row[0] for row in (*messages, *deliveries)}
        if done:
            subject = next(iter(done)) if len(done) == 1 else "dead_letters"
            audit.note("dead_letters.replayed", actor=by, subject=subject, messages=len(messages),
                       deliveries=len(deliveries))  # fmt: skip
        for lane in {row[1] for row in messages}:
            transaction.on_commit(partial(ring, Lane(lane)))
    return [Verdict(public_id, "replayed" if public_id in done else "not_dead") for public_id in ids]
