"""Who is served first, and that nobody waits for ever."""

from __future__ import annotations

import pytest

from hub import pipeline
from hub.lanes import ALL, PATIENCE, URGENT, Pace, Rota
from hub.models import InboxMessage, SourceSystem
from hub.models.inbox import Lane
from hub.tasks import lanes_of
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def send(number: int, lane: Lane, *, start: int = 0) -> None:
    payloads = [
        {"source_id": f"{lane}-{start + i}", "name": {"given": "Alice", "family": f"Meyer{lane}{start + i}"}}
        for i in range(number)
    ]
    pipeline.receive(source=SourceSystem.objects.get(code="crm"), payloads=payloads, lane=lane)


def served() -> list[int]:
    """The lanes of what was resolved, in the order of it."""
    found = InboxMessage.objects.filter(status=1).order_by("resolved_at", "id").values_list("lane", flat=True)
    return list(found)


@pytest.fixture
def hub(sources, settings):
    world.activate(world.tiny_model(cap=100))
    settings.HUB_BATCH_SIZE = 2


def test_the_urgent_lane_goes_first_whatever_came_first(hub) -> None:
    for lane in (Lane.BULK, Lane.EVENT, Lane.INTERACTIVE):
        send(3, lane)
    pipeline.drain()
    assert served() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_a_till_that_comes_during_a_bulk_load_is_next(hub) -> None:
    send(20, Lane.BULK)
    arrived = False

    def one_batch_is_done() -> bool:
        nonlocal arrived
        if not arrived and served():
            arrived = True
            send(1, Lane.INTERACTIVE)
        return False

    pipeline.drain(stop=one_batch_is_done)
    assert served().index(0) == 2  # after the one batch that was in hand


def test_events_without_end_do_not_starve_a_load(hub) -> None:
    send(2, Lane.BULK)
    number = 0

    def another_event() -> bool:
        nonlocal number
        number += 2
        send(2, Lane.EVENT, start=number)
        return number > 100

    pipeline.drain(stop=another_event)
    # It waits for so many batches of two, and for no more.
    assert served().index(2) == PATIENCE[Lane.BULK] * 2


def test_tills_without_end_starve_neither_events_nor_a_load(hub) -> None:
    send(2, Lane.BULK)
    send(2, Lane.EVENT)
    number = 0

    def another_till() -> bool:
        nonlocal number
        number += 1
        send(1, Lane.INTERACTIVE, start=number)
        return number > 40

    pipeline.drain(stop=another_till)
    order = served()
    assert order.index(1) == PATIENCE[Lane.EVENT]
    assert order.index(2) <= PATIENCE[Lane.BULK] + 2
    assert order.count(0) > 30


def test_a_process_that_is_kept_free_takes_no_bulk(hub) -> None:
    assert [lanes_of(index, 3) for index in range(3)] == [URGENT, ALL, ALL]
    assert lanes_of(0, 1) == ALL
    send(2, Lane.BULK)
    send(2, Lane.EVENT)
    pipeline.drain(lanes=lanes_of(0, 3))
    assert served() == [1, 1]
    pipeline.drain(lanes=lanes_of(1, 3))
    assert served() == [1, 1, 2, 2]


def test_batches_shrink_until_they_let_go_in_time(hub) -> None:
    pace = Pace(most=64, seconds=1e-6, least=16)
    send(100, Lane.BULK)
    pipeline.drain(pace=pace)
    assert pace.size == pace.least
    assert len(served()) == 100


def test_the_share_of_each_lane_is_what_is_promised() -> None:
    rota = Rota()
    taken = [rota.next(list(Lane)) for _ in range(900)]
    assert taken.count(Lane.BULK) >= 900 // (PATIENCE[Lane.BULK] + 2)
    assert taken.count(Lane.EVENT) >= 900 // (PATIENCE[Lane.EVENT] + 2)
    assert taken.count(Lane.INTERACTIVE) > 600
