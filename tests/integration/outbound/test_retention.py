"""What was delivered long ago is forgotten, and nothing that is left knows less of its order."""

from __future__ import annotations

from connectors.outbound import retention
from connectors.outbound.deliver import deliver_due
from hub.models import Attempt, Delivery, Endpoint
from hub.sql import rows


def forgotten() -> int:
    gone, more = 0, True
    while more:
        more, number = retention.forget(keep_days=30, bite=7)
        gone += number
    return gone


def aged(days: int) -> None:
    rows("UPDATE hub_delivery SET delivered_at = delivered_at - make_interval(days => %s) WHERE state = 1", days)


def kept() -> list[tuple[int, int, int | None]]:
    return list(Delivery.objects.order_by("golden_id", "position").values_list(
        "golden_id", "event__sequence", "previous_sequence"))  # fmt: skip


def test_the_last_of_each_golden_id_stays_and_the_next_names_it(endpoint, receiver, feed):
    for _ in range(5):
        feed.tell(1, 2, 3)
    feed.publish()
    deliver_due()
    assert forgotten() == 0
    aged(31)
    assert forgotten() == 12
    assert kept() == [(1, 5, 4), (2, 5, 4), (3, 5, 4)]
    assert Attempt.objects.count() == 0
    Endpoint.objects.update(events=["golden.updated"])
    feed.tell(1)
    feed.publish()
    deliver_due()
    assert receiver.got[-1].body["data"]["previous_sequence"] == 5
    assert forgotten() == 1  # the last but one, now that there is another
    aged(31)
    assert forgotten() == 0


def test_nothing_goes_from_behind_a_dead_letter_or_what_waits(endpoint, receiver, feed):
    for _ in range(4):
        feed.tell(1, 2)
    feed.publish()
    deliver_due()
    aged(31)
    rows("UPDATE hub_delivery SET state = 2, delivered_at = NULL WHERE golden_id = 1 AND position = 3")
    assert forgotten() == 4
    assert kept() == [(1, 2, 1), (1, 3, 2), (1, 4, 3), (2, 4, 3)]
