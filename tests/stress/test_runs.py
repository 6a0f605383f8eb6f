"""Invariant 3 under 1, 2 and 4 worker processes that die at any moment: the same state as one batch run.

``STRESS_RUNS`` says how many runs, ``STRESS_SEED`` where to begin; each failure names its seed. The heavy run is
``make bench ARGS="stress --runs 200"``.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.stress.nursery import Nursery
from tests.stress.plan import draw
from tests.stress.runs import run

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

SEED = int(os.environ.get("STRESS_SEED", "1"))
RUNS = int(os.environ.get("STRESS_RUNS", "12"))


def test_every_run_ends_as_one_batch_run_does(nursery: Nursery) -> None:
    sys.stdout.write(f"STRESS_SEED={SEED} STRESS_RUNS={RUNS}\n")  # shown where the test fails
    outcomes = [run(draw(SEED + number), nursery) for number in range(RUNS)]
    for outcome in outcomes:
        sys.stdout.write(f"{outcome}\n")
    assert [str(outcome) for outcome in outcomes if not outcome.equal] == []
    assert "Error at" not in nursery.said(), nursery.said()[-3000:]
    assert sum(outcome.died for outcome in outcomes) > 0 or RUNS < 5
