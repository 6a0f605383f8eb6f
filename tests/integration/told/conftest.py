"""Customers that came in through the real path, receivers that really listen, and a client that may do everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from connectors.outbound.deliver import deliver_due
from connectors.outbound.endpoints import Wishes, create
from connectors.outbound.fanout import fan_out
from hub.models import Endpoint
from hub.sql import rows
from hub.stages.seal import seal
from tests.integration.api.conftest import caller, channel, five_sources, take  # noqa: F401
from tests.integration.outbound.conftest import receiver  # noqa: F401
from tests.integration.outbound.receivers import Receiver


@pytest.fixture
def listen(receiver: Receiver, settings: Any) -> Callable[..., Endpoint]:  # noqa: F811
    """``listen(hidden=["emails"], …)``: the receiver's endpoint, with these wishes."""

    def make(**wishes: Any) -> Endpoint:
        settings.HUB_DELIVERY_ALLOW = [f"127.0.0.1:{receiver.port}"]
        made, _ = create(Wishes(url=receiver.url, **wishes))
        made.take_secret(receiver.secret, now=timezone.now())
        made.save()
        return made

    return make


def deliver(*, again: bool = False) -> int:
    """Everything that is due; ``again``: what failed as well, as though its time had come."""
    while seal():
        pass
    fan_out()
    if again:
        rows("UPDATE hub_delivery SET next_attempt_at = now() WHERE state = 0")
        rows("UPDATE hub_endpointhealth SET until = now()")
    return deliver_due()
