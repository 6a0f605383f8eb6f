"""The metrics of django-prometheus for answers that do not go through its middleware: those that dashboards show."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django_prometheus.middleware import Metrics


def count(view: str, status: int, size: int, seconds: float) -> None:
    """One answer to a GET: of this view, with so many bytes, in so many seconds."""
    requests, views, statuses, by_view, sizes, latency = _metrics(view, status)
    requests.inc()
    views.inc()
    statuses.inc()
    by_view.inc()
    sizes.observe(size)
    latency.observe(seconds)


@lru_cache(maxsize=64)
def _metrics(view: str, status: int) -> tuple[Any, ...]:
    """To look a metric up by its labels costs more than to count it."""
    held = Metrics.get_instance()
    said = str(status)
    return (
        held.requests_by_method.labels(method="GET"),
        held.requests_by_view_transport_method.labels(view=view, transport="http", method="GET"),
        held.responses_by_status.labels(status=said),
        held.responses_by_status_view_method.labels(status=said, view=view, method="GET"),
        held.responses_body_bytes,
        held.requests_latency_by_view_method.labels(view=view, method="GET"),
    )
