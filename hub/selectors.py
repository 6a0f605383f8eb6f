"""Reading the store: what the doors and the desk show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from hub.errors import NotFound, Stale, Unavailable
from hub.events import rfc3339
from hub.keyring import address, opened, query_tokens, unsealed
from hub.models import GoldenRecord, InboxMessage, Judgement, Review
from hub.ports import mapping
from hub.reach import EVERYBODY, Reach
from hub.restrictions import NOT_RESTRICTED
from hub.sealing import CANONICAL, GOLDEN, PAYLOAD, PROVENANCE, REASON
from hub.sql import rows
from matching.canonical import from_nested, to_nested
from matching.jsontext import loads
from matching.records import CanonicalRecord
from matching.values import query_terms, search_terms

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


def search_golden(
    query: str, *, limit: int = 20, kinds: Collection[str] = "nepis", reach: Reach = EVERYBODY,
    lets: Callable[[str, str], bool] | None = None,
) -> list[bytes]:  # fmt: skip
    """Stored profiles whose name or e-mail starts with ``query`` (three letters or a whole word of it at least), or
    whose phone, identifier or source id it is; at most ``limit``, the oldest first. ``kinds`` are the letters of the
    search terms (``matching.values.search_terms``) that may be found by, and ``lets`` says of a letter and a source
    system whether its records may be found by it.

    The store knows terms by blind tokens alone: of the whole, of a name's first word, and of the first letters. What
    was found by those is opened and compared with all that was asked, ``_LOOKED_AT`` customers at most.
    """
    terms = [term for term in query_terms(query) if term[0] in kinds]
    if not terms:
        return []
    within, scopes = reach.goldens("t")
    # Only where it is asked for: the scope is looked up for each of those that a token finds.
    homes = "" if within == "true" else f"JOIN hub_goldenrecord t ON t.id = m.golden_id AND {within}"
    found = rows(
        f"""
        SELECT g.id, g.holders, g.body FROM hub_goldenrecord g
        WHERE g.state = 0 AND {NOT_RESTRICTED} AND g.id IN (
            SELECT t.golden_id FROM unnest(%b::bigint[]) AS q(token)
            CROSS JOIN LATERAL (
                SELECT m.golden_id FROM hub_goldenterm m {homes} WHERE m.token = q.token ORDER BY m.golden_id LIMIT %s
            ) t)
        ORDER BY g.id
        """,
        query_tokens(terms),
        *scopes,
        _LOOKED_AT,
    )
    out: list[bytes] = []
    for start in range(0, len(found), _OPENED_AT_ONCE):
        part = found[start : start + _OPENED_AT_ONCE]
        said = _terms_of({record for _, members, _ in part for record in members}, lets)
        wanted = [
            (members, body)
            for _, members, body in part
            if any(held.startswith(term) for record in members for held in said.get(record, ()) for term in terms)
        ]
        out += [body for body in unsealed(wanted, GOLDEN) if body]
        if len(out) >= limit:
            break
    return out[:limit]


_LOOKED_AT = 400
_OPENED_AT_ONCE = 40


def _terms_of(record_ids: Collection[int], lets: Callable[[str, str], bool] | None) -> dict[int, list[str]]:
    """What each of these records can be found by, in clear."""
    return {
        record: [term for term in search_terms(said) if lets is None or lets(term[0], said.source_system)]
        for record, said in records(record_ids).items()
    }


def records(record_ids: Collection[int]) -> dict[int, CanonicalRecord]:
    """These source records in canonical form, deleted ones too; one that was erased is left out."""
    found = rows(
        "SELECT r.id, s.code, r.address, r.canonical FROM hub_sourcerecord r "
        "JOIN hub_sourcesystem s ON s.id = r.system_id WHERE r.id = ANY(%b::bigint[])",
        list(record_ids),
    )
    said = opened([(address, canonical) for *_, address, canonical in found], CANONICAL)
    return {
        record: from_nested(loads(canonical), source_system=code)
        for (record, code, *_), canonical in zip(found, said, strict=True)
        if canonical
    }


def pair_of(review: Review) -> tuple[tuple[str, str], tuple[str, str]]:
    """The addresses (system, source id) of the two records that raised a review; raises ``Stale``."""
    said = records([review.record_a_id, review.record_b_id])
    if len(said) < 2:
        raise Stale("One of the records was erased: take the next task.")
    a, b = said[review.record_a_id], said[review.record_b_id]
    return (a.source_system, a.source_id), (b.source_system, b.source_id)


def reason_of(judgement: Judgement) -> str:
    """Why it was judged so, as somebody typed it; empty where that cannot be read any more."""
    if not judgement.reason:
        return ""
    (said,) = unsealed([([judgement.a_id, judgement.b_id], bytes(judgement.reason))], REASON)
    return said.decode() if said else ""


def nested(record: CanonicalRecord) -> dict[str, Any]:
    """A record as nested canonical JSON."""
    return to_nested(record)


def names_of(record_ids: Collection[int]) -> dict[int, str]:
    """``system:source_id`` of each of these source records."""
    return {record: said.address for record, said in records(record_ids).items()}


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
        SELECT n.place, g.public_id, g.holders, g.body
        FROM unnest(%b::bytea[]) WITH ORDINALITY AS n(address, place)
        JOIN hub_sourcerecord r ON r.address = n.address
        JOIN hub_crosswalk c ON c.record_id = r.id
        JOIN hub_goldenrecord g ON g.id = c.golden_id
        """,
        [address(system, source_id) for system, source_id in addresses],
    )
    bodies = unsealed([(members, body) for *_, members, body in found], GOLDEN)
    answers: list[dict[str, Any] | None] = [None] * len(addresses)
    for (place, golden_id, *_), body in zip(found, bodies, strict=True):
        system, source_id = addresses[place - 1]
        own = {"source_system": system, "source_id": source_id}
        others = [other for other in loads(body)["crosswalk"] if other != own] if body else []
        answers[place - 1] = {"golden_id": golden_id, **own, "others": others}
    return answers


