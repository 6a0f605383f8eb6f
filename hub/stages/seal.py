"""The sealer: after commit, give events their positions in the one feed, and audit entries theirs in the one chain.

Writers do not take the number themselves: a transaction that commits late would put an event behind a
reader, and writers who chained would wait for one another. One sealer at a time numbers what is committed; a reader
that goes by position skips nothing.
"""

from __future__ import annotations

from django.db import transaction

from hub import chain
from hub.sql import columns, count, rows


def seal(*, limit: int = 5000) -> int:
    """Number up to ``limit`` committed events and as many audit entries in the order of their ids; how many there
    were.

    Ids of one golden record's events ascend in the order of its transactions, because each held its row
    lock. Gives 0 at once while another sealer is at work.
    """
    with transaction.atomic():
        if not rows("SELECT pg_try_advisory_xact_lock(hashtextextended('sealer', 0))")[0][0]:
            return 0
        return _number_events(limit) + _chain_audit(limit)


def _number_events(limit: int) -> int:
    return count(
        """
        WITH newest AS (SELECT coalesce(max(position), 0) AS position FROM hub_outboxevent),
             waiting AS (SELECT id FROM hub_outboxevent WHERE position IS NULL ORDER BY id LIMIT %s),
             numbered AS (
                 SELECT w.id, newest.position + row_number() OVER (ORDER BY w.id) AS position
                 FROM waiting w, newest)
        UPDATE hub_outboxevent e SET position = n.position FROM numbered n WHERE e.id = n.id
        """,
        limit,
    )


def _chain_audit(limit: int) -> int:
    waiting = rows("SELECT id, commitment FROM hub_auditentry WHERE position IS NULL ORDER BY id LIMIT %s", limit)
    if not waiting:
        return 0
    position, before = (rows(
        "SELECT position, hash FROM hub_auditentry WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1"
    ) or [(0, chain.GENESIS)])[0]  # fmt: skip
    chained = []
    for entry, commitment in waiting:
        position += 1
        before = chain.link(before, position, commitment)
        chained.append((entry, position, before))
    return count(
        """
        UPDATE hub_auditentry e SET position = n.position, hash = n.hash
        FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[]) AS n(id, position, hash) WHERE e.id = n.id
        """,
        *columns(chained, 3),
    )
