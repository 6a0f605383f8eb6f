"""One stress run: a plan carried out by real worker processes, and what came of it beside a batch run.

The order of what workers do is the machine's, so that a seed brings back the plan, not the interleaving.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection
from psycopg import errors as pg_errors

from hub import pipeline
from hub.errors import HubError
from hub.invariants import Breach, breaches
from hub.models import Judgement, MatchModelVersion, SourceSystem
from hub.sql import rows
from hub.stages import model as models
from hub.stages.seal import seal
from tests.integration.pipeline import world
from tests.stress.nursery import Nursery
from tests.stress.plan import BATCHES, VERDICTS, Plan

# A machine that is busy with other things is slow, and a message that was tried before is resolved alone.
REST_SECONDS = 180.0


@dataclass(frozen=True)
class Outcome:
    plan: Plan
    breaches: tuple[Breach, ...]
    died: int
    seconds: float

    @property
    def equal(self) -> bool:
        return not self.breaches

    def __str__(self) -> str:
        found = "; ".join(f"invariant {b.invariant}, {b.subject}: {b.text}" for b in self.breaches[:5])
        return f"{self.plan} → {found or 'as batch'} ({self.died} died, {self.seconds:.1f} s)"


def clear() -> None:
    """Take away all that a run left, but not the match models, whose ids processes remember."""
    kept = ("hub_matchmodelversion", "hub_user%", "hub_apiclient%")
    tables = [
        row[0]
        for row in rows(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'hub\\_%%' "
            "AND NOT tablename LIKE ANY(%b::text[])",
            list(kept),
        )
    ]
    rows("TRUNCATE " + ", ".join(tables) + " CASCADE")
    for code in ("crm", "pos"):
        SourceSystem.objects.create(code=code, kind=code)


def activate(cap: int) -> None:
    """Put the tiny model of this cap in force, the one row that it has."""
    model = world.tiny_model(cap=cap)
    row, _ = MatchModelVersion.objects.get_or_create(name=model.name, defaults={"document": model.to_json()})
    MatchModelVersion.objects.filter(active=True).update(active=False)
    MatchModelVersion.objects.filter(pk=row.pk).update(active=True)
    models.version.cache_clear()


def run(plan: Plan, nursery: Nursery) -> Outcome:
    """Carry out ``plan`` on an empty hub and verify what it ends in."""
    began = time.monotonic()
    dice = random.Random(plan.seed)
    clear()
    activate(plan.cap)
    deaths = plan.deaths
    died = 0

    def hire() -> None:
        nonlocal deaths
        batch = dice.choice(BATCHES)
        # Early and late deaths: a batch takes some 30 to 60 calls of the database.
        doomed = deaths > 0 and dice.random() < 0.7
        deaths -= doomed
        nursery.start(batch=batch, die_at=dice.randrange(8, 120) if doomed else None)

    try:
        for _ in range(plan.workers):
            hire()
        made: list[Judgement] = []
        steps = ["send"] * 8 + ["judge"] * plan.answers + ["retract"] * plan.taken_back + ["kill"] * (plan.deaths // 2)
        dice.shuffle(steps)
        sent = 0
        share = -(-len(plan.messages) // 8)
        for step in steps:
            if step == "send":
                world.send(plan.messages[sent : sent + share])
                sent += share
            elif step == "judge":
                made += _judge(dice)
            elif step == "retract" and made:
                _patiently(partial(pipeline.retract, made.pop(dice.randrange(len(made))), by="system"))
            elif step == "kill" and nursery.alive and deaths > 0:
                deaths -= 1
                died += 1
                nursery.kill(dice.choice(sorted(nursery.alive)))
            time.sleep(dice.uniform(0, 0.03))
            died += nursery.reap()
            while len(nursery.alive) < plan.workers:
                hire()
        died += _wait_for_rest(nursery)
    except AssertionError as error:
        return Outcome(plan, (Breach(1, "inbox", str(error)),), died, time.monotonic() - began)
    finally:
        nursery.kill_all()
    while seal():
        pass
    return Outcome(plan, tuple(breaches()), died, time.monotonic() - began)


def _judge(dice: random.Random) -> list[Judgement]:
    held = sorted(world.addresses())
    if len(held) < 2:
        return []
    a, b = (tuple(address.split(":")) for address in dice.sample(held, 2))
    made = _patiently(partial(pipeline.judge, a=a, b=b, judgement=dice.choice(VERDICTS)))
    return [made] if made else []


def _patiently(act: Callable[[], Any]) -> Any:
    """As a steward does who is told to look again."""
    for _ in range(5):
        try:
            return act()
        except (HubError, pg_errors.DeadlockDetected):
            time.sleep(0.02)
    return None


def _wait_for_rest(nursery: Nursery) -> int:
    """Until every message is resolved; the workers that die on the way are replaced. How many did."""
    deadline = time.monotonic() + REST_SECONDS
    died = 0
    while rows("SELECT 1 FROM hub_inboxmessage WHERE status = 0 LIMIT 1"):
        if time.monotonic() > deadline:
            raise AssertionError(f"no rest after {REST_SECONDS:.0f} s: {_standstill()} {nursery.said()[-2000:]}")
        # What was given back would wait for seconds: its time has come.
        rows("UPDATE hub_inboxmessage SET next_attempt_at = now() WHERE status = 0 AND next_attempt_at > now()")
        time.sleep(0.05)
        if gone := nursery.reap():
            died += gone
            for _ in range(gone):
                nursery.start(batch=random.choice(BATCHES))
    return died


def _standstill() -> str:
    """What waits, and what the sessions of the database do; statements without their values."""
    waiting = rows("SELECT status, attempts, lease_token IS NOT NULL, lease_until - now(), next_attempt_at - now(), "
                   "problem FROM hub_inboxmessage WHERE status = 0 LIMIT 5")  # fmt: skip
    sessions = rows("SELECT pid, state, wait_event_type, wait_event, now() - state_change, left(query, 120), "
                    "pg_blocking_pids(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
    return f"{waiting} {sessions}"


def deadlocks() -> int:
    """Deadlocks that the server had to break in this database since its statistics began."""
    found: int = rows("SELECT pg_stat_get_db_deadlocks(oid) FROM pg_database WHERE datname = %s",
                      connection.settings_dict["NAME"])[0][0]  # fmt: skip
    return found
