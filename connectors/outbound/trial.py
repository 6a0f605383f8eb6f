"""A test event: what a receiver says to a delivery that is made for its sake alone.

It goes the way that all deliveries go (addresses, signatures, bounds), outside their order, and waits for nothing: a
paused or disabled endpoint can be tried before it is switched on again. What came of it is told and not kept.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from django.conf import settings
from django.utils import timezone

from connectors.outbound.claim import Claimed, Target
from connectors.outbound.send import Job, Limits, Untried, Wire
from hub import audit
from hub.errors import Unavailable
from hub.events import TEST, Fact
from hub.ids import new_id
from hub.models import Endpoint

# Somebody waits for the answer.
_LIMITS = Limits(timeout=10.0, connect=5.0)
# Of a web process's threads at most so many wait for receivers.
_turns = threading.BoundedSemaphore(2)


def run(endpoint: Endpoint, *, by: str = audit.SYSTEM) -> dict[str, Any]:
    """Send a test event: ``webhook_id``, ``delivered``, ``status_code`` (None: there was no answer), ``error`` (a class
    of failure), ``milliseconds``. Raises ``Unavailable`` where too many are under way."""
    if not _turns.acquire(blocking=False):
        raise Unavailable("Other tests are under way: try again in a few seconds.")
    try:
        said = _send(endpoint)
    finally:
        _turns.release()
    audit.note("endpoint.tested", actor=by, subject=endpoint.public_id, delivered=said["delivered"])
    return said


def _send(endpoint: Endpoint) -> dict[str, Any]:
    now = timezone.now()
    secrets = tuple(endpoint.secrets_at(now)) or ("",)  # as in deliveries: they fail for that reason
    event = Fact(0, new_id("evt"), TEST, endpoint.public_id, 0, now, 0, [], b"", None)
    data = {"endpoint_id": endpoint.public_id, "description": endpoint.description}
    claimed = Claimed(0, endpoint.pk, 0, 0, event, data, None)
    job = Job(claimed, Target(endpoint.pk, endpoint.url, secrets, False), time.monotonic() + _LIMITS.lease)
    with Wire(_LIMITS, settings.HUB_DELIVERY_ALLOW, threading.Event()) as wire:
        wire.submit([job])
        found = wire.results(wait=_LIMITS.timeout + 5.0)
    outcome = found[0] if found else None
    if outcome is None or isinstance(outcome, Untried):
        raise Unavailable("The test could not be sent: try again in a few seconds.")
    return {
        "webhook_id": event.public_id,
        "delivered": not outcome.error,
        "status_code": outcome.status,
        "error": outcome.error,
        "milliseconds": outcome.milliseconds,
    }
