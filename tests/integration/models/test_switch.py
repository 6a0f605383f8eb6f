"""A new match model in a live hub: what stands afterwards, and what became of ids, events and reviews."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from django.db import connections

from hub import pipeline, remodel
from hub.errors import Refused
from hub.models import MatchModelVersion, OutboxEvent
from hub.sql import rows
from hub.stages import shadow
from tests.integration.models import checks
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def some_judgements(dice: random.Random) -> None:
    held = sorted(world.addresses())
    for verdict in ("same", "different", "unsure", "same"):
        a, b = dice.sample(held, 2)
        pipeline.judge(a=tuple(a.split(":")), b=tuple(b.split(":")), judgement=verdict)


@pytest.mark.parametrize("caps", [(3, 50), (50, 3)])
@pytest.mark.parametrize("seed", range(4))
def test_the_new_model_gives_its_own_batch_run_and_back_again(seed: int, caps: tuple[int, int], sources) -> None:
    dice = random.Random(seed)
    first = world.tiny_model(cap=caps[0])
    world.activate(first)
    world.send(world.operations(seed, size=80))
    pipeline.drain()
    some_judgements(dice)
    second = checks.held(checks.other_model(cap=caps[1], cut_mb=dice.choice([-2000, 6000]), potential_mb=-4000))
    remodel.activate(second)
    assert checks.active() == "other"
    checks.assert_consistent()
    world.send(world.operations(seed + 50, size=30))
    pipeline.drain()
    some_judgements(dice)
    checks.assert_consistent()
    remodel.activate(MatchModelVersion.objects.get(name=first.name))
    assert checks.active() == first.name
    checks.assert_consistent()


def test_records_that_wait_are_resolved_under_the_new_model(sources) -> None:
    world.activate(world.tiny_model(cap=3))
    world.send(world.operations(3, size=60))
    pipeline.drain()
    world.send(world.operations(4, size=20))  # acknowledged, not resolved
    remodel.activate(checks.held(checks.other_model()))
    pipeline.drain()
    checks.assert_consistent()


def test_only_what_changed_is_told_and_ids_stay_with_the_larger_part(sources) -> None:
    world.activate(world.tiny_model(cap=50))
    world.send(world.operations(5, size=120))
    pipeline.drain()
    before, told = checks.golden_ids(), OutboxEvent.objects.count()
    done = remodel.activate(checks.held(checks.other_model(cut_mb=9000)))
    after = checks.golden_ids()
    changed = {home for home in {*before.values(), *after.values()} if _members(before, home) != _members(after, home)}
    assert changed
    events = OutboxEvent.objects.order_by("id")[told:]
    assert {e.subject for e in events if e.type.startswith("golden.")} <= changed
    assert done.clusters == len(changed & {*after.values()})
    for home in {*before.values()}:
        parts = Counter(after[address] for address in _members(before, home))
        (largest, size), *rest = parts.most_common()
        if all(size > other for _, other in rest) and home in parts:
            assert home == largest
    assert all(home in {*after.values()} for home in {*before.values()})  # the stricter model only splits


def _members(ids: dict[str, str], home: str) -> frozenset[str]:
    return frozenset(address for address, golden in ids.items() if golden == home)


def test_reviews_follow_the_model_where_clusters_stay(sources) -> None:
    narrow = checks.other_model("narrow", cut_mb=6000, potential_mb=5999)
    wide = checks.other_model("wide", cut_mb=6000, potential_mb=-6000)
    world.activate(narrow)
    world.send(world.operations(6, size=80))
    pipeline.drain()
    before, reviews = checks.golden_ids(), checks.open_reviews()
    remodel.activate(checks.held(wide))
    assert checks.golden_ids() == before
    assert checks.open_reviews() > reviews
    checks.assert_consistent()
    remodel.activate(MatchModelVersion.objects.get(name="narrow"))
    assert checks.open_reviews() == reviews
    checks.assert_consistent()


def test_the_way_back_only_catches_up(sources) -> None:
    first = world.tiny_model(cap=3)
    world.activate(first)
    world.send(world.operations(7, size=60))
    pipeline.drain()
    remodel.activate(checks.held(checks.other_model()))
    made = world.operations(8, size=12)
    world.send(made)
    pipeline.drain()
    steps: Counter[str] = Counter()
    remodel.activate(
        MatchModelVersion.objects.get(name=first.name), progress=lambda step, number: steps.update({step: number})
    )
    assert steps["prepared"] == 0
    assert 0 < steps["caught up"] <= len({(system, r["source_id"]) for system, r in made})
    checks.assert_consistent()


def test_what_was_built_is_not_done_again(sources) -> None:
    world.activate(world.tiny_model(cap=3))
    world.send(world.operations(7, size=60))
    pipeline.drain()
    steps: Counter[str] = Counter()
    remodel.activate(checks.held(checks.other_model()), progress=lambda step, number: steps.update({step: number}))
    assert steps["prepared"] > 0
    assert steps["caught up"] == 0


def test_rows_are_held_for_the_active_model_and_the_one_before(sources) -> None:
    world.activate(world.tiny_model(cap=3))
    world.send(world.operations(9, size=40))
    pipeline.drain()
    versions = [MatchModelVersion.objects.get(active=True)]
    for name in ("second", "third"):
        versions.append(checks.held(checks.other_model(name)))
        remodel.activate(versions[-1])
    assert checks.rows_held(versions[0]) == 0
    assert all(checks.rows_held(version) > 0 for version in versions[1:])
    remodel.activate(versions[0])
    checks.assert_consistent()
    assert checks.rows_held(versions[1]) == 0


def test_an_empty_hub_takes_another_model(sources) -> None:
    world.activate(world.tiny_model(cap=3))
    remodel.activate(checks.held(checks.other_model()))
    assert checks.active() == "other"
    world.send(world.operations(10, size=20))
    pipeline.drain()
    checks.assert_consistent()


def test_several_scopes_are_kept_apart(sources) -> None:
    rows("UPDATE hub_sourcesystem SET scope = 'elsewhere' WHERE code = 'pos'")
    world.activate(world.tiny_model(cap=50))
    world.send(world.operations(11, size=60))
    pipeline.drain()
    remodel.activate(checks.held(checks.other_model(cut_mb=-2000)))
    checks.assert_consistent()
    assert all(len({address.split(":")[0] for address in group}) == 1 for group in world.partition())


def test_a_model_that_cannot_be_read_is_refused(sources) -> None:
    world.activate(world.tiny_model(cap=3))
    broken = MatchModelVersion.objects.create(name="broken", document={"name": "broken"})
    with pytest.raises(Refused, match="broken cannot be activated: "):
        remodel.activate(broken)
    assert checks.active() == "cap-3"


def test_one_activation_at_a_time(sources) -> None:
    world.activate(world.tiny_model(cap=3))
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_lock({shadow._ACTIVATION})")
        with pytest.raises(Refused, match="Another activation is under way"):
            remodel.activate(checks.held(checks.other_model()))
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    assert checks.active() == "cap-3"
    remodel.activate(MatchModelVersion.objects.get(name="other"))
    assert checks.active() == "other"
