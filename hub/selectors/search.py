"""Golden records by what somebody typed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from hub.keyring import query_tokens, unsealed
from hub.reach import EVERYBODY, Reach
from hub.restrictions import NOT_RESTRICTED
from hub.sealing import GOLDEN
from hub.selectors.sources import records
from hub.sql import rows
from matching.values import query_terms, search_terms


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
