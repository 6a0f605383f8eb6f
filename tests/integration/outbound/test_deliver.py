"""Deliveries to a real receiver: order, retries, and receivers that misbehave."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from django.utils import timezone

from connectors.outbound.claim import claim
from connectors.outbound.deliver import Dispatcher, deliver_due
from connectors.outbound.marks import Outcome, mark
from connectors.outbound.schedule import DELAYS
from hub.models import Attempt, AuditEntry, Delivery, Endpoint
from hub.sql import rows
from tests.integration.outbound.conftest import QUICK, endpoint_at

S = Delivery.State


def states() -> list[int]:
    return list(Delivery.objects.order_by("position").values_list("state", flat=True))


def errors() -> list[str]:
    return list(Attempt.objects.order_by("id").values_list("error", flat=True))


def test_every_event_arrives_signed_in_order_and_once(endpoint, receiver, feed):
    for _ in range(5):
        feed.tell(*range(1, 41))
    assert feed.publish() == 200
    assert deliver_due() == 200
    assert len(receiver.got) == 200
    for golden in range(1, 41):
        assert [n for subject, n in receiver.marks if subject == f"gr_{golden}"] == [1, 2, 3, 4, 5]
    assert states() == [S.DELIVERED] * 200
    assert deliver_due() == 0
    assert Attempt.objects.count() == 200


def test_what_is_sent_is_a_cloudevent(endpoint, receiver, feed):
    feed.tell(7, name="Zoë")
    feed.publish()
    deliver_due()
    got = receiver.got[0]
    event = JSONFormat().read(CloudEvent, json.dumps(got.body))
    assert (event.get_id(), event.get_type(), event.get_subject()) == (got.id, "golden.updated", "gr_7")
    assert got.headers["Content-Type"] == "application/cloudevents+json"
    assert got.body["data"]["name"] == "Zoë"
    assert "previous_sequence" not in got.body["data"]


def test_a_failure_is_retried_with_the_same_id_and_holds_later_events_of_its_golden_record(
    endpoint, receiver, feed, hurry
):
    feed.tell(1, 2)
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: 500 if got.mark == ("gr_1", 1) else 200
    assert deliver_due() == 2
    assert sorted(receiver.marks) == [("gr_1", 1), ("gr_2", 1)]
    first = Delivery.objects.get(position=1)
    wait = (first.next_attempt_at - timezone.now()).total_seconds()
    assert DELAYS[0] - 1 < wait <= DELAYS[0] * 1.2
    assert (first.attempts, errors().count("http_5xx")) == (1, 1)
    receiver.answer = lambda got: 200
    assert deliver_due() == 0  # not yet
    hurry()
    assert deliver_due() == 2
    assert receiver.marks[2:] == [("gr_1", 1), ("gr_1", 2)]
    ids = [got.id for got in receiver.got if got.mark == ("gr_1", 1)]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_the_events_of_a_retired_record_go_before_the_merge_that_retired_it(endpoint, receiver, feed, hurry):
    feed.tell(1, 2)
    feed.tell(2)
    feed.tell(1, kind="golden.merged", after=(2,), merged_from=["gr_2"])
    feed.tell(3)
    feed.publish()
    receiver.answer = lambda got: 503 if got.body["subject"] == "gr_2" else 200
    deliver_due()
    assert ("gr_1", 2) not in receiver.marks
    assert ("gr_3", 1) in receiver.marks
    receiver.answer = lambda got: 200
    hurry()
    deliver_due()
    assert receiver.marks[-3:] == [("gr_2", 1), ("gr_2", 2), ("gr_1", 2)]


def test_after_the_last_try_a_delivery_is_a_dead_letter_and_blocks_no_more(endpoint, receiver, feed, hurry):
    feed.tell(1)
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: 500 if got.mark == ("gr_1", 1) else 200
    for tried in range(len(DELAYS)):
        assert deliver_due() == 1, tried
        assert states() == [S.PENDING, S.PENDING]
        hurry()
    assert deliver_due() == 1
    hurry()
    assert deliver_due() == 1
    assert states() == [S.DEAD_LETTER, S.DELIVERED]
    assert Attempt.objects.filter(delivery__position=1).count() == len(DELAYS) + 1


def test_410_disables_the_endpoint_and_a_pause_makes_deliveries_wait(endpoint, receiver, feed, hurry):
    Endpoint.objects.update(state="paused")
    feed.tell(1)
    assert feed.publish() == 1
    assert deliver_due() == 0
    Endpoint.objects.update(state="active")
    receiver.answer = lambda got: 410
    assert deliver_due() == 1
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.disabled_reason, errors()) == ("disabled", "gone", ["gone"])
    assert endpoint.disabled_at is not None
    said = AuditEntry.objects.get(action="endpoint.disabled")
    assert (said.actor, said.subject) == ("system", endpoint.public_id)
    hurry()
    assert deliver_due() == 0
    feed.tell(2)
    assert feed.publish() == 0


def test_a_redirect_is_a_failure_and_is_not_followed(endpoint, receiver, feed):
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: web.Response(status=307, headers={"Location": f"{receiver.url}/elsewhere"})
    assert deliver_due() == 1
    assert (len(receiver.got), errors()) == (1, ["redirect"])


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(endpoint, receiver, feed, status):
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: web.Response(status=status, headers={"Retry-After": "120"})
    dispatcher = Dispatcher()
    assert dispatcher.run() == 1
    wait = (Delivery.objects.get().next_attempt_at - timezone.now()).total_seconds()
    assert 118 < wait <= 120
    feed.tell(2)
    feed.publish()
    assert dispatcher.run() == 0  # the endpoint asked to be left alone, not this delivery


def test_a_receiver_that_does_not_answer_in_time_failed(endpoint, receiver, feed):
    async def sleep(request: web.Request) -> web.Response:
        await asyncio.sleep(1.5)
        return web.Response()

    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: sleep
    assert deliver_due(limits=QUICK) == 1
    assert errors() == ["timeout"]


def test_an_endless_answer_is_read_to_its_bound(endpoint, receiver, feed):
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)
            await asyncio.sleep(0)

    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    feed.tell(1, 2)
    feed.publish()
    receiver.answer = lambda got: endless if got.mark[0] == "gr_1" else dripping
    assert deliver_due(limits=QUICK) == 2
    assert states() == [S.DELIVERED] * 2


def test_a_receiver_that_is_down_gets_a_rest_and_another_none(endpoint, receiver, feed, settings):
    settings.HUB_DELIVERY_ALLOW = [*settings.HUB_DELIVERY_ALLOW, "127.0.0.1:1"]
    endpoint_at("http://127.0.0.1:1/", receiver.secret)
    feed.tell(*range(1, 101))
    assert feed.publish() == 200
    dispatcher = Dispatcher()
    tries = dispatcher.run()
    assert len(receiver.got) == 100
    # Five in a row end it; those under way at that moment end too.
    assert 105 <= tries <= 130
    assert set(errors()) == {"", "no_connection"}
    assert Delivery.objects.filter(state=0, lease_token=None).count() == 100


def test_a_slow_receiver_delays_no_other(endpoint, receiver, feed, settings):
    other = type(receiver)(receiver.secret)
    try:
        settings.HUB_DELIVERY_ALLOW = [*settings.HUB_DELIVERY_ALLOW, f"127.0.0.1:{other.port}"]
        endpoint_at(other.url, other.secret)

        async def slowly(request: web.Request) -> web.Response:
            await asyncio.sleep(0.4)
            return web.Response()

        other.answer = lambda got: slowly
        for _ in range(2):
            feed.tell(*range(1, 41))
        feed.publish()
        deliver_due()
        assert len(receiver.got) == len(other.got) == 80
        assert receiver.got[-1].at < other.got[40].at
        assert other.most_at_once <= 20
    finally:
        other.close()


def test_nothing_goes_to_an_address_that_is_not_public(endpoint, receiver, feed, settings):
    settings.HUB_DELIVERY_ALLOW = []
    Endpoint.objects.filter(pk=endpoint.pk).update(url=f"https://localhost:{receiver.port}/")
    for host in ("127.0.0.1", "[::1]", "169.254.169.254", "10.1.2.3", "0x7f.1"):
        endpoint_at(f"https://{host}:{receiver.port}/", receiver.secret)
    feed.tell(1)
    assert feed.publish() == 6
    assert deliver_due(limits=QUICK) == 6
    assert receiver.got == []
    assert set(errors()) == {"address_refused"}


def test_a_host_is_open_at_one_port_only(endpoint, receiver, feed, settings):
    settings.HUB_DELIVERY_ALLOW = [f"127.0.0.1:{receiver.port + 1}"]
    feed.tell(1)
    feed.publish()
    deliver_due(limits=QUICK)
    assert receiver.got == []
    assert errors() == ["address_refused"]


def test_who_lost_the_lease_changes_nothing(endpoint, feed):
    feed.tell(1)
    feed.publish()
    slow = claim({endpoint.pk: 10}, lease_seconds=0)[0]
    quick = claim({endpoint.pk: 10}, lease_seconds=60)[0]
    assert claim({endpoint.pk: 10}, lease_seconds=60) == []
    now = timezone.now()

    def outcome(claimed, error):
        again = 5.0 if error else None
        return Outcome(claimed.delivery, claimed.endpoint, claimed.token, now, 3, None, error, again)

    assert mark([outcome(slow, "timeout")]).kept == 0
    assert states() == [S.PENDING]
    assert mark([outcome(quick, "")]).kept == 1
    assert states() == [S.DELIVERED]
    assert mark([outcome(slow, "timeout")]).kept == 0
    assert states() == [S.DELIVERED]
    assert errors() == [""]


def test_attempts_keep_no_word_of_the_receiver(endpoint, receiver, feed):
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: web.Response(status=400, text="Alice Ashworth", headers={"X-Name": "Alice"})
    deliver_due()
    kept = rows("SELECT row_to_json(a)::text FROM hub_attempt a")[0][0]
    assert "Alice" not in kept
    assert errors() == ["http_4xx"]


def test_a_limit_is_kept(endpoint, receiver, feed):
    feed.tell(*range(1, 31))
    feed.publish()
    assert deliver_due(10) == 10
    assert len(receiver.got) == 10


def test_a_worker_that_is_told_to_stop_ends_its_tries_and_gives_back_the_rest(endpoint, receiver, feed):
    async def slowly(request: web.Request) -> web.Response:
        dispatcher.stopping.set()
        await asyncio.sleep(0.3)
        return web.Response()

    feed.tell(*range(1, 101))
    feed.publish()
    receiver.answer = lambda got: slowly
    dispatcher = Dispatcher()
    assert 1 <= dispatcher.run() <= 20
    left = 100 - len(receiver.got)
    assert Delivery.objects.filter(state=0, lease_token=None).count() == left
    receiver.answer = lambda got: 200
    assert deliver_due() == left
    assert len({got.id for got in receiver.got}) == len(receiver.got) == 100
