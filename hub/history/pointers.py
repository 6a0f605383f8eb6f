"""Versions of golden records as they are kept: which records, by which messages, from when until when, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from hub.errors import NotFound
from hub.models import GoldenRecord
from hub.sql import rows


@dataclass(frozen=True, slots=True)
class Id:
    """A golden id, as it is now."""

    id: int
    public_id: str
    state: int

    @property
    def erased(self) -> bool:
        return self.state == GoldenRecord.State.ERASED


@dataclass(frozen=True, slots=True)
class Pointer:
    """One version. ``until`` is None for the present one; ``end`` says what retired the golden record, if it was."""

    golden: int
    version: int
    since: datetime
    until: datetime | None
    members: tuple[int, ...]
    messages: tuple[int, ...]
    cause: tuple[str, str]
    policy: int | None
    content_hash: bytes
    end: tuple[str, str] | None = None


# What is kept of past versions, and of the present one where it is live.
_EVERY = """
    SELECT golden_id, version, since, until, holders, messages, cause_type, cause_ref, policy, content_hash, end_type,
           end_ref
    FROM hub_goldenversion WHERE golden_id = %s
    UNION ALL
    SELECT id, version, updated_at, NULL, holders, messages, cause_type, cause_ref, policy, content_hash, '', ''
    FROM hub_goldenrecord WHERE id = %s AND state = 0
"""


def find(public_id: str) -> Id:
    """Raises ``NotFound`` for an id that was never given out."""
    found = rows("SELECT id, public_id, state FROM hub_goldenrecord WHERE public_id = %s", public_id)
    if not found:
        raise NotFound("No golden record has this id.")
    return Id(*found[0])


def versions(golden: int, *, below: int = 2**31 - 1, limit: int = 2**31 - 1) -> list[Pointer]:
    """Versions lower than ``below``, the newest first."""
    found = rows(
        f"SELECT * FROM ({_EVERY}) v WHERE version < %s ORDER BY version DESC LIMIT %s", golden, golden, below, limit
    )
    return [_pointer(*row) for row in found]


def at(golden: int, instant: datetime) -> Pointer | None:
    """The version in force at the instant; None where there was none, or the golden record was retired."""
    found = rows(
        f"SELECT * FROM ({_EVERY}) v WHERE since <= %s AND (until > %s OR until IS NULL) ORDER BY version DESC LIMIT 1",
        golden, golden, instant, instant,
    )  # fmt: skip
    return _pointer(*found[0]) if found else None


def before(golden: int, instant: datetime) -> Pointer | None:
    """The last version that ended by the instant; None before the first began."""
    found = rows(f"SELECT * FROM ({_EVERY}) v WHERE until <= %s ORDER BY version DESC LIMIT 1", golden, golden, instant)
    return _pointer(*found[0]) if found else None


def _pointer(
    golden: int, version: int, since: datetime, until: datetime | None, members: list[int], messages: list[int],
    cause_type: str, cause_ref: str, policy: int | None, content_hash: bytes, end_type: str, end_ref: str,
) -> Pointer:  # fmt: skip
    return Pointer(golden, version, since, until, tuple(members), tuple(messages), (cause_type, cause_ref), policy,
                   content_hash, (end_type, end_ref) if end_type else None)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """Of which golden record (its public id) a source record was; ``until`` is None for the present link."""

    record: int
    golden: str
    since: datetime
    until: datetime | None


# Of an erased golden record no link is told, whatever is left of them.
_LINKS = """
    SELECT l.record_id, g.public_id, l.since, l.until FROM (
        SELECT record_id, golden_id, since, until FROM hub_pastlink WHERE record_id = ANY(%b::bigint[])
        UNION ALL
        SELECT record_id, golden_id, linked_at, NULL FROM hub_crosswalk
        WHERE record_id = ANY(%b::bigint[]) AND golden_id IS NOT NULL
    ) l JOIN hub_goldenrecord g ON g.id = l.golden_id AND g.state <> 2
"""


def links(record_ids: Collection[int]) -> list[Link]:
    """Where these records ever were, each in its order."""
    ids = sorted(record_ids)
    return [Link(*row) for row in rows(f"{_LINKS} ORDER BY l.record_id, l.since", ids, ids)]


def links_at(record_ids: Collection[int], instant: datetime) -> dict[int, str]:
    """The golden record (public id) that each of these records was in at the instant; one that was in none is left
    out."""
    ids = sorted(record_ids)
    found = rows(f"{_LINKS} WHERE l.since <= %s AND (l.until > %s OR l.until IS NULL)", ids, ids, instant, instant)
    return {record: golden for record, golden, *_ in found}
