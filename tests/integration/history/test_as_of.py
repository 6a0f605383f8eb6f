"""What is asked of an instant later is what was answered then, over random histories."""

from __future__ import annotations

import dataclasses
import json
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from hub import consents, history, pinning, pipeline, remodel, selectors
from hub.consents import Book
from hub.errors import NotFound
from hub.history.difference import applied, flat
from hub.ledger import policy
from hub.models import GoldenRecord, Judgement, MatchModelVersion, Pin
from hub.sql import rows
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Shown:
    """All that GET answers with at one instant."""

    instant: datetime
    goldens: dict[str, tuple[str, Any]]
    crosswalk: dict[tuple[str, str], Any]
    consents: dict[str, Any]


def allowed(book: Book, at: datetime) -> tuple[Any, ...]:
    """What the consents door answers of a book, at a fixed instant."""
    return [one.statement.id for one in book.held], [e.nested() for e in book.effective(at=at, policy=policy())]


def shown(addresses: list[tuple[str, str]]) -> Shown:
    goldens: dict[str, tuple[str, Any]] = {}
    for public_id in GoldenRecord.objects.values_list("public_id", flat=True):
        found = selectors.golden(public_id)
        goldens[public_id] = found.state, json.loads(found.body) if found.body else sorted(found.successors)
    crosswalk = dict(zip(addresses, selectors.crosswalk_many(addresses), strict=True))
    now = rows("SELECT clock_timestamp()")[0][0]
    books = {g: allowed(consents.of_golden(g), now) for g, (state, _) in goldens.items() if state == "live"}
    return Shown(now, goldens, crosswalk, books)


def asked_later(then: Shown) -> Shown:
    goldens: dict[str, tuple[str, Any]] = {}
    for public_id in then.goldens:
        found = history.golden_at(public_id, then.instant)
        body = {key: value for key, value in found.view.items() if key not in ("state", "successors")}
        goldens[public_id] = found.state, body or sorted(found.successors)
        assert found.rendered is None or found.rendered.exact
    crosswalk = {}
    for address in then.crosswalk:
        try:
            crosswalk[address] = history.crosswalk_at(*address, then.instant)
        except NotFound:
            crosswalk[address] = None
    books = {g: allowed(history.consents_at(g, then.instant), then.instant) for g in then.consents}
    return Shown(then.instant, goldens, crosswalk, books)


def pin_or_unpin(dice: random.Random) -> None:
    standing = list(Pin.objects.filter(ended_at=None).order_by("id"))
    if standing and dice.random() < 0.5:
        pinning.unpin(dice.choice(standing), by="system")
        return
    golden = dice.choice(list(GoldenRecord.objects.filter(state=0).order_by("id")))
    born = f"19{dice.randrange(50, 60)}-02-03"
    pinning.pin(golden_id=golden.public_id, attribute="birth_date", value=born, reason="She showed her passport.",
                record=dice.choice(sorted(_records(golden))))  # fmt: skip


def _records(golden: GoldenRecord) -> list[str]:
    return list(selectors.names_of(golden.holders).values())


def a_life(seed: int, *, steps: int = 12) -> list[Shown]:
    """Loads, updates out of order, deletes, consents, pins, judgements, retractions and another model, at random."""
    dice = random.Random(seed)
    made = world.operations(seed, size=60)
    dice.shuffle(made)
    for _, record in made:
        if dice.random() < 0.5:
            said = {
                "purpose": "marketing",
                "channel": dice.choice(["email", "email", "sms"]),
                "state": dice.choice(["granted", "withdrawn"]),
                "captured_at": f"2026-01-01T0{dice.randrange(5)}:00:00Z",
            }
            if "emails" in record and dice.random() < 0.8:
                said["contact_point"] = record["emails"][0]["value"]
            record["consents"] = [said]
    addresses = sorted({(system, record["source_id"]) for system, record in made})
    told = []
    for number in range(steps):
        held = sorted(world.addresses())
        standing = list(Judgement.objects.filter(retracted_at=None))
        what = dice.random()
        if number == steps // 2:
            remodel.activate(MatchModelVersion.objects.get(name="strict"))
        elif standing and what < 0.15:
            pipeline.retract(dice.choice(standing), by="system")
        elif held and what < 0.25:
            pin_or_unpin(dice)
        elif len(held) > 1 and what < 0.45:
            a, b = dice.sample(held, 2)
            pipeline.judge(a=tuple(a.split(":")), b=tuple(b.split(":")), judgement=dice.choice(["same", "different"]))
        else:
            world.send([made.pop() for _ in range(min(len(made), dice.randrange(1, 10)))])
            pipeline.drain()
        told.append(shown(addresses))
    return told


@pytest.mark.parametrize("seed", range(5))
def test_an_instant_answers_as_it_did(seed: int, sources) -> None:
    world.activate(world.tiny_model(cap=4))
    strict = dataclasses.replace(world.tiny_model(cap=50), name="strict", cut_mb=6000, potential_mb=2000)
    MatchModelVersion.objects.create(name="strict", document=strict.to_json())
    told = a_life(seed)
    states = {state for then in told for state, _ in then.goldens.values()}
    assert "live" in states
    assert any(told for then in told for told, _ in then.consents.values())
    for then in told:
        assert asked_later(then) == then
    dice = random.Random(seed)
    for public_id in sorted(told[-1].goldens):
        one, two = dice.sample(told, 2)
        views = [history.golden_at(public_id, then.instant).view for then in (one, two)]
        found = history.compared(public_id, one.instant, two.instant)
        assert applied(flat(views[0]), found["changes"]) == flat(views[1])
