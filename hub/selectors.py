"""Reading the store: what the doors and the desk show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from hub import events as cloud
from hub.errors import NotFound
from hub.models import GoldenRecord, InboxMessage, OutboxEvent
from hub.sql import rows
from matching.canonical import from_nested
from matching.records import CanonicalRecord
from matching.values import query_terms

_STATES = {0: "live", 1: "retired", 2: "erased"}


@dataclass(frozen=True, slots=True, repr=False)
class GoldenView:
    """A golden record as asked for by id. ``successors`` are the live ids its last members are in now."""

    state: str
    golden_id: str
    version: int
    body: bytes | None
    updated_at: datetime
    successors: list[str]


def golden(public_id: str) -> GoldenView:
    """Raises ``NotFound`` for an id that was never given out."""
    found = rows(
        "SELECT id, state, version, body, updated_at, last_members FROM hub_goldenrecord WHERE public_id = %s",
        public_id,
    )
    if not found:
        raise NotFound("No golden record has this id.")
    _, state, version, body, updated_at, last_members = found[0]
    successors = [] if state != 1 else _homes_of(last_members)
    return GoldenView(_STATES[state], public_id, version, body if state == 0 else None, updated_at, successors)


def _homes_of(record_ids: Sequence[int]) -> list[str]:
    found = rows(
        """
        SELECT g.public_id, count(*) FROM hub_crosswalk c JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE c.record_id = ANY(%b::bigint[]) AND g.state = 0 GROUP BY g.public_id ORDER BY 2 DESC, 1
        """,
        list(record_ids),
    )
    return [row[0] for row in found]


def provenance(public_id: str) -> dict[str, Any]:
    """Where each value of a live golden record came from; raises ``NotFound``."""
    found = rows("SELECT provenance FROM hub_goldenrecord WHERE public_id = %s AND state = 0", public_id)
    if not found:
        raise NotFound("No live golden record has this id.")
    answer: dict[str, Any] = json.loads(found[0][0])
    return answer


def list_golden(*, after: int = 0, limit: int = 100) -> list[tuple[int, bytes]]:
    """(position, stored profile) of live golden records whose position is above ``after``."""
    return [
        (position, body)
        for position, body in rows(
            "SELECT id, body FROM hub_goldenrecord WHERE state = 0 AND id > %s ORDER BY id LIMIT %s", after, limit
        )
    ]


def search_golden(query: str, *, limit: int = 20) -> list[bytes]:
    """Stored profiles whose name, e-mail, phone, identifier or source id starts with ``query``, at most
    ``limit``, the oldest first."""
    terms = query_terms(query)
    patterns = [term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for term in terms]
    found = rows(
        """
        SELECT g.body FROM hub_goldenrecord g
        WHERE g.state = 0 AND g.id IN (
            SELECT t.golden_id FROM unnest(%b::text[]) AS p(pattern)
            CROSS JOIN LATERAL (
                SELECT golden_id FROM hub_goldenterm WHERE term LIKE p.pattern ORDER BY term LIMIT %s
            ) t)
        ORDER BY g.id LIMIT %s
        """,
        patterns,
        limit,
        limit,
    )
    return [row[0] for row in found]


def crosswalk(system: str, source_id: str) -> dict[str, Any]:
    """The golden id of a live record and the other addresses of the same customer; raises ``NotFound``."""
    found = crosswalk_many([(system, source_id)])
    if not found[0]:
        raise NotFound("No live source record has this address.")
    return found[0]


def crosswalk_many(addresses: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
    """As ``crosswalk`` for many, in their order; None where there is none."""
    found = rows(
        """
        SELECT n.place, g.public_id, s2.code, r2.source_id
        FROM unnest(%b::text[], %b::text[]) WITH ORDINALITY AS n(code, source_id, place)
        JOIN hub_sourcesystem s ON s.code = n.code
        JOIN hub_sourcerecord r ON r.system_id = s.id AND r.source_id = n.source_id
        JOIN hub_crosswalk c ON c.record_id = r.id
        JOIN hub_goldenrecord g ON g.id = c.golden_id
        JOIN hub_crosswalk c2 ON c2.golden_id = c.golden_id
        JOIN hub_sourcerecord r2 ON r2.id = c2.record_id
        JOIN hub_sourcesystem s2 ON s2.id = r2.system_id
        ORDER BY n.place, s2.code, r2.source_id
        """,
        [system for system, _ in addresses],
        [source_id for _, source_id in addresses],
    )
    answers: list[dict[str, Any] | None] = [None] * len(addresses)
    for place, golden_id, system, source_id in found:
        own = addresses[place - 1]
        answer = answers[place - 1] or {
            "golden_id": golden_id, "source_system": own[0], "source_id": own[1], "others": [],
        }  # fmt: skip
        if (system, source_id) != own:
            answer["others"].append({"source_system": system, "source_id": source_id})
        answers[place - 1] = answer
    return answers


def message(public_id: str) -> dict[str, Any]:
    """Where an inbox message is (SHAPES: Ingest); raises ``NotFound``."""
    found = (
        InboxMessage.objects.filter(public_id=public_id)
        .values("status", "source_id", "received_at", "resolved_at", "problem", "system__code",
                "record__crosswalk__golden__public_id")
        .first()
    )  # fmt: skip
    if found is None:
        raise NotFound("No message has this id.")
    return {
        "message_id": public_id,
        "source_system": found["system__code"],
        "source_id": found["source_id"],
        "status": InboxMessage.Status(found["status"]).label,
        "golden_id": found["record__crosswalk__golden__public_id"],
        "received_at": cloud.rfc3339(found["received_at"]),
        "resolved_at": cloud.rfc3339(found["resolved_at"]) if found["resolved_at"] else None,
        "problem": found["problem"],
    }


def outcome_of(public_id: str) -> tuple[int, str | None]:
    """(status, golden id) of an inbox message, by one prepared statement: somebody waits for it."""
    ((status, golden_id),) = rows(
        """
        SELECT m.status, g.public_id FROM hub_inboxmessage m
        LEFT JOIN hub_crosswalk c ON c.record_id = m.record_id LEFT JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE m.public_id = %s
        """,
        public_id,
    )
    return status, golden_id


def events(*, after: int = 0, limit: int = 100) -> tuple[list[dict[str, Any]], int]:
    """The sealed events behind position ``after`` as CloudEvents, and the position to go on from."""
    found = list(OutboxEvent.objects.filter(position__gt=after).order_by("position")[:limit])
    return [cloud.envelope(event) for event in found], (found[-1].position or after) if found else after


def crosswalk_rows() -> Iterator[tuple[str, str, str]]:
    """(source system, source id, golden id) of every live record, streamed."""
    return _paged(
        """
        SELECT r.id, s.code, r.source_id, g.public_id FROM hub_sourcerecord r
        JOIN hub_sourcesystem s ON s.id = r.system_id JOIN hub_crosswalk c ON c.record_id = r.id
        JOIN hub_goldenrecord g ON g.id = c.golden_id WHERE r.id > %s AND NOT r.deleted ORDER BY r.id LIMIT 20000
        """
    )


def golden_bodies() -> Iterator[tuple[bytes]]:
    """The stored profile of every live golden record, streamed."""
    return _paged("SELECT id, body FROM hub_goldenrecord WHERE id > %s AND state = 0 ORDER BY id LIMIT 5000")


def canonical_records() -> Iterator[CanonicalRecord]:
    """Every live source record in canonical form, streamed."""
    for code, canonical in _paged(
        """
        SELECT r.id, s.code, r.canonical FROM hub_sourcerecord r JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE r.id > %s AND NOT r.deleted ORDER BY r.id LIMIT 5000
        """
    ):
        yield from_nested(json.loads(canonical), source_system=code)


def _paged(sql: str) -> Iterator[tuple[Any, ...]]:
    last = 0
    while page := rows(sql, last):
        for row in page:
            yield row[1:]
        last = page[-1][0]


def progress() -> Mapping[str, int]:
    """How far the hub is: messages by status, live records, golden records, open reviews, events."""
    names = ("waiting", "dead_letters", "records", "golden_records", "open_reviews", "events", "unsealed")
    found = rows(
        """
        SELECT (SELECT count(*) FROM hub_inboxmessage WHERE status = 0),
               (SELECT count(*) FROM hub_inboxmessage WHERE status = 3),
               (SELECT count(*) FROM hub_sourcerecord WHERE NOT deleted),
               (SELECT count(*) FROM hub_goldenrecord WHERE state = 0),
               (SELECT count(*) FROM hub_review WHERE state = 'open'),
               (SELECT count(*) FROM hub_outboxevent),
               (SELECT count(*) FROM hub_outboxevent WHERE position IS NULL)
        """
    )
    return dict(zip(names, found[0], strict=True))


def golden_by_ids(public_ids: Sequence[str]) -> list[GoldenRecord]:
    """Live golden records in the order asked for; raises ``NotFound`` where one is not live."""
    found = {g.public_id: g for g in GoldenRecord.objects.filter(Q(public_id__in=public_ids), state=0)}
    if missing := [x for x in public_ids if x not in found]:
        raise NotFound(f"No live golden record has the id {missing[0]}.")
    return [found[x] for x in public_ids]
