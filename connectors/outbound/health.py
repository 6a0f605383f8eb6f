"""How a receiver has been doing: what waits for it, what was given up, and since when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.events import rfc3339
from hub.models import Endpoint
from hub.sql import rows

# Whoever has more waiting is told so many: to count a million takes longer than anybody looks at it.
MOST_COUNTED = 100_000
_LOOKED_THROUGH = 1000


@dataclass(frozen=True, slots=True)
class Health:
    """``behind``: golden records of which it got nothing since a delivery was given up; a replay or their next event,
    which is a snapshot, brings them level. ``oldest_waiting_at``: when the oldest event that waits happened.
    ``to_come``: events of the feed of which no delivery was made yet, because it is disabled or left alone; how many
    of them are meant for it is seen when they are."""

    endpoint_id: str
    state: str
    failing_since: datetime | None
    resting_until: datetime | None
    last_delivered_at: datetime | None
    waiting: int
    oldest_waiting_at: datetime | None
    dead_letters: int
    behind: int
    to_come: int

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: rfc3339(v) if isinstance(v, datetime) else v for name, v in values.items()}


def of(endpoints: Sequence[Endpoint]) -> list[Health]:
    """The health of each, in their order."""
    found = {
        pk: values
        for pk, *values in rows(
            """
            SELECT p.id, p.public_id, p.state, h.failing_since, CASE WHEN h.until > now() THEN h.until END,
                   (SELECT max(delivered_at) FROM (
                        SELECT delivered_at FROM hub_delivery d WHERE d.endpoint_id = p.id AND d.state = 1
                        ORDER BY d.event_id DESC LIMIT %s) d),
                   (SELECT count(*) FROM (
                        SELECT 1 FROM hub_delivery d WHERE d.endpoint_id = p.id AND d.state = 0 LIMIT %s) d),
                   (SELECT e.time FROM hub_outboxevent e WHERE e.position = least(
                        (SELECT min(position) FROM hub_delivery WHERE endpoint_id = p.id AND state = 0 AND urgent),
                        (SELECT min(position) FROM hub_delivery
                         WHERE endpoint_id = p.id AND state = 0 AND NOT urgent))),
                   g.dead, g.behind,
                   (SELECT coalesce(max(position), 0) FROM hub_outboxevent) - p.position
            FROM hub_endpoint p LEFT JOIN hub_endpointhealth h ON h.endpoint_id = p.id
            CROSS JOIN LATERAL (
                SELECT count(*) AS dead, count(DISTINCT d.golden_id) FILTER (WHERE NOT EXISTS (
                    SELECT 1 FROM hub_delivery l WHERE l.endpoint_id = d.endpoint_id AND l.golden_id = d.golden_id
                       AND l.position > d.position AND l.state + 0 <> 2)) AS behind
                FROM hub_delivery d WHERE d.endpoint_id = p.id AND d.state = 2) g
            WHERE p.id = ANY(%b::bigint[])
            """,
            _LOOKED_THROUGH,
            MOST_COUNTED,
            [endpoint.pk for endpoint in endpoints],
        )
    }
    return [Health(*found[endpoint.pk]) for endpoint in endpoints if endpoint.pk in found]
