"""Golden records by their ids and in their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from hub.errors import NotFound, Unavailable
from hub.keyring import unsealed
from hub.models import GoldenRecord
from hub.reach import EVERYBODY, Reach
from hub.restrictions import NOT_RESTRICTED
from hub.sealing import GOLDEN, PROVENANCE
from hub.sql import rows
from matching.jsontext import loads

# Of source systems that were given none.
MAIN_SCOPE = "main"
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
    restricted: bool = False


def golden(public_id: str, *, reach: Reach = EVERYBODY) -> GoldenView:
    """Raises ``NotFound`` for an id that was never given out, or is out of ``reach``."""
    found = rows(
        f"SELECT state, version, holders, body, updated_at, last_members, scope, {NOT_RESTRICTED} "
        "FROM hub_goldenrecord g WHERE public_id = %s",
        public_id,
    )
    if not found or not reach.sees(found[0][6]):
        raise NotFound("No golden record has this id.")
    state, version, members, sealed, updated_at, last_members, _, free = found[0]
    successors = [] if state != 1 else _homes_of(last_members)
    body = None
    if state == 0:
        (body,) = unsealed([(members, sealed)], GOLDEN)
        if body is None:
            raise Unavailable("A record of this customer is being erased: ask again in a moment.")
    return GoldenView(_STATES[state], public_id, version, body, updated_at, successors, not free)


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
    found = rows("SELECT holders, provenance FROM hub_goldenrecord WHERE public_id = %s AND state = 0", public_id)
    if not found:
        raise NotFound("No live golden record has this id.")
    (said,) = unsealed(found, PROVENANCE)
    answer: dict[str, Any] = loads(said) if said else {}
    return answer


def profiles(goldens: Iterable[GoldenRecord]) -> list[dict[str, Any]]:
    """What the API says of each of these golden records, in their order; empty for one that is not live or cannot be
    read any more."""
    found = list(goldens)
    return [loads(body) if body else {} for body in unsealed([(g.holders, bytes(g.body)) for g in found], GOLDEN)]


def list_golden(*, after: int = 0, limit: int = 100, reach: Reach = EVERYBODY) -> list[tuple[int, bytes]]:
    """(position, stored profile) of live golden records in ``reach`` whose position is above ``after``."""
    within, scopes = reach.goldens("g")
    found = rows(
        f"SELECT id, holders, body FROM hub_goldenrecord g WHERE state = 0 AND id > %s AND {NOT_RESTRICTED} "
        f"AND {within} ORDER BY id LIMIT %s",
        after,
        *scopes,
        limit,
    )
    bodies = unsealed([(members, body) for _, members, body in found], GOLDEN)
    return [(position, body) for (position, *_), body in zip(found, bodies, strict=True) if body]


def consents_in_force(goldens: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The consents of live golden records by their ids, as a golden profile shows them."""
    found = rows(
        "SELECT id, holders, body FROM hub_goldenrecord WHERE id = ANY(%b::bigint[]) AND state = 0", sorted(goldens)
    )
    bodies = unsealed([(holders, body) for _, holders, body in found], GOLDEN)
    return {pk: loads(body)["consents"] for (pk, *_), body in zip(found, bodies, strict=True) if body is not None}


def is_scope(name: str) -> bool:
    """Whether some source system is of this scope."""
    return bool(rows("SELECT 1 FROM hub_sourcesystem WHERE scope = %s LIMIT 1", name)) or name == MAIN_SCOPE


def golden_by_ids(public_ids: Sequence[str]) -> list[GoldenRecord]:
    """Live golden records in the order asked for; raises ``NotFound`` where one is not live."""
    found = {g.public_id: g for g in GoldenRecord.objects.filter(Q(public_id__in=public_ids), state=0)}
    if missing := [x for x in public_ids if x not in found]:
        raise NotFound(f"No live golden record has the id {missing[0]}.")
    return [found[x] for x in public_ids]
