"""Liveness and readiness, for whoever runs the hub; no token is needed and nothing personal is told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from hub import erasures
from hub.errors import NoModel
from hub.keystore.router import ALIAS
from hub.pressure import age, refusals
from hub.sql import rows
from hub.stages.model import active

log = logging.getLogger("hub.api")
WORKER = "concord worker %"  # see hub.tasks

_BROKER_SECONDS = 0.5
_migrated = False


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 while requests can be served, else 503; ``not_ready`` names what is not.

    Without the broker the hub is ``degraded`` and still ready: reads go on, records are taken, and workers
    find them by looking themselves. Degraded is also a hub that refuses records for a while (``ingest``).
    """
    required = {
        "database": _database, "key_store": _key_store, "migrations": _migrations, "model": _model,
        "erasures": _erasures,
    }  # fmt: skip
    checks = {name: _said(check) for name, check in required.items()}
    serving = all(said == "ok" for said in checks.values())
    checks["broker"] = _said(_broker)
    checks["ingest"] = _said(_ingest)
    not_ready = sorted(name for name, said in checks.items() if said != "ok")
    body: dict[str, Any] = {
        "status": "not ready" if not serving else "degraded" if not_ready else "ok",
        "not_ready": not_ready,
        "checks": checks,
    }
    if serving:
        body["oldest_waiting_seconds"] = oldest = _oldest_waiting()
        # What ``Age`` says of an answer, and who could make it younger.
        body["stale_seconds"] = int(oldest) if oldest > age.USUAL_SECONDS else 0
        body["workers"] = workers = _workers()
        if body["stale_seconds"] and not workers:
            body |= {"status": "degraded", "not_ready": sorted([*not_ready, "workers"])}
            checks["workers"] = "none was seen within a minute: records are kept, and reads grow old"
    return JsonResponse(body, status=200 if serving else 503, headers={"Cache-Control": "no-store"})


def _said(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:
        # What a driver says of a failed connection may hold an address and a user: its class is enough.
        log.warning("Not ready: %s in %s", type(error).__name__, check.__name__.strip("_"))
        return "does not answer"


def _database() -> str:
    rows("SELECT 1")
    return "ok"


def _migrations() -> str:
    global _migrated  # a schema that was complete stays so while this process runs
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "migrations are missing: run manage.py migrate"


def _model() -> str:
    try:
        active()  # a hub without any takes the one that ships with the project
    except NoModel:
        return "no match model can be read: run manage.py model import FILE --activate"
    return "ok"


def _key_store() -> str:
    rows("SELECT 1", using=ALIAS)
    return "ok"


def _erasures() -> str:
    """A database that came back from a backup knows what was erased since: it has to forget it again first."""
    (position, store), end = erasures.applied(), erasures.end()
    if store is not None and bytes(store) != erasures.name():
        return "the key store is not this database's: restore the one that belongs to it"
    if position > end:
        return f"the key store is older than the database by {position - end} erasures: restore a newer one"
    if position < end and not (end - position == 1 and _being_erased()):
        return f"{end - position} erasures have to be repeated: start a worker, or run manage.py restore"
    return "ok"


def _being_erased() -> bool:
    """Whether somebody holds the lock that an erasure holds alone: it commits in the key store first, and here some
    milliseconds later."""
    found = rows(
        """
        SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                       AND (classid::bigint << 32) | objid::bigint = hashtextextended('match model', 0))
        """
    )
    return bool(found[0][0])


def _broker() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_BROKER_SECONDS, socket_connect_timeout=_BROKER_SECONDS
    )
    try:
        client.ping()
    finally:
        client.close()
    return "ok"


def _ingest() -> str:
    """As this process sees it; the others look at the same things."""
    refused = refusals()
    if not refused:
        return "ok"
    said = "; ".join(f"{lane.label.lower()}: {why.text}" for lane, why in sorted(refused.items()))
    return f"records are refused for a while ({said})"


def _workers() -> int:
    """How many sessions of worker processes asked the database for something within the last minute."""
    found = rows(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE %s
              AND (state <> 'idle' OR state_change > now() - interval '1 minute')
        """,
        WORKER,
    )
    return int(found[0][0])


def _oldest_waiting() -> float:
    """Age in seconds of the oldest message that is not resolved yet; 0 when none waits."""
    found = rows(
        """
        SELECT coalesce(max(extract(epoch FROM now() - oldest.received_at)), 0)::float8
        FROM (VALUES (0), (1), (2)) AS l(lane)
        CROSS JOIN LATERAL (SELECT received_at FROM hub_inboxmessage m
                            WHERE m.status = 0 AND m.lane = l.lane ORDER BY m.id LIMIT 1) AS oldest
        """
    )
    return round(float(found[0][0]), 3)
