"""An activation while records arrive, and one that is killed: old model or new, never between."""

from __future__ import annotations

import os
import random
import signal
import textwrap
import time
from pathlib import Path

import pytest

from hub import pipeline, remodel
from hub.models import MatchModelVersion, OutboxEvent
from hub.sql import rows
from tests.hatchery import Hatched, hatch
from tests.integration.models import checks
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def process(code: str, **environ: str) -> Hatched:
    """A process on the test's database."""
    return hatch(textwrap.dedent(code), **environ)


SHOP = """
    import os, random, sys, time
    from django.conf import settings
    from hub import pipeline
    from tests.integration.pipeline import world
    settings.HUB_BATCH_SIZE = int(os.environ["BATCH"])
    made = world.operations(int(os.environ["SEED"]), size=2000)
    while made and not os.path.exists(os.environ["CLOSE"]):
        some, made = made[:10], made[10:]
        world.send(some)
        pipeline.drain()
    while pipeline.drain():
        pass
"""


def versions() -> int:
    return int(rows("SELECT count(*) FROM hub_recordversion")[0][0])


def test_records_that_arrive_meanwhile_are_right_under_whichever_is_live(sources, tmp_path: Path) -> None:
    first = world.tiny_model(cap=3)
    world.activate(first)
    world.send(world.operations(1, size=80))
    pipeline.drain()
    checks.held(checks.other_model(cap=20, cut_mb=3000, potential_mb=-3000))
    close = tmp_path / "closed"
    shops = [process(SHOP, SEED=str(seed), BATCH=batch, CLOSE=str(close)) for seed, batch in ((2, "4"), (3, "500"))]
    opened = versions()
    while versions() == opened:
        assert [shop.poll() for shop in shops] == [None, None]
        time.sleep(0.05)
    arrived = versions()
    for name in ("other", first.name, "other"):
        remodel.activate(MatchModelVersion.objects.get(name=name))
        assert checks.active() == name
    meanwhile = versions() - arrived
    close.touch()
    assert [shop.wait(timeout=120) for shop in shops] == [0, 0]
    pipeline.drain()
    assert meanwhile > 0
    assert rows("SELECT count(*) FROM hub_inboxmessage WHERE status <> 1") == [(0,)]
    checks.assert_consistent()


ACTIVATE = """
    import os, signal
    import psycopg
    from hub import remodel
    from hub.models import MatchModelVersion

    last = int(os.environ["STATEMENTS"])
    done = 0

    def counted(method):
        def call(self, *args, **kwargs):
            global done
            done += 1
            if done == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(self, *args, **kwargs)
        return call

    psycopg.Cursor.execute = counted(psycopg.Cursor.execute)
    psycopg.Cursor.copy = counted(psycopg.Cursor.copy)
    remodel.activate(MatchModelVersion.objects.get(name="other"))
    open(os.environ["COUNT"], "w").write(str(done))
"""


def activation(tmp_path: Path, *, killed_at: int = 0) -> int:
    """Activate ``other`` in a process that dies at its n-th statement (0: never); how many statements it was."""
    count = tmp_path / "count"
    code = process(ACTIVATE, STATEMENTS=str(killed_at), COUNT=str(count)).wait(timeout=120)
    assert code == (-signal.SIGKILL if killed_at else 0)
    return 0 if killed_at else int(count.read_text())


def test_a_killed_activation_leaves_one_model_or_the_other_and_can_be_repeated(sources, tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", "7"))
    dice = random.Random(seed)
    first = world.tiny_model(cap=3)
    world.activate(first)
    world.send(world.operations(seed, size=80))
    pipeline.drain()
    other = checks.held(checks.other_model(cap=20, cut_mb=9000, potential_mb=-3000))
    statements = activation(tmp_path)
    number = seed
    for killed_at in [*sorted(dice.sample(range(10, statements - 20), 2)), statements - 12, statements - 3]:
        other.refresh_from_db()
        remodel.activate(MatchModelVersion.objects.get(name=first.name))
        remodel.shadow.discard(other.pk)
        MatchModelVersion.objects.filter(pk=other.pk).update(caught_up_to=None)
        before = checks.golden_ids(), checks.open_reviews(), OutboxEvent.objects.count()
        activation(tmp_path, killed_at=killed_at)
        if checks.active() == first.name:
            assert (checks.golden_ids(), checks.open_reviews(), OutboxEvent.objects.count()) == before
        checks.assert_consistent()
        number += 1
        world.send(world.operations(number, size=6))
        pipeline.drain()
        checks.assert_consistent()
        activation(tmp_path)
        assert checks.active() == "other"
        checks.assert_consistent()
