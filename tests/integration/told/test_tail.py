"""A reader that tails the feed while slow transactions commit out of order, side by side with a receiver."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from connectors.outbound.fanout import fan_out
from hub.models import OutboxEvent
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller
from tests.integration.outbound.conftest import Feed
from tests.integration.outbound.receivers import Receiver
from tests.integration.told.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)
_WRITERS, _TURNS = 6, 12


def test_a_reader_of_the_feed_skips_nothing_that_commits_late(listen: Any, channel: Caller, receiver: Receiver) -> None:
    """Each writer holds its transaction for a while after it has its events' ids, so that later ids commit first. Two
    sealers number what is committed; readers of two page sizes follow."""
    listen()
    writing, failed = threading.Event(), []
    out_of_turn = []

    def guard(work: Any) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failed.append(error)
            finally:
                connection.close()

        return threading.Thread(target=run)

    def writer(number: int) -> Any:
        dice, feed = random.Random(number), Feed()

        def work() -> None:
            for _ in range(_TURNS):
                with transaction.atomic():
                    feed.tell(number * 10 + dice.randrange(1, 4), number * 10 + 5)
                    time.sleep(dice.random() * 0.06)

        return work

    def sealer() -> None:
        while not writing.is_set() or seal():
            seal()
            fan_out()
            time.sleep(0.005)

    def reader(limit: int, seen: list[str]) -> Any:
        def work() -> None:
            after, last = "0", 0
            while True:
                done = writing.is_set() and not OutboxEvent.objects.filter(position=None).exists()
                page = channel.get(f"/api/v1/events?after={after}&limit={limit}").json()
                seen.extend(event["id"] for event in page["items"])
                after = page["next"]
                out_of_turn.extend([after] if int(after) < last else [])
                last = int(after)
                if done and not page["items"]:
                    return

        return work

    few: list[str] = []
    many: list[str] = []
    others = [guard(sealer), guard(sealer), guard(reader(3, few)), guard(reader(500, many))]
    writers = [guard(writer(number)) for number in range(1, _WRITERS + 1)]
    for thread in (*others, *writers):
        thread.start()
    for thread in writers:
        thread.join(60)
    writing.set()
    for thread in others:
        thread.join(60)
    assert not failed
    held = list(OutboxEvent.objects.order_by("position").values_list("public_id", "id"))
    assert len(held) == _WRITERS * _TURNS * 2
    assert [pk for _, pk in held] != sorted(pk for _, pk in held)  # some did commit out of turn
    assert few == many == [public_id for public_id, _ in held]
    assert not out_of_turn
    deliver()
    assert {got.id for got in receiver.taken} == set(few)
