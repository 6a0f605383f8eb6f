"""All that is held, streamed, and how much it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.keyring import opened, unsealed
from hub.restrictions import NOT_RESTRICTED
from hub.sealing import CANONICAL, GOLDEN
from hub.sql import rows
from matching.canonical import from_nested
from matching.jsontext import loads
from matching.records import CanonicalRecord


def crosswalk_rows() -> Iterator[tuple[str, str, str]]:
    """(source system, source id, golden id) of every live record, streamed."""
    for body in golden_bodies(every=True):
        said = loads(body)
        for linked in said["crosswalk"]:
            yield linked["source_system"], linked["source_id"], said["golden_id"]


def golden_bodies(*, every: bool = False) -> Iterator[bytes]:
    """The profile of every live golden record, streamed; ``every`` takes in those under restriction."""
    free = "true" if every else NOT_RESTRICTED
    for page in _pages(
        f"SELECT id, holders, body FROM hub_goldenrecord g WHERE id > %s AND state = 0 AND {free} "
        "ORDER BY id LIMIT 5000"
    ):
        yield from (body for body in unsealed([(m, body) for _, m, body in page], GOLDEN) if body)


def canonical_records() -> Iterator[CanonicalRecord]:
    """Every live source record in canonical form, streamed."""
    for page in _pages(
        """
        SELECT r.id, s.code, r.address, r.canonical FROM hub_sourcerecord r
        JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE r.id > %s AND NOT r.deleted ORDER BY r.id LIMIT 5000
        """
    ):
        said = opened([(address, canonical) for *_, address, canonical in page], CANONICAL)
        for (_, code, *_), canonical in zip(page, said, strict=True):
            if canonical:
                yield from_nested(loads(canonical), source_system=code)


def _pages(sql: str) -> Iterator[list[tuple[Any, ...]]]:
    last = 0
    while page := rows(sql, last):
        yield page
        last = page[-1][0]


def troubled_receivers() -> int:
    """How many receivers of webhooks fail or were disabled."""
    ((found,),) = rows(
        """
        SELECT count(*) FROM hub_endpoint p LEFT JOIN hub_endpointhealth h ON h.endpoint_id = p.id
        WHERE p.state = 'disabled' OR (p.state = 'active' AND h.failing_since IS NOT NULL)
        """
    )
    return int(found)


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
