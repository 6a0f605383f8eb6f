"""The sealer: after commit, give events their positions in the one feed.

Writers do not take the number themselves: a transaction that commits late would put an event behind a
reader. One sealer at a time numbers what is committed; a reader that goes by position skips nothing.
"""

from __future__ import annotations

from django.db import transaction

from hub.sql import count, rows


def seal(*, limit: int = 5000) -> int:
    """Number up to ``limit`` committed events in the order of their ids; how many there were.

    Ids of one golden record's events ascend in the order of its transactions, because each held its row
    lock. Gives 0 at once while another sealer is at work.
    """
    with transaction.atomic():
        if not rows("SELECT pg_try_advisory_xact_lock(hashtextextended('sealer', 0))")[0][0]:
            return 0
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
