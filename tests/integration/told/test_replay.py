"""Sending once more: single deliveries, stretches of the feed, golden records, all since an instant."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.outbound import replay
from connectors.outbound.claim import claim
from connectors.outbound.deliver import deliver_due
from connectors.outbound.endpoints import Wishes, create
from connectors.outbound.replay import Wanted
from hub.models import AuditEntry, Delivery, Endpoint, OutboxEvent, SourceSystem
from hub.sql import rows
from tests.integration.api.conftest import Caller, person, problem_of
from tests.integration.outbound.conftest import Feed
from tests.integration.outbound.receivers import Receiver
from tests.integration.told.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def feed(transactional_db: None) -> Feed:
    return Feed()


def url(endpoint: Endpoint) -> str:
    return f"/api/v1/webhook-endpoints/{endpoint.public_id}/replay"


def counts(answer: Any) -> tuple[int, int, int]:
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["events"] == said["again"] + said["first"] + said["waiting"]
    return said["again"], said["first"], said["waiting"]


def test_one_is_sent_again_under_its_id(listen: Any, feed: Feed, receiver: Receiver, channel: Caller) -> None:
    endpoint = listen()
    feed.tell(1, 2)
    feed.publish()
    deliver_due()
    first = next(got for got in receiver.got if got.mark == ("gr_1", 1))
    one = Delivery.objects.get(position=1)
    assert counts(channel.post(url(endpoint), {"delivery_ids": [one.public_id], "dry_run": True})) == (1, 0, 0)
    assert deliver_due() == 0
    assert counts(channel.post(url(endpoint), {"delivery_ids": [one.public_id]})) == (1, 0, 0)
    assert counts(channel.post(url(endpoint), {"delivery_ids": [one.public_id]})) == (0, 0, 1)
    assert deliver_due() == 1
    assert receiver.got[-1].id == first.id
    assert receiver.got[-1].body == first.body
    one.refresh_from_db()
    assert one.replayed_at is not None
    assert one.tries.count() == 2
    assert [entry.action for entry in AuditEntry.objects.filter(subject=endpoint.public_id)][1:] == [
        "endpoint.replayed"
    ] * 2


def test_all_since_an_instant_in_order_and_what_was_before_the_endpoint(
    listen: Any, feed: Feed, receiver: Receiver, channel: Caller
) -> None:
    feed.tell(1, 2)
    feed.publish()
    feed.tell(1)
    feed.publish()
    rows("UPDATE hub_outboxevent SET time = time - interval '1 day' WHERE position <= 2")
    endpoint = listen(events=["golden.updated"])
    feed.tell(2, 1)
    feed.tell(2, kind="consent.changed")
    feed.publish()
    deliver_due()
    assert [got.body["data"]["previous_sequence"] for got in receiver.got] == [None, None]
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    assert counts(channel.post(url(endpoint), {"since": since, "dry_run": True})) == (2, 1, 0)
    assert counts(channel.post(url(endpoint), {"since": since})) == (2, 1, 0)
    assert counts(channel.post(url(endpoint), {"since": since})) == (0, 0, 3)
    receiver.got.clear()
    deliver_due()
    told = [(*got.mark, got.body["data"]["previous_sequence"]) for got in receiver.got]
    assert sorted(told) == [("gr_1", 2, None), ("gr_1", 3, 2), ("gr_2", 2, None)]
    # And from the first day on, by position.
    assert counts(channel.post(url(endpoint), {"from": 0})) == (3, 2, 0)
    receiver.got.clear()
    deliver_due()
    told = [(*got.mark, got.body["data"]["previous_sequence"]) for got in receiver.got]
    assert sorted(told) == [("gr_1", 1, None), ("gr_1", 2, 1), ("gr_1", 3, 2), ("gr_2", 1, None), ("gr_2", 2, 1)]
    assert [n for subject, n, _ in told if subject == "gr_1"] == [1, 2, 3]
    # The next event knows the last one.
    feed.tell(1)
    feed.publish()
    deliver_due()
    assert receiver.got[-1].body["data"]["previous_sequence"] == 3


def test_a_stretch_by_position_and_by_time(listen: Any, feed: Feed, channel: Caller) -> None:
    endpoint = listen()
    feed.tell(*range(1, 11))
    feed.publish()
    deliver_due()
    rows("UPDATE hub_outboxevent SET time = '2026-01-01T00:00:00Z'::timestamptz + make_interval(mins => position::int)")
    assert counts(channel.post(url(endpoint), {"from": 3, "to": 5, "dry_run": True})) == (3, 0, 0)
    assert counts(channel.post(url(endpoint), {"from": "3", "to": "5", "dry_run": True})) == (3, 0, 0)
    span = {"from": "2026-01-01T00:03:00Z", "to": "2026-01-01T01:06:00+01:00"}
    assert counts(channel.post(url(endpoint), {**span, "dry_run": True})) == (4, 0, 0)
    assert counts(channel.post(url(endpoint), {"to": 2, "dry_run": True})) == (2, 0, 0)
    assert counts(channel.post(url(endpoint), {"from": 11})) == (0, 0, 0)


def test_more_than_one_request_takes_goes_on_where_it_stopped(
    listen: Any, feed: Feed, channel: Caller, receiver: Receiver, monkeypatch: Any
) -> None:
    monkeypatch.setattr(replay, "MOST", 4)
    endpoint = listen()
    feed.tell(*range(1, 11))
    feed.publish()
    deliver_due()
    first = channel.post(url(endpoint), {"from": 0}).json()
    assert (first["again"], first["next"]) == (4, 5)
    second = channel.post(url(endpoint), {"from": first["next"]}).json()
    last = channel.post(url(endpoint), {"from": second["next"]}).json()
    assert (second["again"], second["next"], last["again"], last["next"]) == (4, 9, 2, None)
    assert deliver_due() == 10


@pytest.mark.parametrize("asked", [
    {}, {"dry_run": True}, {"from": "yesterday"}, {"from": -1}, {"since": 1, "from": 1}, {"since": "2026-01-01"},
    {"since": "2026-01-01T00:00:00"}, {"delivery_ids": []}, {"delivery_ids": ["dl_" + "0" * 26], "from": 1},
    {"delivery_ids": [7]}, {"delivery_ids": "x"}, {"golden_id": 7}, {"from": True}, {"from": 1, "dry_run": "yes"},
    {"everything": True}, {"from": 2**63}, {"from": 1.5},
])  # fmt: skip
def test_a_replay_that_says_nothing_or_too_much_is_refused(
    listen: Any, feed: Feed, channel: Caller, asked: dict[str, Any]
) -> None:
    endpoint = listen()
    feed.tell(1)
    feed.publish()
    deliver_due()
    assert problem_of(channel.post(url(endpoint), asked)) == (400, "invalid-request")
    assert not Delivery.objects.filter(state=0).exists()


def test_what_is_under_way_is_sent_after_what_came_before_it(listen: Any, feed: Feed, receiver: Receiver) -> None:
    endpoint = listen()
    feed.tell(1)
    feed.tell(1)
    feed.publish()
    deliver_due()
    feed.tell(1)
    feed.publish()
    (mine,) = claim({endpoint.pk: 10}, lease_seconds=60)
    done = replay.replay(endpoint, Wanted(first=1))
    assert (done.again, done.waiting) == (2, 1)
    (next_one,) = claim({endpoint.pk: 10}, lease_seconds=60)
    assert (mine.event.sequence, next_one.event.sequence) == (3, 1)


def test_a_change_of_consent_that_waits_stays_ahead_of_a_replay(listen: Any, feed: Feed) -> None:
    endpoint = listen()
    feed.tell(*range(1, 51))
    feed.publish()
    deliver_due()
    feed.tell(7, kind="consent.changed")
    feed.publish()
    replay.replay(endpoint, Wanted(first=0))
    mine = [(c.event.subject, c.event.type) for c in claim({endpoint.pk: 1}, lease_seconds=60)]
    assert mine == [("gr_7", "golden.updated")]


def test_a_golden_record_with_those_that_ended_in_it(listen: Any, feed: Feed, channel: Caller) -> None:
    endpoint = listen()
    feed.tell(1, 2, 3)
    feed.tell(1, kind="golden.merged", after=(2,))
    feed.publish()
    deliver_due()
    rows("UPDATE hub_goldenrecord SET public_id = 'gr_' || lpad(id::text, 26, '0')")
    asked = {"golden_id": f"gr_{1:026d}", "dry_run": True}
    assert counts(channel.post(url(endpoint), asked)) == (3, 0, 0)
    assert counts(channel.post(url(endpoint), {**asked, "from": 4})) == (1, 0, 0)
    assert counts(channel.post(url(endpoint), {"golden_id": f"gr_{9:026d}"})) == (0, 0, 0)
    rows("UPDATE hub_goldenrecord SET public_id = 'gr_' || id")  # as its events name it


def test_what_was_erased_is_told_as_redacted(listen: Any, take: Any, channel: Caller, receiver: Receiver) -> None:
    take("crm", person("1"))
    golden = channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"]
    asked = {"kind": "erasure", "golden_id": golden, "jurisdiction": "EU"}
    assert channel.post("/api/v1/privacy-requests", asked).status_code == 202
    endpoint = listen()
    deliver()
    assert sum(counts(channel.post(url(endpoint), {"from": 0}))) == OutboxEvent.objects.count() == 2
    receiver.got.clear()
    deliver()
    assert receiver.got[0].body["data"]["redacted"] is True
    assert receiver.got[-1].body["type"] == "golden.erased"
    assert "Ashworth" not in str([got.body for got in receiver.got])


def test_another_scope_s_customers_are_not_replayed(
    listen: Any, take: Any, channel: Caller, five_sources: None
) -> None:
    SourceSystem.objects.create(code="outlet", kind="pos", scope="brand-b")
    take("crm", person("1"))
    endpoint = listen(within=["brand-b"])
    assert counts(channel.post(url(endpoint), {"from": 0})) == (0, 0, 0)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(1, 3), st.sampled_from(["golden.updated", "golden.merged"])),
        st.tuples(st.just("replay"), st.integers(0, 12), st.integers(0, 12)),
        st.tuples(st.just("claim"), st.integers(1, 4), st.booleans()),
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_is_replayed_when_nothing_is_lost_and_a_full_replay_ends_in_order(
    transactional_db: None, steps: list[tuple[Any, ...]]
) -> None:
    rows("TRUNCATE hub_outboxevent, hub_delivery, hub_endpoint, hub_goldenrecord RESTART IDENTITY CASCADE")
    made, _ = create(Wishes(url="https://example.com/"))
    feed, dice = Feed(), random.Random(1)
    for what, one, other in steps:
        if what == "tell":
            after = (one % 3 + 1,) if other == "golden.merged" else ()
            feed.tell(one, kind=other, after=after)
            feed.publish()
        elif what == "replay":
            wanted = Wanted(first=min(one, other), last=max(one, other))
            expected = replay.dry_run(made, wanted)
            assert replay.replay(made, wanted) == expected
        else:
            for mine in claim({made.pk: one}, lease_seconds=60):
                state = dice.choice((1, 2)) if other else 0
                Delivery.objects.filter(pk=mine.delivery, lease_token=mine.token).update(state=state, lease_until=None)
    replay.replay(made, Wanted(first=0))
    events = OutboxEvent.objects.count()
    assert Delivery.objects.filter(state=0).count() == Delivery.objects.count() == events
    last: dict[int, int] = {}
    for _ in range(events):
        (mine,) = claim({made.pk: 1}, lease_seconds=60)
        row = Delivery.objects.select_related("event").get(pk=mine.delivery)
        waiting = Delivery.objects.filter(state=0, golden_id__in=row.event.after, position__lt=row.position)
        assert not waiting.exclude(pk=row.pk).exists()
        assert row.event.sequence == last.get(row.golden_id, 0) + 1
        assert row.previous_sequence == (last.get(row.golden_id) if row.golden_id in last else None)
        last[row.golden_id] = row.event.sequence
        Delivery.objects.filter(pk=row.pk).update(state=1, lease_until=None)
