"""The circuit of a receiver is one for all processes, outlives them, and closes by one try."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.db import connections
from django.utils import timezone

from connectors.outbound import breaker
from connectors.outbound.claim import claim
from connectors.outbound.deliver import Dispatcher, deliver_due
from connectors.outbound.fanout import fan_out
from hub.models import AuditEntry, Delivery, EndpointHealth
from hub.sql import rows
from tests.integration.outbound.conftest import QUICK


def end_rests() -> None:
    rows("UPDATE hub_endpointhealth SET until = now() - interval '1 second'")


def test_an_open_circuit_outlives_the_process_and_one_try_closes_it(endpoint, receiver, feed):
    feed.tell(*range(1, 51))
    feed.publish()
    receiver.answer = lambda got: 500
    tries = Dispatcher().run()
    assert tries <= 25
    health = EndpointHealth.objects.get()
    assert (health.rests, health.failures) == (1, 0)
    assert Dispatcher().run() == 0  # another process
    end_rests()
    assert Dispatcher().run() == 1
    health.refresh_from_db()
    assert health.rests == 2
    assert health.until > timezone.now() + timedelta(seconds=8)
    receiver.answer = lambda got: 200
    end_rests()
    rows("UPDATE hub_delivery SET next_attempt_at = now()")
    Dispatcher().run()
    assert Delivery.objects.filter(state=1).count() == 50
    health.refresh_from_db()
    assert (health.rests, health.failures, health.until, health.failing_since) == (0, 0, None, None)


def test_only_one_process_tries_a_half_open_circuit(endpoint, feed):
    feed.tell(*range(1, 21))
    feed.publish()
    EndpointHealth.objects.create(endpoint=endpoint, rests=3, until=timezone.now() - timedelta(seconds=1))
    got: list[int] = []
    go = threading.Barrier(4)

    def one() -> None:
        go.wait()
        got.append(len(claim({endpoint.pk: 200}, lease_seconds=40, half_open={endpoint.pk})))
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [0, 0, 0, 1]
    assert claim({endpoint.pk: 200}, lease_seconds=40, half_open={endpoint.pk}) == []
    # Who died with the one try keeps the others away for its time, and no longer.
    end_rests()
    assert len(claim({endpoint.pk: 200}, lease_seconds=40, half_open={endpoint.pk})) == 1


def test_who_took_nothing_for_five_days_is_disabled_with_notice(endpoint, receiver, feed, hurry):
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: 500
    deliver_due()
    rows("UPDATE hub_endpointhealth SET failing_since = now() - interval '4 days 23 hours'")
    hurry()
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.state == "active"
    rows("UPDATE hub_endpointhealth SET failing_since = now() - interval '5 days 1 hour'")
    hurry()
    deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "failing")
    assert AuditEntry.objects.get(action="endpoint.disabled").detail == {"reason": "failing"}
    assert Delivery.objects.get().state == Delivery.State.PENDING  # it waits for whoever switches it on again


def test_the_dead_get_no_more_rows_and_catch_up_when_they_are_back(endpoint, receiver, feed, hurry):
    feed.tell(*range(1, 11))
    feed.publish()
    receiver.answer = lambda got: 503
    Dispatcher().run()
    for _ in range(3):
        feed.tell(*range(1, 11))
    assert feed.publish() == 0
    assert Delivery.objects.count() == 10
    receiver.answer = lambda got: 200
    hurry()
    Dispatcher().run()
    assert fan_out() == 30
    Dispatcher().run()
    for golden in range(1, 11):
        assert [n for subject, n in receiver.marks[-40:] if subject == f"gr_{golden}"] == [1, 2, 3, 4]


def test_closing_a_circuit_by_hand(endpoint, receiver, feed):
    EndpointHealth.objects.create(endpoint=endpoint, rests=3, until=timezone.now() + timedelta(days=1))
    feed.tell(1)
    feed.publish()
    assert deliver_due(limits=QUICK) == 0
    breaker.close(endpoint.pk)
    assert deliver_due(limits=QUICK) == 1
