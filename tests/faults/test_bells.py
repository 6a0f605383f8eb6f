"""Celery messages sent many times, late, for a lane that is none, and such as are no messages at all."""

from __future__ import annotations

import pytest
import redis
from celery import Celery

from hub.embedded import processes
from tests.faults.trial import Trial

pytestmark = [pytest.mark.faults, pytest.mark.servers]

BELLS = 20
QUEUE = "concord"


def ring(trial: Trial, *arguments: object, times: int = 1, task: str = "hub.work", countdown: float = 0.0) -> None:
    url = trial.stack.runtime()["REDIS_URL"].replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    with Celery("trial", broker=url) as app, app.connection_for_write() as connection:
        for _ in range(times):
            app.send_task(task, args=list(arguments), countdown=countdown, queue=QUEUE, connection=connection)


def test_bells_rung_often_late_and_wrongly(trial: Trial) -> None:
    bell = redis.Redis.from_url(trial.stack.runtime()["REDIS_URL"])
    with trial.stopped_at("in T2"):
        ring(trial, 2, times=300)
        ring(trial, 2, times=20, countdown=3.0)
        ring(trial, 99, times=20)
        ring(trial, "nothing", times=5)
        ring(trial, 1, 2, 3, times=5)
        ring(trial, task="hub.unknown", times=5)
    ring(trial, 0, times=100)
    ring(trial, 2, times=100)
    trial.settled_within(BELLS, "hundreds of bells, late ones, and wrong ones")
    # They are heard as well: a queue that only grows would fill the broker.
    assert processes.wait_for(lambda: bell.llen(QUEUE) == 0, seconds=30)
    trial.send()
    trial.settled_within(BELLS, "after all the bells")
    trial.verified()


RUBBISH = ("garbage", "{}", "[1, 2]", "null", '"text"', '{"body": 1, "properties": {}}', b"\xff\xfe")


def test_bells_that_are_garbage(trial: Trial) -> None:
    """What is no message at all is thrown away, and nobody ends over it."""
    bell = redis.Redis.from_url(trial.stack.runtime()["REDIS_URL"])
    before = trial.stack.pid("worker")
    bell.lpush(QUEUE, *RUBBISH)
    trial.send()
    trial.settled_within(BELLS, "garbage in the queue")
    assert processes.wait_for(lambda: bell.llen(QUEUE) == 0, seconds=60)
    ring(trial, 2)
    assert processes.wait_for(lambda: bell.llen(QUEUE) == 0, seconds=60)
    assert trial.stack.pid("worker") == before
