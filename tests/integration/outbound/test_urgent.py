"""What a customer allows goes out ahead of everything else that waits for a receiver, and in order."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.outbound.claim import claim
from connectors.outbound.deliver import deliver_due
from hub.models import Delivery, Endpoint
from hub.sql import rows
from tests.integration.outbound.conftest import Feed


def test_a_change_of_consent_overtakes_a_backlog_with_what_must_go_before_it(endpoint, receiver, feed):
    feed.tell(*range(1, 301))
    feed.publish()
    feed.tell(7, kind="golden.merged", after=(9,))
    feed.tell(250, 7, kind="golden.updated")
    feed.tell(7, kind="consent.changed")
    feed.publish()
    ((first,),) = rows("SELECT array_agg(golden_id ORDER BY position) FROM hub_delivery WHERE urgent")
    assert first == [7, 9, 7, 7, 7]
    mine = [(c.event.subject, c.event.type) for c in claim({endpoint.pk: 2}, lease_seconds=60)]
    # Of each golden record the eldest; the merge waits for the end of what it absorbed.
    assert mine == [("gr_7", "golden.updated"), ("gr_9", "golden.updated")]
    rows("UPDATE hub_delivery SET lease_until = NULL, lease_token = NULL")
    deliver_due()
    told = [(got.body["subject"], got.body["sequence"]) for got in receiver.got]
    assert [sequence for subject, sequence in told if subject == "gr_7"] == [1, 2, 3, 4]
    assert Delivery.objects.filter(state=0).count() == 0


def test_repeating_the_fan_out_changes_nothing(endpoint, feed):
    feed.tell(1, 2, 3)
    feed.tell(2, kind="consent.changed")
    feed.publish()
    before = list(Delivery.objects.order_by("id").values_list("id", "urgent"))
    assert [urgent for _, urgent in before] == [False, True, False, True]
    Endpoint.objects.update(position=0)
    assert feed.publish() == 0
    assert list(Delivery.objects.order_by("id").values_list("id", "urgent")) == before


steps = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["golden.updated", "consent.changed", "golden.merged"]),
              st.integers(1, 4), st.booleans()),
    max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_is_urgent_the_order_of_each_golden_record_holds(transactional_db, steps):
    """Claimed one by one: nothing goes before an earlier event of its golden records, and no urgent delivery waits
    for one that is neither urgent nor ahead of it."""
    rows("TRUNCATE hub_outboxevent, hub_delivery, hub_endpoint, hub_goldenrecord RESTART IDENTITY CASCADE")
    made = Endpoint.objects.create(url="https://example.com/")
    feed = Feed()
    for golden, kind, other, publish in steps:
        feed.tell(golden, kind=kind, after=(other,) if kind == "golden.merged" and other != golden else ())
        if publish:
            feed.publish()
    feed.publish()
    done: list[tuple[int, frozenset[int]]] = []
    while claimed := claim({made.pk: 1}, lease_seconds=60):
        (one,) = claimed
        row = Delivery.objects.select_related("event").get(pk=one.delivery)
        speaks_of = frozenset({row.golden_id, *row.event.after})
        waiting = Delivery.objects.filter(state=0).exclude(pk=row.pk)
        assert not [w for w in waiting if w.position < row.position and w.golden_id in speaks_of]
        if not row.urgent:
            assert not waiting.filter(urgent=True).exists()
        done.append((row.position, speaks_of))
        Delivery.objects.filter(pk=row.pk).update(state=1, lease_until=None)
    assert len(done) == len(steps)
