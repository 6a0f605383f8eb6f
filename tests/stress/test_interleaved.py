"""What two workers at once can do to each other, forced: one is held at a commit while the other goes on."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from hub import pipeline, tasks
from hub.sql import rows
from tests.integration.pipeline import world
from tests.stress.held import CLAIM, T1, T2, T3, HeldWorker, watch_commits
from tests.stress.nursery import Nursery
from tests.stress.people import alice, bob, clusters, golden_ids, groups, settle, take, tell

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
BEFORE_COMMIT = -0.5


@pytest.fixture(autouse=True)
def _watched(sources, monkeypatch):
    watch_commits(monkeypatch)


def tiny(cap: int) -> None:
    world.activate(world.tiny_model(cap=cap))


def test_a_batch_commits_four_times() -> None:
    """What the other cases rest on: after the fourth commit of a batch its record is resolved, and not before."""
    tiny(100)
    tell(alice("1"))
    with HeldWorker(after=T2) as worker:
        assert worker.stood
        assert golden_ids() == {}
    assert len(golden_ids()) == 1
    tell(alice("2"))
    with HeldWorker(after=T3) as worker:
        assert worker.stood
        assert len(golden_ids()) == 2


@pytest.mark.parametrize("point", [CLAIM, T1 + BEFORE_COMMIT, T1, T2 + BEFORE_COMMIT, T2])
def test_the_other_half_of_a_pair_commits_meanwhile(point: float) -> None:
    tiny(100)
    tell(alice("1"))
    with HeldWorker(after=point, limit=1):
        tell(alice("2"))
        pipeline.drain()
    settle()
    assert clusters() == groups("12")


@pytest.mark.parametrize("first", [T1 + BEFORE_COMMIT, T1, T2 + BEFORE_COMMIT, T2])
def test_both_halves_of_a_pair_are_on_their_way(first: float) -> None:
    tiny(100)
    tell(alice("1"))
    with HeldWorker(after=first, limit=1) as one:
        tell(alice("2"))
        with HeldWorker(after=T1, limit=1):
            one.let_go()
    settle()
    assert clusters() == groups("12")


def test_a_key_crosses_its_cap_up_and_down_by_a_delete() -> None:
    tiny(3)
    take(*(alice(str(n)) for n in (1, 2, 3)))
    assert clusters() == groups("123")
    take(alice("4"))
    assert clusters() == groups("1", "2", "3", "4")
    take(alice("2", deleted=True, at=9))
    assert clusters() == groups("134")


def test_a_key_crosses_its_cap_down_by_updates_that_drop_it() -> None:
    tiny(3)
    take(*(alice(str(n)) for n in (1, 2, 3, 4, 5)))
    assert clusters() == groups("1", "2", "3", "4", "5")
    take(bob("4", at=9))
    assert clusters() == groups("1", "2", "3", "4", "5")
    take(bob("5", at=9))
    assert clusters() == groups("123", "45")


@pytest.mark.parametrize("point", [T1, T2])
def test_a_key_crosses_its_cap_upwards_before_anothers_t3(point: float) -> None:
    """The pairs that were compared in T2 stand on a key that is suppressed by T3."""
    tiny(3)
    take(alice("1"), alice("2"))
    tell(alice("3"))
    with HeldWorker(after=point, limit=1):
        tell(alice("4"))
        pipeline.drain()
    settle()
    assert clusters() == groups("1", "2", "3", "4")


@pytest.mark.parametrize("point", [T1, T2])
def test_a_key_crosses_its_cap_downwards_before_anothers_t3(point: float) -> None:
    """T2 passed the key over, and nobody else will compare the pair."""
    tiny(3)
    take(*(alice(str(n)) for n in (1, 2, 3)))
    tell(alice("4"))
    with HeldWorker(after=point, limit=1):
        tell(alice("1", deleted=True, at=9))
        pipeline.drain()
    settle()
    assert clusters() == groups("234")


@pytest.mark.parametrize("point", [T1, T2])
def test_a_key_crosses_its_cap_up_and_down_again_before_anothers_t3(point: float) -> None:
    tiny(3)
    take(alice("1"), alice("2"))
    tell(alice("3"))
    with HeldWorker(after=point, limit=1):
        take_now(alice("4"))
        take_now(bob("4", at=9))
    settle()
    assert clusters() == groups("123", "4")


# The worker that moved a key across its cap looks at it once more in another transaction: T3 + 1.
CROSSING = [T1, T2, T3 + BEFORE_COMMIT, T3, T3 + 1 + BEFORE_COMMIT]


@pytest.mark.parametrize("point", CROSSING)
def test_another_record_comes_while_a_worker_brings_a_key_over_its_cap(point: float) -> None:
    tiny(3)
    take(alice("1"), alice("2"), alice("3"))
    tell(alice("4"))
    with HeldWorker(after=point, limit=1), alongside():
        tell(alice("5"))
    settle()
    assert clusters() == groups("1", "2", "3", "4", "5")
    take(alice("1", deleted=True, at=9), alice("2", deleted=True, at=9))
    assert clusters() == groups("345")


@pytest.mark.parametrize("point", CROSSING)
def test_a_record_leaves_while_a_worker_brings_a_key_over_its_cap(point: float) -> None:
    tiny(3)
    take(alice("1"), alice("2"), alice("3"))
    tell(alice("4"))
    with HeldWorker(after=point, limit=1), alongside():
        tell(bob("2", at=9))
    settle()
    assert clusters() == groups("134", "2")


@pytest.mark.parametrize("point", CROSSING)
def test_another_record_comes_while_a_worker_takes_a_key_below_its_cap(point: float) -> None:
    tiny(3)
    take(*(alice(str(n)) for n in (1, 2, 3, 4)))
    tell(alice("4", deleted=True, at=9))
    with HeldWorker(after=point, limit=1), alongside():
        tell(alice("5"))
    settle()
    assert clusters() == groups("1", "2", "3", "5")
    take(bob("1", at=9))
    assert clusters() == groups("1", "235")


@contextlib.contextmanager
def alongside() -> Iterator[None]:
    """Resolve what was told in a thread of its own: it may have to wait for locks of the held worker."""
    yield

    def work() -> None:
        try:
            pipeline.drain(limit=1)
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(1.0)  # it is through, or waits; the held worker goes on in either case


def take_now(record: dict) -> None:
    tell(record)
    pipeline.drain(limit=1)


@pytest.mark.parametrize("point", [T1, T2])
def test_two_versions_of_one_record_overtake_each_other(point: float) -> None:
    """The older version is compared while the newer one is resolved: its edges count no more."""
    tiny(100)
    take(alice("1"), bob("9"))
    tell(alice("5", at=1))
    with HeldWorker(after=point, limit=1):
        take_now(bob("5", at=2))
    settle()
    assert clusters() == groups("1", "95")


@pytest.mark.parametrize("point", [T1, T2])
def test_a_record_is_deleted_before_anothers_t3(point: float) -> None:
    tiny(100)
    take(alice("1"))
    tell(alice("2"))
    with HeldWorker(after=point, limit=1):
        take_now(alice("1", deleted=True, at=9))
    settle()
    assert clusters() == groups("2")


@pytest.mark.parametrize("place", [CLAIM, T1 + BEFORE_COMMIT, T1, T2 + BEFORE_COMMIT, T2, T3 + BEFORE_COMMIT, T3])
def test_a_batch_is_done_again_after_its_worker_died(place: float, nursery: Nursery) -> None:
    """Between two transactions, and with all of one done but its commit; the record changes place on the way."""
    tiny(3)
    take(alice("1"), alice("2"), bob("8"), bob("9"))
    tell(bob("1", at=5), alice("3"))
    worker = nursery.start(batch=7, die_after_commit=place)
    while worker in nursery.alive:
        time.sleep(0.02)
        nursery.reap()
    settle_after_death()
    assert clusters() == groups("23", "189")


@pytest.mark.parametrize("place", [T1, T2, T3 + BEFORE_COMMIT, T3, T3 + 1 + BEFORE_COMMIT, T3 + 1])
def test_a_worker_dies_while_it_brings_a_key_over_its_cap(place: float, nursery: Nursery) -> None:
    tiny(3)
    take(alice("1"), alice("2"), alice("3"))
    tell(alice("4"))
    worker = nursery.start(batch=7, die_after_commit=place)
    while worker in nursery.alive:
        time.sleep(0.02)
        nursery.reap()
    settle_after_death()
    assert clusters() == groups("1", "2", "3", "4")
    take(alice("2", deleted=True, at=9))
    assert clusters() == groups("134")


def settle_after_death() -> None:
    while waiting():
        time.sleep(0.05)
        tasks.run_once()


def waiting() -> bool:
    return bool(rows("SELECT 1 FROM hub_inboxmessage WHERE status = 0"))
