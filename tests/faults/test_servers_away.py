"""Valkey and PostgreSQL emptied, stopped, restarted and killed while records are resolved."""

from __future__ import annotations

import os
import signal
import time

import psycopg
import pytest
import redis

from hub.embedded import processes
from tests.faults.trial import RUNS, Trial, crowding

pytestmark = [pytest.mark.faults, pytest.mark.servers]

NOBODY_WAITS = 5
VALKEY_EMPTIED = 15
VALKEY_BACK = 20
WITHOUT_VALKEY = 30
POSTGRES_BACK = 30


def test_valkey_is_emptied_again_and_again(trial: Trial) -> None:
    """Bells that are rung into nothing: the sweepers look by themselves."""
    bell = redis.Redis.from_url(trial.stack.runtime()["REDIS_URL"])
    with trial.stopped_at("in T2"):
        bell.flushall()
    for _ in range(3 * RUNS):
        trial.send()
        bell.flushall()
    trial.settled_within(VALKEY_EMPTIED, "Valkey emptied")
    trial.verified()


def test_valkey_is_killed(trial: Trial) -> None:
    with trial.stopped_at("at the end of T1"):
        trial.stack.kill9("valkey", wait=False)
        trial.send()
    trial.settled_within(VALKEY_BACK, "Valkey killed")


def test_valkey_stands_still_for_a_while(trial: Trial) -> None:
    """It takes connections and answers nothing, which is worse than being away."""
    valkey = trial.stack.pid("valkey")
    os.kill(valkey, signal.SIGSTOP)
    try:
        began = time.monotonic()
        for _ in range(2):
            trial.send()
        assert time.monotonic() - began < NOBODY_WAITS * crowding(), "who sends waits for Valkey"
        trial.settled_within(WITHOUT_VALKEY, "Valkey standing still all the time")
    finally:
        os.kill(valkey, signal.SIGCONT)
    trial.send()
    trial.settled_within(VALKEY_BACK, "Valkey stood still")
    trial.verified()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["restarted fast", "killed"])
def test_postgres_goes_in_the_middle(trial: Trial, number: signal.Signals) -> None:
    """Once while a worker is in a transaction, and once while a source system is sending."""
    how = "restarted fast" if number == signal.SIGINT else "killed"
    for step in trial.dice.sample(["at the end of T1", "in T2", "in the middle of T3", "at the end of T3"], 1 * RUNS):
        before = trial.stack.pid("postgres")
        with trial.stopped_at(step):
            os.kill(before, number)
        trial.send()  # acknowledged once it is back
        trial.settled_within(POSTGRES_BACK, f"PostgreSQL {how} {step}")
        assert trial.stack.pid("postgres") != before
    trial.verified()


def test_every_session_is_ended_by_the_server(trial: Trial) -> None:
    """As an administrator or a proxy between does it: the hub's processes live, their connections are gone."""
    with trial.stopped_at("in the middle of T3"), psycopg.connect(trial.database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
    trial.send()
    trial.settled_within(POSTGRES_BACK, "every database session ended")
    trial.verified()


def test_one_server_process_of_postgres_is_killed(trial: Trial) -> None:
    """PostgreSQL then ends all sessions and recovers, without a new start of the whole."""
    with trial.stopped_at("at the end of T1") as stopped:
        os.kill(stopped.session, signal.SIGKILL)
    assert processes.wait_for(lambda: not processes.started_at(stopped.session), seconds=10)
    trial.send()
    trial.settled_within(POSTGRES_BACK, "a server process of PostgreSQL killed")
    trial.verified()
