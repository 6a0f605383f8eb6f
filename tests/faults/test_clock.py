"""The workers' clock is ten minutes off, either way."""

from __future__ import annotations

import os
import signal

import pytest

from hub.embedded import processes
from tests.faults.trial import RUNS, Trial

pytestmark = [pytest.mark.faults, pytest.mark.servers]

CLOCK_OFF = 30
TEN_MINUTES = 600


@pytest.mark.parametrize("seconds", [TEN_MINUTES, -TEN_MINUTES], ids=["fast", "slow"])
def test_the_workers_clock_is_off(trial: Trial, seconds: int) -> None:
    """Leases, retries and order of versions go by the database's time and the sources': a worker is killed as well,
    so that one whose clock is off takes over what it held."""
    log = trial.stack.state.log("worker")
    place = log.stat().st_size
    trial.clock.write_text(str(seconds))
    try:
        trial.stack.kill9("worker")
        for _ in range(RUNS):
            with trial.stopped_at("at the end of T1") as stopped:
                with log.open("rb") as told:
                    told.seek(place)
                    assert b"the clock of process" in told.read()
                os.kill(stopped.process, signal.SIGKILL)
            trial.settled_within(CLOCK_OFF, f"the workers' clock off by {seconds:+d} s, and one of them killed")
    finally:
        trial.clock.unlink()
        trial.stack.kill9("worker")
    # What was resolved by a clock that is right again follows on what was resolved by the wrong one.
    trial.send()
    trial.settled_within(CLOCK_OFF, "the workers' clock put right")
    assert processes.wait_for(lambda: trial.stack.ready(), seconds=30)
    trial.verified()
