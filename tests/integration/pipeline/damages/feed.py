"""Damages to the feed and to deliveries: the breaches of invariant 8."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from hub.ids import new_id
from hub.models import Delivery, Endpoint, OutboxEvent
from hub.sql import rows
from tests.integration.pipeline.damages.breaking import breaks


@breaks(8, "events; ")
def remove_an_event() -> str:
    event = OutboxEvent.objects.order_by("id")[0]
    rows("DELETE FROM hub_outboxevent WHERE id = %s", event.pk)
    return event.subject


@breaks(8, "It reaches position")
def leave_a_gap_in_the_feed() -> str:
    rows("UPDATE hub_outboxevent SET position = position + 1000 WHERE position = (SELECT max(position) FROM "
         "hub_outboxevent)")  # fmt: skip
    return "feed"


def _swap(first: OutboxEvent, second: OutboxEvent) -> None:
    rows("UPDATE hub_outboxevent SET position = NULL WHERE id = %s", first.pk)
    rows("UPDATE hub_outboxevent SET position = %s WHERE id = %s", first.position, second.pk)
    rows("UPDATE hub_outboxevent SET position = %s WHERE id = %s", second.position, first.pk)


@breaks(8, "of the event it follows")
def turn_two_events_round() -> str:
    second = OutboxEvent.objects.filter(sequence=2).order_by("id")[0]
    _swap(OutboxEvent.objects.get(golden_id=second.golden_id, sequence=1), second)
    return second.public_id


def _merge() -> OutboxEvent:
    return OutboxEvent.objects.filter(type="golden.merged").order_by("id")[0]


@breaks(8, "which it must come after")
def tell_of_a_merge_too_early() -> str:
    merge = _merge()
    other = OutboxEvent.objects.filter(golden_id=merge.after[1], pk__lt=merge.pk).order_by("-id")[0]
    _swap(other, merge)
    return merge.public_id


@breaks(8, "does not wait for its events")
def have_a_merge_wait_for_nobody() -> str:
    merge = _merge()
    rows("UPDATE hub_outboxevent SET after = ARRAY[golden_id] WHERE id = %s", merge.pk)
    return merge.public_id


def deliveries(**second: Any) -> tuple[Delivery, Delivery]:
    """Of the first two events of one golden record; ``second`` is what is wrong with the second."""
    later = OutboxEvent.objects.filter(sequence=2).order_by("id")[0]
    first = OutboxEvent.objects.get(golden_id=later.golden_id, sequence=1)
    endpoint = Endpoint.objects.create(url="https://receiver.example.com/")
    made = [
        Delivery.objects.create(**{
            "event": event, "endpoint": endpoint, "golden_id": event.golden_id, "position": event.position,
            "public_id": new_id("dl"), "next_attempt_at": timezone.now(), **more,
        })
        for event, more in ((first, {}), (later, {"previous_sequence": 1, **second}))
    ]  # fmt: skip
    return made[0], made[1]


@breaks(8, "does not stand where its event does")
def deliver_from_another_position() -> str:
    return deliveries(position=10**6)[1].public_id


@breaks(8, "as the one before it")
def name_another_as_the_one_before() -> str:
    return deliveries(previous_sequence=7)[1].public_id


@breaks(8, "was never tried")
def deliver_the_second_first() -> str:
    return deliveries(state=1)[0].public_id
