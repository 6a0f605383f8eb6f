"""Fan-out: every event meant for an endpoint gets one delivery, whoever works at the same time or dies."""

from __future__ import annotations

import random
import threading
import time

import pytest
from django.db import connection, transaction

from connectors.outbound import fanout
from connectors.outbound.deliver import Courier, Dispatcher, deliver_due
from connectors.outbound.fanout import fan_out
from hub.models import Delivery, Endpoint, OutboxEvent
from hub.sql import rows
from hub.stages.seal import seal
from hub.tasks import run_once
from tests.integration.outbound.conftest import Feed


def sequences(endpoint: Endpoint) -> list[tuple[int, int, int | None]]:
    found = Delivery.objects.filter(endpoint=endpoint).order_by("position")
    return list(found.values_list("golden_id", "event__sequence", "previous_sequence"))


def test_a_filter_leaves_gaps_that_previous_sequence_bridges(endpoint, receiver, feed):
    Endpoint.objects.update(events=["golden.merged"])
    feed.tell(1, kind="golden.created")
    feed.tell(1, kind="golden.merged")
    feed.tell(1, 1, kind="golden.updated")
    feed.tell(1, kind="golden.merged")
    assert feed.publish() == 2
    assert sequences(endpoint) == [(1, 2, None), (1, 5, 2)]
    feed.tell(1, kind="golden.updated")
    feed.tell(1, kind="golden.merged")
    assert feed.publish() == 1
    assert sequences(endpoint)[-1] == (1, 7, 5)
    deliver_due()
    told = [(got.body["sequence"], got.body["data"]["previous_sequence"]) for got in receiver.got]
    assert told == [(2, None), (5, 2), (7, 5)]


def test_repeating_it_changes_nothing_and_a_backlog_is_taken_in_bites(endpoint, feed, monkeypatch):
    monkeypatch.setattr(fanout, "_ROWS", 300)
    Endpoint.objects.create(url="https://example.com/", state="paused")
    Endpoint.objects.create(url="https://example.com/", state="disabled")
    feed.tell(*range(1, 401))
    feed.tell(*range(1, 401))
    assert feed.publish() == 1600
    assert fan_out() == 0
    Endpoint.objects.update(position=0)  # as though the marks had been lost
    assert fan_out() == 0 or Delivery.objects.filter(endpoint__state="disabled").count() == 0
    assert Delivery.objects.exclude(endpoint__state="disabled").count() == 1600
    assert [p for _, _, p in sequences(endpoint)] == [None] * 400 + [1] * 400


def test_a_fan_out_that_dies_is_made_again_whole(endpoint, feed, monkeypatch):
    feed.tell(1, 2)
    while seal():
        pass

    class PowerLostError(Exception):
        pass

    step = fanout._step

    def dying():
        step()
        raise PowerLostError

    monkeypatch.setattr(fanout, "_step", dying)
    with pytest.raises(PowerLostError):
        fan_out()
    monkeypatch.setattr(fanout, "_step", step)
    assert Delivery.objects.count() == 0
    assert fan_out() == 2


def test_a_slow_transaction_is_not_skipped(endpoint, receiver):
    slow, fast = Feed(), Feed()
    wrote, go_on = threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            slow.tell(1)
            wrote.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    assert wrote.wait(10)
    fast.tell(2)
    assert fast.publish() == 1
    go_on.set()
    thread.join()
    assert fast.publish() == 1
    deliver_due()
    assert receiver.marks == [("gr_2", 1), ("gr_1", 1)]


def test_many_workers_at_once_double_nothing_and_keep_the_order(endpoint, receiver, feed):
    """Writers, sealers, fan-outs and dispatchers side by side; a tenth of the tries fail."""
    rng = random.Random(7)
    receiver.answer = lambda got: 500 if rng.random() < 0.1 else 200
    writing = threading.Event()
    failed: list[BaseException] = []

    def worker() -> None:
        dispatcher = Dispatcher()
        try:
            while not writing.is_set() or Delivery.objects.filter(state=0).exists():
                while seal():
                    pass
                fan_out()
                dispatcher.run()
                rows(
                    """
                    UPDATE hub_delivery SET next_attempt_at = now() WHERE id IN (
                        SELECT id FROM hub_delivery WHERE state = 0 FOR UPDATE SKIP LOCKED)
                    """
                )
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(30):
        feed.tell(*range(1, 31))
        if turn % 5 == 4:
            feed.tell(turn % 30 + 1, kind="golden.merged", after=((turn + 1) % 30 + 1,))
    writing.set()
    for thread in threads:
        thread.join(60)
    assert not failed
    assert Delivery.objects.filter(state=Delivery.State.DELIVERED).count() == OutboxEvent.objects.count() == 906
    first = list(dict.fromkeys(got.mark for got in receiver.got))  # a repeat after a failure is none
    for golden in range(1, 31):
        told = [n for subject, n in first if subject == f"gr_{golden}"]
        assert told == sorted(told)
        assert len(told) == feed.last[golden]
    place = {mark: i for i, mark in enumerate(reversed([got.mark for got in receiver.got]))}
    for event in OutboxEvent.objects.filter(type="golden.merged"):
        other = event.after[1]
        before = OutboxEvent.objects.filter(golden_id=other, position__lt=event.position).order_by("position").last()
        assert before is not None
        # Counted from the end: the last try of what comes before lies before the last try of the merge.
        assert place[(before.subject, before.sequence)] > place[(event.subject, event.sequence)]


def test_sealing_wakes_the_courier_of_the_worker(endpoint, receiver, feed, monkeypatch):
    """As in a worker: its sweeper starts the thread; from then on an event is out at once."""
    from connectors import tasks
    from connectors.outbound import deliver

    courier = Courier()
    monkeypatch.setattr(deliver, "courier", courier)
    try:
        assert tasks.ensure() == 0
        assert tasks.ensure() == 0
        feed.tell(1)
        while seal():
            pass
        tasks.sealed()
        assert _until(lambda: receiver.marks == [("gr_1", 1)])
        feed.tell(1)
        seal()  # whoever sealed died before it could tell: the courier looks by itself
        assert _until(lambda: receiver.marks == [("gr_1", 1), ("gr_1", 2)])
        assert _until(lambda: not Delivery.objects.filter(state=0).exists())
    finally:
        courier.stop()
    assert Delivery.objects.filter(state=1).count() == 2


def test_the_worker_s_own_round_seals_and_fans_out(endpoint, feed):
    feed.tell(1, 2, 3)
    run_once()
    assert Delivery.objects.count() == 3


def _until(true, seconds: float = 5.0) -> bool:
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True
