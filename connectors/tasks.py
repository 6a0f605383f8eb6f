"""Celery: a wake-up call for deliveries, no payload. Losing one costs a second: every worker looks by itself.

The courier, and the HTTP client with it, is read only where something is delivered: it is a quarter of what a process
reads that starts, and most processes deliver nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from celery import shared_task
from celery.signals import worker_init, worker_process_shutdown

from connectors.outbound import notices
from connectors.outbound.fanout import fan_out

if TYPE_CHECKING:
    from connectors.outbound.deliver import Courier


log = logging.getLogger("connectors.notices")

# So often a process looks whether somebody is to be told that a receiver was disabled. Several that are disabled
# meanwhile come in one letter.
_LOOK = 30.0


class _Looked:
    at = float("-inf")


def _courier() -> Courier:
    from connectors.outbound.deliver import courier

    return courier


@shared_task(name="connectors.deliver", ignore_result=True)
def deliver() -> None:
    """There may be something to deliver."""
    ensure()
    _courier().wake()


@shared_task(name="connectors.tell", ignore_result=True)
def tell() -> None:
    """Somebody may have to be told that a receiver was disabled. What the mail server does not take stays due, and is
    called for again when its time has come."""
    notices.send_due()


def look_for_notices() -> int:
    """Have letters that are due sent by a worker of Celery's. A broker that stands still holds up nobody: it is called
    from a thread of its own."""
    now = time.monotonic()
    if now - _Looked.at >= _LOOK:
        _Looked.at = now
        if notices.due():
            threading.Thread(target=_call, name="notices", daemon=True).start()
    return 0


def _call() -> None:
    try:
        tell.apply_async(retry=False, expires=_LOOK)
    except Exception as error:  # kombu raises what its transport raises
        log.warning("no broker to have letters sent: %s", type(error).__name__)


def ensure() -> int:
    """See to it that this process has a courier."""
    return _courier().ensure()


def sealed() -> None:
    """Events got their positions: make their deliveries and wake this process's courier."""
    if fan_out(bites=2):  # who was away for long catches up bite by bite: see the courier
        _courier().wake()


@worker_init.connect
def read_once(**_: Any) -> None:
    """Before a worker's processes are made, all of which deliver."""
    _courier()


@worker_process_shutdown.connect
def stop_courier(**_: Any) -> None:
    _courier().stop()
