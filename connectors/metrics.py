"""How receivers are doing, for Prometheus: read from the database when it is asked for, numbers and states alone.

concord_endpoints{state}                     active, paused, disabled; failing are those of the active that fail
concord_deliveries_given_up                  dead letters that nobody has seen to
concord_deliveries_oldest_waiting_seconds    since the oldest event happened that an active endpoint waits for
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error as DatabaseError
from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.models import Endpoint
from hub.sql import SERVER_AWAY, rows


class Receivers(Collector):
    def describe(self) -> list[GaugeMetricFamily]:
        """Named without a look at the database, which may not be there when this is registered."""
        return [
            GaugeMetricFamily("concord_endpoints", "Receivers of webhooks by state", labels=["state"]),
            GaugeMetricFamily("concord_deliveries_given_up", "Deliveries that were given up"),
            GaugeMetricFamily("concord_deliveries_oldest_waiting_seconds", "Age of the oldest event that waits"),
        ]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Nothing at all while no database answers: whoever watches sees the gap, and the other numbers."""
        try:
            by_state = dict(rows("SELECT state, count(*) FROM hub_endpoint GROUP BY state"))
            ((failing, dead, oldest),) = rows(
                """
                SELECT (SELECT count(*) FROM hub_endpointhealth h JOIN hub_endpoint p ON p.id = h.endpoint_id
                        WHERE h.failing_since IS NOT NULL AND p.state = 'active'),
                       (SELECT count(*) FROM hub_delivery WHERE state = 2),
                       (SELECT coalesce(extract(epoch FROM now() - min(e.time)), 0)::float8
                        FROM hub_endpoint p CROSS JOIN LATERAL (
                            SELECT least(
                                (SELECT min(position) FROM hub_delivery
                                 WHERE endpoint_id = p.id AND state = 0 AND urgent),
                                (SELECT min(position) FROM hub_delivery
                                 WHERE endpoint_id = p.id AND state = 0 AND NOT urgent)) AS position OFFSET 0) w
                        JOIN hub_outboxevent e ON e.position = w.position
                        WHERE p.state = 'active')
                """
            )
        except (*SERVER_AWAY, DatabaseError):
            return
        states, given_up, waiting = self.describe()
        for state in Endpoint.State.values:
            states.add_metric([state], by_state.get(state, 0))
        states.add_metric(["failing"], failing)
        given_up.add_metric([], dead)
        waiting.add_metric([], max(oldest, 0.0))
        yield from (states, given_up, waiting)


def register() -> None:
    """Once a process."""
    if "concord_endpoints" not in REGISTRY._names_to_collectors:
        REGISTRY.register(Receivers())
