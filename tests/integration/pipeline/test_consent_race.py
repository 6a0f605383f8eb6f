"""Withdrawals said for customers while four workers load, merge and delete them: nobody waits for ever, nothing is
lost, and every record that one was said of stays withdrawn."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from hub import consents, pipeline
from hub.errors import NotFound
from hub.invariants import breaches
from hub.models import ConsentStatement, GoldenRecord
from matching.consent import ConsentPolicy
from tests import opened
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

LATE = datetime(2027, 1, 1, tzinfo=UTC)
STOP = {"purpose": "marketing", "channel": "email", "state": "withdrawn", "captured_at": "2026-06-01T00:00:00Z"}


@pytest.mark.parametrize("seed", range(2))
def test_withdrawals_beside_four_workers(seed: int, sources) -> None:
    world.activate(world.tiny_model(cap=3))
    dice = random.Random(seed)
    grant = {**STOP, "state": "granted", "captured_at": "2026-05-01T00:00:00Z"}
    made = [(s, r | {"consents": [grant]}) for s, r in world.operations(400 + seed, size=160)]
    dice.shuffle(made)
    world.send(made[:40])
    pipeline.drain()
    world.send(made[40:])
    workers = [world.worker(batch=batch) for batch in (1, 3, 7, 40)]
    said: list[int] = []
    while any(worker.poll() is None for worker in workers):
        names = list(GoldenRecord.objects.exclude(state=2).values_list("public_id", flat=True))
        with suppress(NotFound):
            said += [r for _, r in pipeline.say_consent(dice.choice(names), STOP, now=LATE, actor="test")]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0, 0]
    pipeline.drain()
    assert list(breaches()) == []
    assert len(set(said)) > 5
    assert ConsentStatement.objects.filter(state="withdrawn").count() == len(set(said))
    live = set(opened.addresses(deleted=False)) & set(said)
    for golden in GoldenRecord.objects.filter(state=0, holders__overlap=sorted(live)):
        book = consents.of_golden(golden.public_id)
        found = book.decide(purpose="marketing", channel="email", at=LATE, policy=ConsentPolicy())
        assert found.verdict.state == "withdrawn"
