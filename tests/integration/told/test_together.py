"""Managing an endpoint while couriers deliver to it: nobody waits for each other in a ring, and nothing is lost."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from typing import Any

import pytest
from django.db import connection

from connectors.outbound import endpoints, replay
from connectors.outbound.deliver import Courier
from connectors.outbound.fanout import fan_out
from connectors.outbound.replay import Wanted
from hub.invariants import breaches
from hub.models import Delivery, Endpoint, OutboxEvent
from hub.stages.seal import seal
from tests.integration.outbound.conftest import Feed
from tests.integration.outbound.receivers import Receiver
from tests.integration.told.test_merge import _hurry

pytestmark = pytest.mark.django_db(transaction=True)


def _rotate(endpoint: Endpoint) -> None:
    """Until as many sign as may; the receiver goes on with the first of them."""
    with contextlib.suppress(endpoints.InvalidEndpoint):
        endpoints.rotate(endpoint)


def test_whatever_is_done_to_an_endpoint_while_it_is_delivered_to(
    listen: Any, receiver: Receiver, five_sources: None, caplog: pytest.LogCaptureFixture
) -> None:
    dice = random.Random(5)
    receiver.answer = lambda got: 500 if dice.random() < 0.1 else 200
    endpoint: Endpoint = listen(events=["golden.updated", "golden.merged", "consent.changed"])
    over, failed = threading.Event(), []

    def guard(work: Any) -> threading.Thread:
        def run() -> None:
            try:
                while not over.is_set():
                    work()
            except BaseException as error:
                failed.append(error)
            finally:
                connection.close()

        return threading.Thread(target=run)

    feed = Feed()

    def write() -> None:
        kind = dice.choice(["golden.updated", "golden.updated", "consent.changed", "review.opened"])
        one = dice.randrange(1, 20)
        feed.tell(one, kind=kind)
        if dice.random() < 0.2:
            feed.tell(one, kind="golden.merged", after=(one % 20 + 1,))
        seal()
        fan_out()

    def manage() -> None:
        top = OutboxEvent.objects.count()
        dice.choice([
            lambda: endpoints.pause(endpoint),
            lambda: endpoints.resume(endpoint),
            lambda: endpoints.resume(endpoint),
            lambda: _rotate(endpoint),
            lambda: endpoints.change(endpoint, {"description": str(top), "within": dice.choice([["*"], ["main"]])}),
            lambda: replay.replay(endpoint, Wanted(first=dice.randrange(top + 1), last=top)),
            lambda: replay.replay(endpoint, Wanted(first=max(top - 5, 0))),
        ])()  # fmt: skip
        time.sleep(0.01)

    couriers = [Courier(), Courier()]
    threads = [guard(write), guard(manage), guard(manage)]
    try:
        for courier in couriers:
            courier.ensure()
        for thread in threads:
            thread.start()
        until = time.monotonic() + 6
        while time.monotonic() < until and not failed:
            _hurry()
            for courier in couriers:
                courier.wake()
            time.sleep(0.05)
        over.set()
        for thread in threads:
            thread.join(30)
        assert not failed
        # Whatever it was, in the end it is on, and everything goes out.
        endpoints.resume(endpoint)
        until = time.monotonic() + 60
        while time.monotonic() < until and (seal() + fan_out() or Delivery.objects.filter(state=0).exists()):
            _hurry()
            for courier in couriers:
                courier.wake()
            time.sleep(0.05)
    finally:
        over.set()
        for courier in couriers:
            courier.stop()
    assert not [record.getMessage() for record in caplog.records if "delivering failed" in record.getMessage()]
    assert not [record.getMessage() for record in caplog.records if "away" in record.getMessage()]
    meant = OutboxEvent.objects.exclude(type="review.opened")
    assert Delivery.objects.filter(state=1).count() == meant.count()
    assert {got.id for got in receiver.taken} == set(meant.values_list("public_id", flat=True))
    assert list(breaches()) == []
