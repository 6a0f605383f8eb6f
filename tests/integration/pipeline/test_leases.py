"""Who holds a message, and how it comes back from a worker that died: by its session first, else by its lease."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction

from hub import pipeline, tasks
from hub.errors import LostLease
from hub.flow import Message
from hub.models import InboxMessage, SourceSystem
from hub.models.inbox import Lane
from hub.stages import inbox

MOST = 8


class Claimer:
    """Another worker: a thread with a database session of its own, which can end while it holds messages."""

    def __init__(self, *, limit: int = 10, lease_seconds: int = 60) -> None:
        self.messages: list[Message] = []
        self._claimed, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, args=(limit, lease_seconds))
        self._thread.start()
        assert self._claimed.wait(20)

    def _work(self, limit: int, lease_seconds: int) -> None:
        with transaction.atomic():
            self.messages = inbox.claim(lane=Lane.BULK, limit=limit, lease_seconds=lease_seconds)
        self._claimed.set()
        self._end.wait(60)
        connections.close_all()
        inbox.let_go()

    def die(self) -> None:
        """The session is gone, as the kernel closes it when the process is killed; nothing is given back."""
        self._end.set()
        self._thread.join(20)


@pytest.fixture
def waiting(sources: dict[str, SourceSystem]) -> int:
    """Ten messages."""
    payloads = [{"source_id": str(n), "name": {"given": "Alice", "family": f"Meyer{n}"}} for n in range(10)]
    receipts = pipeline.receive(source=sources["crm"], payloads=payloads, lane=Lane.BULK)
    assert {r.status for r in receipts} == {"accepted"}
    return len(receipts)


def take_back() -> int:
    """As the keeper does; a session takes a moment to be gone after its connection was closed."""
    return inbox.take_back(max_attempts=MOST)


def taken_back_in_time(number: int) -> bool:
    done = 0
    for _ in range(100):
        done += take_back()
        if done >= number:
            return done == number
        threading.Event().wait(0.05)
    return False


def test_what_a_living_session_holds_stays_with_it(waiting: int) -> None:
    claimer = Claimer()
    assert len(claimer.messages) == waiting
    assert take_back() == 0
    assert inbox.claim(lane=Lane.BULK, limit=10, lease_seconds=60) == []
    claimer.die()


def test_what_a_dead_session_held_comes_back_as_a_batch(waiting: int) -> None:
    claimer = Claimer()
    claimer.die()
    assert taken_back_in_time(waiting)
    again = inbox.claim(lane=Lane.BULK, limit=10, lease_seconds=60)
    assert [m.id for m in again] == [m.id for m in claimer.messages]
    assert {m.attempts for m in again} == {1}


def test_who_lost_its_messages_cannot_mark_them(waiting: int) -> None:
    claimer = Claimer()
    claimer.die()
    assert taken_back_in_time(waiting)
    with transaction.atomic():
        again = inbox.claim(lane=Lane.BULK, limit=10, lease_seconds=60)
    with pytest.raises(LostLease), transaction.atomic():
        inbox.resolved(claimer.messages, {m.id: 1 for m in claimer.messages})
    inbox.give_back(claimer.messages, problem={"type": "x"}, max_attempts=1, count_it=True)
    inbox.dead_letter(claimer.messages[0], problem={"type": "x"})
    held = InboxMessage.objects.filter(status=0, lease_token=again[0].token)
    assert held.count() == waiting
    inbox.give_back(again, problem={"type": "x"}, max_attempts=MOST, count_it=False)
    assert pipeline.drain() == waiting


def test_a_batch_that_kills_twice_is_tried_one_by_one_and_its_killer_given_up(waiting: int) -> None:
    for _ in range(2):
        claimer = Claimer()
        assert len(claimer.messages) == waiting
        claimer.die()
        assert taken_back_in_time(waiting)
    killer = InboxMessage.objects.earliest("id")
    for attempt in range(2, MOST + 1):
        claimer = Claimer()
        assert [(m.id, m.attempts) for m in claimer.messages] == [(killer.pk, attempt)]
        claimer.die()
        assert taken_back_in_time(1)
    killer.refresh_from_db()
    assert killer.status == InboxMessage.Status.DEAD_LETTER
    assert (killer.problem or {})["type"] == "/problems/worker-gone"
    assert pipeline.drain() == waiting - 1
    InboxMessage.objects.filter(pk=killer.pk).update(status=0, attempts=0)  # replayed
    assert pipeline.drain() == 1


def test_a_lease_runs_out_although_the_session_lives(waiting: int) -> None:
    claimer = Claimer(lease_seconds=0)
    assert take_back() == 0
    with transaction.atomic():
        taken = inbox.claim(lane=Lane.BULK, limit=10, lease_seconds=60)
    assert [m.id for m in taken] == [claimer.messages[0].id]  # tried before, so alone
    claimer.die()


def test_a_long_batch_is_renewed_and_a_stuck_one_is_not(waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(inbox, "monotonic", lambda: now)
    with transaction.atomic():
        mine = inbox.claim(lane=Lane.BULK, limit=10, lease_seconds=60)
    first = lease_until(mine)
    now += 19
    assert inbox.renew(lease_seconds=60) == 0  # a third of the lease is not over
    now += 2
    assert inbox.renew(lease_seconds=60) == waiting
    assert lease_until(mine) > first
    assert inbox.renew(lease_seconds=60) == 0
    now += 60 * inbox.LONGEST_IN_LEASES
    assert inbox.renew(lease_seconds=60) == 0


def test_nothing_is_renewed_that_was_let_go_or_lost(waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        mine = inbox.claim(lane=Lane.BULK, limit=5, lease_seconds=60)
    InboxMessage.objects.filter(pk__in=[m.id for m in mine[:2]]).update(lease_token=1)
    later = time.monotonic() + 30
    monkeypatch.setattr(inbox, "monotonic", lambda: later)
    assert inbox.renew(lease_seconds=60) == 3
    inbox.let_go()
    assert inbox.renew(lease_seconds=60) == 0

    def away() -> None:
        with transaction.atomic():
            inbox.claim(lane=Lane.BULK, limit=5, lease_seconds=60)
        raise psycopg.OperationalError

    worker = threading.Thread(target=tasks.guarded, args=(away,))
    worker.start()
    worker.join(20)
    later += 30
    assert inbox.renew(lease_seconds=60) == 0


def test_a_session_that_the_server_ended_holds_nothing(waiting: int) -> None:
    claimer = Claimer()
    pid = _other_sessions()
    with connection.cursor() as cursor:
        for one in pid:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [one])
    assert take_back() == waiting
    claimer.die()


def _other_sessions() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [row[0] for row in cursor.fetchall()]


def test_messages_behind_the_front_of_their_lane_come_back_too(waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "FRONT", 3)
    claimer = Claimer()
    claimer.die()
    done: list[int] = []
    for _ in range(200):
        done.append(take_back())
        pipeline.drain(limit=1)
        if not InboxMessage.objects.filter(status=0).exists():
            break
        threading.Event().wait(0.02)
    assert sum(done) == waiting
    assert max(done) == 3


def lease_until(messages: list[Message]) -> Any:
    return InboxMessage.objects.filter(pk__in=[m.id for m in messages]).earliest("lease_until").lease_until
