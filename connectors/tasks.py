"""Celery: a wake-up call for deliveries, no payload. Losing one costs a second: every worker looks by itself.

The courier, and the HTTP client with it, is read only where something is delivered: it is a quarter of what a process
reads that starts, and most processes deliver nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import shared_task
from celery.signals import worker_init, worker_process_shutdown

from connectors.outbound.fanout import fan_out

if TYPE_CHECKING:
    from connectors.outbound.deliver import Courier


def _courier() -> Courier:
    from connectors.outbound.deliver import courier

    return courier


@shared_task(name="connectors.deliver", ignore_result=True)
def deliver() -> None:
    """There may be something to deliver."""
    ensure()
    _courier().wake()


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
