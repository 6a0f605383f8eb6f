"""Celery: a wake-up call for deliveries, no payload. Losing one costs a second: every worker looks by itself."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_process_shutdown

from connectors.outbound.deliver import courier
from connectors.outbound.fanout import fan_out


@shared_task(name="connectors.deliver", ignore_result=True)
def deliver() -> None:
    """There may be something to deliver."""
    courier.ensure()
    courier.wake()


def sealed() -> None:
    """Events got their positions: make their deliveries and wake this process's courier."""
    if fan_out(bites=2):  # who was away for long catches up bite by bite: see the courier
        courier.wake()


@worker_process_shutdown.connect
def stop_courier(**_: Any) -> None:
    courier.stop()
