"""The worker process, its parent, and everything at once, killed with SIGKILL at each step of the transactions."""

from __future__ import annotations

import os
import signal

import pytest

from hub.embedded import processes
from tests.faults.steps import STEPS
from tests.faults.trial import RUNS, Trial

pytestmark = [pytest.mark.faults, pytest.mark.servers]

# How long the hub may take, on a busy machine, until all is resolved: docs/running.md says what was measured.
A_PROCESS_DIED = 15
ALL_PROCESSES_DIED = 30
THE_PARENT_DIED = 30
EVERYTHING_DIED = 30


def test_a_worker_process_dies_at_each_step(trial: Trial) -> None:
    """The other process, or the one that takes its place, does what was begun again; its lease has 60 seconds left."""
    for step in STEPS * RUNS:
        with trial.stopped_at(step) as stopped:
            os.kill(stopped.process, signal.SIGKILL)
            assert trial.session_gone(stopped.session), f"its session goes on waiting {step}"
        trial.settled_within(A_PROCESS_DIED, f"a worker process killed {step}")
    trial.verified()


def test_all_worker_processes_die(trial: Trial) -> None:
    for step in trial.dice.sample(STEPS, min(len(STEPS), 1 * RUNS)):
        with trial.stopped_at(step):
            for pid in processes.children_of(trial.stack.pid("worker")):
                os.kill(pid, signal.SIGKILL)
        trial.settled_within(ALL_PROCESSES_DIED, f"all worker processes killed {step}")
    trial.verified()


def test_their_parent_dies(trial: Trial) -> None:
    """Celery's parent process dies, its children with it; the supervisor starts it again."""
    for step in trial.dice.sample(STEPS, min(len(STEPS), 2 * RUNS)):
        with trial.stopped_at(step):
            trial.stack.kill9("worker", wait=False)
        trial.settled_within(THE_PARENT_DIED, f"the workers' parent killed {step}")
    trial.verified()


def test_the_supervisor_dies(trial: Trial) -> None:
    for step in trial.dice.sample(STEPS, min(len(STEPS), 1 * RUNS)):
        with trial.stopped_at(step):
            trial.stack.kill9("supervisor")
        trial.stack.start_again()
        trial.settled_within(EVERYTHING_DIED, f"the supervisor killed {step}, counted from the next start's readiness")
    trial.verified()


def test_the_power_goes(trial: Trial) -> None:
    for step in trial.dice.sample(STEPS, min(len(STEPS), 1 * RUNS)):
        with trial.stopped_at(step):
            trial.stack.cut_power()
        trial.stack.start_again()
        trial.settled_within(EVERYTHING_DIED, f"all processes killed {step}, counted from the next start's readiness")
    trial.verified()


def test_one_message_after_another_kills_its_worker_and_the_rest_is_resolved(trial: Trial) -> None:
    """The same batch loses its worker twice: it is then resolved message by message, and nothing is given up."""
    step = trial.dice.choice(["at the end of T1", "in T2", "at the end of T3"])
    with trial.stopped_at(step) as stopped:
        os.kill(stopped.process, signal.SIGKILL)
        assert trial.session_gone(stopped.session)
    with trial.stopped_at(step) as stopped:
        os.kill(stopped.process, signal.SIGKILL)
        assert trial.session_gone(stopped.session)
    trial.settled_within(ALL_PROCESSES_DIED, "two batches in a row killed")
    trial.verified()