def message(public_id: str) -> dict[str, Any]:
    """Where an inbox message is (SHAPES: Ingest); raises ``NotFound``."""
    found = (
        InboxMessage.objects.filter(public_id=public_id)
        .values("status", "address", "payload", "mapping", "part", "received_at", "resolved_at", "problem",
                "system__code", "record__crosswalk__golden__public_id")
        .first()
    )  # fmt: skip
    if found is None:
        raise NotFound("No message has this id.")
    return {
        "message_id": public_id,
        "source_system": found["system__code"],
        "source_id": _source_id(found),
        "status": InboxMessage.Status(found["status"]).label,
        "golden_id": found["record__crosswalk__golden__public_id"],
        "received_at": rfc3339(found["received_at"]),
        "resolved_at": rfc3339(found["resolved_at"]) if found["resolved_at"] else None,
        "problem": found["problem"],
    }


def _source_id(message: Mapping[str, Any]) -> str | None:
    """The source id in a message's payload; None where that cannot be read any more."""
    (payload,) = opened([(bytes(message["address"]), bytes(message["payload"]))], PAYLOAD)
    if payload is None:
        return None
    said = loads(payload)
    if message["mapping"]:
        try:
            said = mapping(message["mapping"]).to_nested(said)[message["part"]]
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            return None  # a mapping that was wrong then or is now
    return str(said["source_id"])


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


def consents_in_force(goldens: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The consents of live golden records by their ids, as a golden profile shows them."""
    found = rows(
        "SELECT id, holders, body FROM hub_goldenrecord WHERE id = ANY(%b::bigint[]) AND state = 0", sorted(goldens)
    )
    bodies = unsealed([(holders, body) for _, holders, body in found], GOLDEN)
    return {pk: loads(body)["consents"] for (pk, *_), body in zip(found, bodies, strict=True) if body is not None}


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


def is_scope(name: str) -> bool:
    """Whether some source system is of this scope."""
    return bool(rows("SELECT 1 FROM hub_sourcesystem WHERE scope = %s LIMIT 1", name)) or name == MAIN_SCOPE


def golden_by_ids(public_ids: Sequence[str]) -> list[GoldenRecord]:
    """Live golden records in the order asked for; raises ``NotFound`` where one is not live."""
    found = {g.public_id: g for g in GoldenRecord.objects.filter(Q(public_id__in=public_ids), state=0)}
    if missing := [x for x in public_ids if x not in found]:
        raise NotFound(f"No live golden record has the id {missing[0]}.")
    return [found[x] for x in public_ids]
