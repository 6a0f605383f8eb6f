"""What was delivered long ago is forgotten, in small bites: the deliveries' rows grow by the number of receivers.

What goes is the beginning of what an endpoint got of a golden id, never a row from the middle and never the last one:
the next delivery names its predecessor (``previous_sequence``), and order is judged by the rows that are there. Events
stay, as does what was given up. Tries of what stays are forgotten as well once they are as old.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.db import transaction

from hub.sql import along_indexes, count, rows, without_waiting

_BITE = 2000
_PAUSE = 60.0  # seconds, once all that is old enough was looked at

_next = 0.0
_reached = 0


def sweep() -> int:
    """One bite, if it is time for one; how many deliveries were forgotten. Called about once a second."""
    global _next
    if settings.HUB_DELIVERY_KEEP_DAYS <= 0 or time.monotonic() < _next:
        return 0
    more, gone = forget(keep_days=settings.HUB_DELIVERY_KEEP_DAYS)
    if not more:
        _next = time.monotonic() + _PAUSE
    return gone


def forget(*, keep_days: float, bite: int = _BITE) -> tuple[bool, int]:
    """Look at the next ``bite`` deliveries in the order in which they were made; whether there may be more that are
    old enough, and how many are gone. Where there are no more it begins anew."""
    global _reached
    with transaction.atomic():
        if not rows("SELECT pg_try_advisory_xact_lock(hashtextextended('forget deliveries', 0))")[0][0]:
            return False, 0
        without_waiting()
        along_indexes()
        found = rows(
            """
            SELECT d.id, d.delivered_at < now() - make_interval(secs => %s) FROM hub_delivery d
            WHERE d.id > %s ORDER BY d.id LIMIT %s
            """,
            keep_days * 86400.0, _reached, bite,
        )  # fmt: skip
        gone = _forget([pk for pk, old in found if old])
    # Those behind one that is too young are younger.
    more = len(found) == bite and not any(old is False for _, old in found)
    _reached = found[-1][0] if more else 0
    return more, gone


def _forget(ids: list[int]) -> int:
    """Of these deliveries, which are old enough, the tries, and the rows that nobody will ask for."""
    if not ids:
        return 0
    held = rows("SELECT id FROM hub_delivery WHERE id = ANY(%b::bigint[]) AND state = 1 ORDER BY id FOR UPDATE", ids)
    ids = [pk for (pk,) in held]
    rows("DELETE FROM hub_attempt WHERE delivery_id = ANY(%b::bigint[])", ids)
    return count(
        """
        DELETE FROM hub_delivery d
        WHERE d.id = ANY(%b::bigint[])
          AND EXISTS (SELECT 1 FROM hub_delivery l WHERE l.endpoint_id = d.endpoint_id
                      AND l.golden_id = d.golden_id AND l.position > d.position OFFSET 0)
          AND NOT EXISTS (SELECT 1 FROM hub_delivery b WHERE b.endpoint_id = d.endpoint_id
                          AND b.golden_id = d.golden_id AND b.position < d.position
                          AND b.id <> ALL(%b::bigint[]) OFFSET 0)
        """,
        ids, ids,
    )  # fmt: skip
