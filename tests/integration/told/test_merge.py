"""Order at a real receiver that is down while customers are merged and parted, by the real path of judgements."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from connectors.outbound.deliver import Courier
from connectors.outbound.fanout import fan_out
from hub.models import Delivery, Endpoint, OutboxEvent
from hub.sql import rows
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller, person, someone_else
from tests.integration.outbound.receivers import Got, Receiver
from tests.integration.told.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)
Take = Callable[..., list[str]]
Listen = Callable[..., Endpoint]


def judge(channel: Caller, a: str, b: str, verdict: str = "same") -> str:
    made = channel.post("/api/v1/judgements", {"a": a, "b": b, "judgement": verdict, "reason": "called"})
    assert made.status_code == 201, made.content
    while seal():
        pass
    return str(made.json()["judgement_id"])


def assert_in_order(taken: list[Got]) -> None:
    """Of what was taken (repeats left out) each golden record's numbers have no gap, and every event of a retired one
    came before the merge that names it."""
    arrived = list({one.id: one for one in reversed(taken)}.values())[::-1]
    numbers: dict[str, int] = {}
    for one in arrived:
        subject, sequence = one.mark
        assert sequence == numbers.get(subject, 0) + 1, (subject, sequence, numbers.get(subject))
        numbers[subject] = sequence
        here = OutboxEvent.objects.get(public_id=one.id).position
        for retired in one.body["data"].get("merged_from", ()):
            last = OutboxEvent.objects.filter(subject=retired, position__lt=here).order_by("position").last()
            assert last is not None
            assert numbers.get(retired, 0) >= last.sequence, retired
    assert len(arrived) == OutboxEvent.objects.count()


def test_a_receiver_that_is_down_across_a_merge_gets_everything_in_order(
    listen: Listen, take: Take, channel: Caller, receiver: Receiver
) -> None:
    listen()
    take("crm", person("1"))
    take("pos", someone_else("9"))
    deliver()
    receiver.answer = lambda got: 503
    take("pos", someone_else("9", phones=[{"value": "+44 20 7946 0123"}], occurred_at="2026-02-01T00:00:00Z"))
    deliver()
    made = judge(channel, "crm:1", "pos:9")
    for turn in range(3):
        deliver(again=True)
        take("crm", person("1", attributes={"turn": str(turn)}, occurred_at=f"2026-03-0{turn + 1}T00:00:00Z"))
    assert channel.delete(f"/api/v1/judgements/{made}").status_code == 204
    judge(channel, "crm:1", "pos:9")
    kinds = list(OutboxEvent.objects.values_list("type", flat=True))
    assert {"golden.created", "golden.updated", "golden.merged", "golden.split"} <= set(kinds)
    assert len(receiver.taken) == 2
    receiver.answer = lambda got: 200
    while deliver(again=True):
        pass
    assert Delivery.objects.exclude(state=1).count() == 0
    assert_in_order(receiver.taken)
    for got in receiver.got:
        event = JSONFormat().read(CloudEvent, json.dumps(got.body))
        assert (event.get_id(), event.get_subject()) == (got.id, got.body["subject"])


def test_couriers_keep_the_order_while_customers_merge_and_part_and_the_receiver_comes_and_goes(
    listen: Listen, take: Take, channel: Caller, receiver: Receiver
) -> None:
    """Two couriers as in two processes, a receiver that refuses for stretches and fails a fifth of the rest."""
    dice = random.Random(11)
    down = threading.Event()
    receiver.answer = lambda got: 503 if down.is_set() or dice.random() < 0.2 else 200
    listen()
    nobody: dict[str, Any] = {"emails": [], "phones": [], "addresses": []}
    people = [
        person(str(n), name={"given": given, "family": f"Of{given}"}, birth_date=f"19{60 + n}-01-02", **nobody)
        for n, given in enumerate(("Ada", "Ben", "Cleo", "Dirk"))
    ]
    take("crm", *people)
    couriers = [Courier(), Courier()]
    try:
        for courier in couriers:
            courier.ensure()
        held: list[str] = []
        for turn in range(24):
            (down.set if turn % 8 < 4 else down.clear)()
            if held and dice.random() < 0.4:
                assert channel.delete(f"/api/v1/judgements/{held.pop(dice.randrange(len(held)))}").status_code == 204
            else:
                a, b = dice.sample(range(4), 2)
                held.append(judge(channel, f"crm:{a}", f"crm:{b}"))
            one = dice.randrange(4)
            take("crm", {**people[one], "attributes": {"turn": str(turn)},
                         "occurred_at": f"2026-03-01T00:{turn:02d}:00Z"})  # fmt: skip
            _hurry()
            for courier in couriers:
                courier.wake()
        down.clear()
        until = time.monotonic() + 60
        while time.monotonic() < until and (_sealed() or Delivery.objects.exclude(state=1).exists()):
            _hurry()
            for courier in couriers:
                courier.wake()
            time.sleep(0.1)
    finally:
        for courier in couriers:
            courier.stop()
    kinds = set(OutboxEvent.objects.values_list("type", flat=True))
    assert {"golden.created", "golden.updated", "golden.merged", "golden.split"} <= kinds
    assert Delivery.objects.exclude(state=1).count() == 0
    assert_in_order(receiver.taken)


def _hurry() -> None:
    rows(
        "UPDATE hub_delivery SET next_attempt_at = now() WHERE id IN ("
        "SELECT id FROM hub_delivery WHERE state = 0 ORDER BY id FOR UPDATE SKIP LOCKED)"
    )
    rows(
        "UPDATE hub_endpointhealth SET until = now() WHERE endpoint_id IN ("
        "SELECT endpoint_id FROM hub_endpointhealth FOR UPDATE SKIP LOCKED)"
    )


def _sealed() -> int:
    return seal() + fan_out()
