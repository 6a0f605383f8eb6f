"""Invariant 3: the clusters depend on records, model and judgements, and on nothing else."""

from __future__ import annotations

import dataclasses
import random

import pytest

from hub import pipeline, remodel
from hub.errors import Refused
from hub.invariants import breaches
from hub.models import Judgement, MatchModelVersion, OutboxEvent, SuppressedKey
from hub.sql import rows
from tests import opened
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def assert_suppression_is_exact(cap: int) -> None:
    crowded = {row[0] for row in rows("SELECT key FROM hub_blockingkey GROUP BY key HAVING count(*) > %s", cap)}
    assert set(SuppressedKey.objects.values_list("key", flat=True)) == crowded
    assert rows("SELECT count(*) FROM hub_prepared WHERE gone <> '{}' OR moved <> '{}' OR rev = 0") == [(0,)]


@pytest.mark.parametrize("cap", [3, 100])
@pytest.mark.parametrize("seed", range(6))
def test_order_and_batch_size_do_not_matter(seed: int, cap: int, settings, sources) -> None:
    made = world.operations(seed, size=60)
    world.activate(world.tiny_model(cap=cap))
    dice = random.Random(seed)
    dice.shuffle(made)
    for start in range(0, len(made), 20):
        world.send(made[start : start + 20])
        settings.HUB_BATCH_SIZE = dice.choice([1, 3, 7, 500])
        pipeline.drain()
    assert list(breaches()) == []
    assert_suppression_is_exact(cap)


def test_edges_too_weak_to_join_still_hold_a_part_together(sources) -> None:
    """Under a model that joins and asks only well above zero: what hangs together by less is compared all the same."""
    world.activate(dataclasses.replace(world.tiny_model(cap=50), name="strict", cut_mb=6000, potential_mb=2000))
    made, dice = world.operations(3, size=60), random.Random(3)
    dice.shuffle(made)
    for _ in range(6):
        world.send([made.pop() for _ in range(dice.randrange(1, 10))])
    pipeline.drain()
    assert list(breaches()) == []


@pytest.mark.parametrize("seed", range(4))
def test_four_workers_give_the_batch_run(seed: int, sources) -> None:
    made = world.operations(100 + seed, size=160)
    world.activate(world.tiny_model(cap=3))
    random.Random(seed).shuffle(made)
    world.send(made)
    workers = [world.worker(batch=batch) for batch in (1, 3, 7, 40)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0, 0]
    pipeline.drain()  # what a worker gave back while the others were already going home
    assert rows("SELECT count(*) FROM hub_inboxmessage WHERE status <> 1") == [(0,)]
    assert list(breaches()) == []
    assert_suppression_is_exact(3)


def test_a_judgement_taken_back_leaves_no_trace(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    world.send(world.operations(7, size=50))
    pipeline.drain()
    before = world.partition()
    held = world.addresses()
    dice = random.Random(7)
    made: list[Judgement] = []
    for verdict in ["same", "different", "same", "different", "unsure", "same"]:
        a, b = dice.sample(sorted(held), 2)
        made.append(pipeline.judge(a=tuple(a.split(":")), b=tuple(b.split(":")), judgement=verdict))
        assert list(breaches()) == []
    for judgement in dice.sample(made, len(made)):
        pipeline.retract(judgement, by="system")
    assert world.partition() == before
    assert list(breaches()) == []


def test_merge_then_unmerge_gives_back_both_ids(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    alice = {"source_id": "1", "name": {"given": "Alice", "family": "Meyer"}, "birth_date": "1971-01-11"}
    bob = {"source_id": "9", "name": {"given": "Bob", "family": "Schmidt"}, "birth_date": "1982-02-12"}
    world.send([("crm", alice), ("pos", bob)])
    pipeline.drain()
    ids = golden_ids()
    merged = pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="same", reason="the same card")
    assert len(set(golden_ids().values())) == 1
    pipeline.retract(merged, by="system")
    assert golden_ids() == ids
    assert list(breaches()) == []


def test_different_wins_over_same(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    person = {"name": {"given": "Alice", "family": "Meyer"}, "birth_date": "1971-01-11",
              "emails": [{"value": "alice@mail.example.com"}]}  # fmt: skip
    world.send([("crm", {"source_id": "1", **person}), ("pos", {"source_id": "9", **person})])
    pipeline.drain()
    assert len(set(golden_ids().values())) == 1
    pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="different", reason="twins")
    assert len(set(golden_ids().values())) == 2
    assert list(breaches()) == []


def test_a_judgement_that_is_none_changes_nothing(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    world.send(world.operations(3, size=10))
    pipeline.drain()
    a, b = sorted(world.addresses())[:2]
    with pytest.raises(Refused):
        pipeline.judge(a=tuple(a.split(":")), b=tuple(b.split(":")), judgement="perhaps")
    assert not Judgement.objects.exists()


def golden_ids() -> dict[str, str]:
    from hub.selectors import crosswalk_rows

    return {f"{system}:{source_id}": golden for system, source_id, golden in crosswalk_rows()}


def test_another_model_gives_its_own_batch_run_and_back_again(sources) -> None:
    world.activate(world.tiny_model(cap=3))
    world.send(world.operations(11, size=80))
    pipeline.drain()
    before = world.partition()
    first = MatchModelVersion.objects.get(active=True)
    strict = dataclasses.replace(world.tiny_model(cap=50), name="strict", cut_mb=6000, potential_mb=2000)
    second = MatchModelVersion.objects.create(name="strict", document=strict.to_json())
    remodel.activate(second)
    assert list(breaches()) == []
    assert world.partition() != before
    world.send(world.operations(12, size=10))
    pipeline.drain()
    assert list(breaches()) == []
    first.refresh_from_db()
    remodel.activate(first)
    assert list(breaches()) == []


def test_every_event_carries_the_crosswalk_of_its_golden_record(sources) -> None:
    world.activate(dataclasses.replace(world.tiny_model(cap=100), cut_mb=8000, potential_mb=-8000))
    world.send(world.operations(7, size=50))
    pipeline.drain()
    told = [opened.data(event) for event in OutboxEvent.objects.filter(type="review.opened")]
    assert told
    assert all(data["crosswalk"] for data in told)
