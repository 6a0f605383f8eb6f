"""Invariants 5 and 6 over random histories: what a customer allows depends on what is held, whatever the order."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from hub import consents, pipeline
from hub.invariants import breaches
from hub.invariants.consent import withdrawals_stand
from hub.models import GoldenRecord
from hub.models.inbox import Lane
from matching.consent import ConsentPolicy
from tests import opened
from tests.integration.load import snapshot
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

PEOPLE = [("Alice", "Meyer"), ("Bob", "Schmidt"), ("Charlie", "Okonkwo")]
LATE = datetime(2027, 1, 1, tzinfo=UTC)
History = list[tuple[str, dict[str, Any]]]


def history(seed: int, *, size: int) -> History:
    """(source code, canonical record): three people in two systems, updates, deletions and what they said, of one of
    few contact points that some of them share."""
    dice = random.Random(seed)
    made: History = []
    for _ in range(size):
        who = dice.randrange(len(PEOPLE))
        given, family = PEOPLE[who]
        points = [f"{given.lower()}@example.com", "family@example.com"]
        record: dict[str, Any] = {
            "source_id": str(who), "name": {"given": given, "family": family}, "birth_date": f"197{who}-01-11",
            "emails": [{"value": p} for p in points[: dice.randint(1, 2)]],
            "occurred_at": f"2026-01-01T00:00:{dice.randrange(60):02d}Z",
            "consents": [statement(dice, points) for _ in range(dice.randrange(3))],
        }  # fmt: skip
        if dice.random() < 0.4:
            record["deleted"] = True
        if dice.random() < 0.2:
            record = {key: record[key] for key in ("source_id", "consents", "occurred_at")} | {"partial": True}
        made.append((dice.choice(["crm", "pos"]), record))
    return made


def statement(dice: random.Random, points: list[str]) -> dict[str, Any]:
    # Of one instant each, so that no payload contradicts itself.
    said = {
        "purpose": dice.choice(["marketing"] * 4 + ["*"]), "channel": dice.choice(["email"] * 4 + ["*"]),
        "state": dice.choice(["granted", "granted", "withdrawn", "withdrawn", "pending", "unknown"]),
        "captured_at": f"2026-01-{dice.randrange(1, 28):02d}T00:00:{dice.randrange(60):02d}Z",
    }  # fmt: skip
    if dice.random() < 0.8:
        said["contact_point"] = dice.choice(points)
    if dice.random() < 0.3:
        said["brand"] = "outlet"
    return said


def play(made: History, dice: random.Random, settings: Any) -> None:
    """Send it in batches, some of it twice."""
    waiting = list(made)
    while waiting:
        some, waiting = waiting[:7], waiting[7:]
        world.send(some + dice.sample(made, 2))
        settings.HUB_BATCH_SIZE = dice.choice([1, 3, 500])
        pipeline.drain()


def allowed() -> dict[frozenset[str], Any]:
    """What each customer's profile says of consent, without the statements' ids, which differ from hub to hub."""
    names = {r: ":".join(a) for r, a in opened.addresses(deleted=False).items()}
    found = {}
    for golden in GoldenRecord.objects.filter(state=0):
        body = opened.body(golden)
        said = [{k: v for k, v in c.items() if k != "decided_by"} for c in body["consents"]]
        found[frozenset(names[r] for r in golden.holders)] = said
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_order_and_no_replay_changes_what_is_allowed(seed: int, settings, sources) -> None:
    world.activate(world.tiny_model(cap=100))
    made = history(seed, size=36)
    seen = []
    for turn in range(3):
        snapshot.empty()
        dice = random.Random(f"{seed} {turn}")
        dice.shuffle(made)
        play(made, dice, settings)
        assert list(breaches()) == []
        seen.append(allowed())
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("seed", range(4))
def test_merging_and_taking_it_back_leave_no_trace(seed: int, settings, sources) -> None:
    world.activate(world.tiny_model(cap=100))
    dice = random.Random(seed)
    play([(s, r | {"deleted": False}) for s, r in history(100 + seed, size=30)], dice, settings)
    before = allowed()
    held = sorted(world.addresses())
    for _ in range(3):
        made = []
        for verdict in ("same", "different", "same"):
            a, b = dice.sample(held, 2)
            made.append(pipeline.judge(a=tuple(a.split(":")), b=tuple(b.split(":")), judgement=verdict))  # type: ignore[arg-type]
            assert list(breaches()) == []
        for judgement in dice.sample(made, len(made)):
            pipeline.retract(judgement, by="system")
        assert allowed() == before


@pytest.mark.parametrize("seed", range(4))
def test_a_withdrawal_outlives_whatever_comes_after_it(seed: int, settings, sources) -> None:
    """Said for a customer; then loads, merges, unmerges, deletions of other records, and older grants, in any order.
    Every record that it was said of stays in a customer who has withdrawn, until a grant that is later."""
    world.activate(world.tiny_model(cap=100))
    dice = random.Random(seed)
    grants = [(s, {**r, "consents": [granted("2026-02-01")], "partial": False, "deleted": False, **person(r)})
              for s, r in history(200 + seed, size=12)]  # fmt: skip
    play(grants, dice, settings)
    chosen = dice.choice(sorted(world.addresses()))
    golden = golden_at(chosen)
    stop = {"purpose": "marketing", "channel": "email", "state": "withdrawn", "captured_at": "2026-03-01T00:00:00Z"}
    written = pipeline.say_consent(golden, stop, now=LATE, actor="test")
    bound = {":".join(opened.addresses(id=record)[record]) for _, record in written}
    later = [(s, {**r, "consents": [granted(f"2026-02-{dice.randrange(2, 28):02d}")], **person(r),
                  "partial": False, "occurred_at": f"2026-05-01T00:00:{i:02d}Z"})
             for i, (s, r) in enumerate(history(300 + seed, size=14))]  # fmt: skip
    held: list[Any] = []
    for step in dice.sample(range(30), 30):
        live = sorted(world.addresses())
        if step < len(later):
            world.send([later[step]])
            pipeline.drain()
        elif step % 3 and len(live) > 1:
            a, b = (tuple(x.split(":")) for x in dice.sample(live, 2))
            held.append(pipeline.judge(a=a, b=b, judgement=dice.choice(["same", "same", "different"])))  # type: ignore[arg-type]
        elif held:
            pipeline.retract(held.pop(dice.randrange(len(held))), by="system")
        for address in bound & set(world.addresses()):
            book = consents.of_golden(golden_at(address))
            found = book.decide(purpose="marketing", channel="email", at=LATE, policy=ConsentPolicy())
            assert found.verdict.state == "withdrawn"
    assert list(breaches()) == []


def granted(day: str) -> dict[str, Any]:
    return {"purpose": "marketing", "channel": "email", "contact_point": "family@example.com", "state": "granted",
            "captured_at": f"{day}T00:00:00Z"}  # fmt: skip


def person(record: dict[str, Any]) -> dict[str, Any]:
    given, family = PEOPLE[int(record["source_id"])]
    return {"name": {"given": given, "family": family}, "birth_date": f"197{record['source_id']}-01-11",
            "emails": [{"value": "family@example.com"}]}  # fmt: skip


def golden_at(address: str) -> str:
    record = next(r for r, a in opened.addresses(deleted=False).items() if ":".join(a) == address)
    return GoldenRecord.objects.get(state=0, holders__contains=[record]).public_id


@pytest.mark.unverified("damages what it verifies")
def test_verify_names_a_withdrawal_without_effect_by_a_rule_of_its_own(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    stop = granted("2026-03-01") | {"state": "withdrawn"}
    record = {
        "source_id": "1",
        "name": {"given": "Alice", "family": "Meyer"},
        "consents": [granted("2026-02-01"), stop],
    }
    pipeline.receive(source=sources["crm"], payloads=[record], lane=Lane.BULK)
    pipeline.drain()
    (golden,) = GoldenRecord.objects.all()
    assert list(withdrawals_stand()) == []
    body = opened.body(golden)
    body["consents"][0]["state"] = "granted"
    GoldenRecord.objects.update(body=opened.sealed(golden, body))
    (breach,) = withdrawals_stand()
    assert (breach.invariant, breach.subject) == (5, golden.public_id)
    assert "example.com" not in str(breach)
    # A later grant of the same scope would make it right again.
    pipeline.receive(source=sources["crm"], payloads=[record | {"consents": [granted("2026-04-01")]}], lane=Lane.BULK)
    pipeline.drain()
    assert list(withdrawals_stand()) == []
