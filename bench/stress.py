"""How many of many random runs end as one batch run does: ``make bench ARGS="stress --runs 200 [--seed N]"``.

Each run has 1, 2 or 4 worker processes, batches of 1 to 500, a block cap of 3 or 100, updates and deletes out of
order with equal times, messages delivered twice, judgements made and taken back, and workers killed at any moment.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter


def run(options: list[str]) -> int:
    """Print each run that differs, and how many equalled batch; 1 where one did not. Needs Django set up."""
    from hub import ports
    from tests.stress.nursery import Nursery
    from tests.stress.plan import draw
    from tests.stress.runs import deadlocks
    from tests.stress.runs import run as run_one

    given = parser().parse_args(options)
    ports._doorbell.clear()
    began = time.monotonic()
    outcomes = []
    with Nursery() as nursery:
        for number in range(given.runs):
            outcome = run_one(draw(given.seed + number), nursery)
            outcomes.append(outcome)
            if not outcome.equal:
                print(outcome, flush=True)
            elif sys.stdout.isatty():
                print(f"{number + 1} of {given.runs}", end="\r", flush=True)
        said = nursery.said()
    equal = sum(outcome.equal for outcome in outcomes)
    sizes = Counter(f"{o.plan.workers} workers, cap {o.plan.cap}" for o in outcomes)
    print(f"{equal} of {len(outcomes)} runs equal batch (seeds {given.seed} to {given.seed + given.runs - 1})")
    print(f"{sum(len(o.plan.messages) for o in outcomes):,} messages, "
          f"{sum(o.plan.answers for o in outcomes)} judgements, {sum(o.died for o in outcomes)} workers killed, "
          f"{deadlocks()} deadlocks, {said.count(' failed: ')} errors, "
          f"{time.monotonic() - began:.0f} s")  # fmt: skip
    for size, number in sorted(sizes.items()):
        print(f"  {number:4} runs with {size}")
    return 0 if equal == len(outcomes) else 1


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="stress", description=__doc__.split("\n")[0])
    made.add_argument("--runs", type=int, default=200)
    made.add_argument("--seed", type=int, default=1000)
    return made
