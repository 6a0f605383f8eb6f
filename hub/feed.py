"""Reading the feed: what changed, in the order that the sealer gave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub import events as cloud
from hub.models import OutboxEvent
from hub.reach import EVERYBODY, Reach
from hub.sql import rows


def events(
    *, after: int = 0, limit: int = 100, told: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None,
    reach: Reach = EVERYBODY,
) -> tuple[list[dict[str, Any]], int]:  # fmt: skip
    """The sealed events behind position ``after`` as CloudEvents, and the position to go on from: of ``limit``
    positions those of golden records in ``reach``. ``told`` leaves out of their data what the reader may not be told.
    """
    sealed = OutboxEvent.objects.filter(position__gt=after).order_by("position")
    if reach.scopes is None:
        found = list(sealed[:limit])
        level = (found[-1].position or after) if found else after
    else:
        found, level = _events_of(after, limit, reach)
    data = [told(said) if told else said for said in cloud.opened(found)]
    items = [cloud.envelope(event, said) for event, said in zip(found, data, strict=True)]
    return items, level


# Of others' events a reader passes over so many at once.
_PASSED_OVER = 50_000


def _events_of(after: int, limit: int, reach: Reach) -> tuple[list[OutboxEvent], int]:
    """As ``events``, for a reader who is told of some customers only."""
    # Before they are read: what is sealed meanwhile is for the next page.
    ((last,),) = rows(
        "SELECT coalesce(max(position), 0) FROM hub_outboxevent WHERE position <= %s", after + _PASSED_OVER
    )
    within, scopes = reach.goldens("g")
    found = rows(
        f"""
        SELECT e.id FROM hub_outboxevent e JOIN hub_goldenrecord g ON g.id = e.golden_id
        WHERE e.position > %s AND e.position <= %s AND {within} ORDER BY e.position LIMIT %s
        """,
        after,
        last,
        *scopes,
        limit,
    )
    theirs = list(OutboxEvent.objects.filter(id__in=[event for (event,) in found]).order_by("position"))
    level = theirs[-1].position if len(found) == limit else last
    return theirs, max(level or 0, after)
