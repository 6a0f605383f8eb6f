"""``verify`` finds nothing on a sound hub, and names what was broken on purpose."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import transaction

from hub import pipeline
from hub.invariants import breaches
from hub.stages.seal import seal
from tests.integration.pipeline import world
from tests.integration.pipeline.damages import DAMAGES
from tests.integration.pipeline.damages.feed import deliveries
from tests.integration.pipeline.damages.values import change_a_value

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sound(sources):
    world.activate(world.tiny_model(cap=4))
    world.send(world.operations(21, size=60))
    pipeline.drain()
    a, b, c, d = (tuple(address.split(":")) for address in sorted(world.addresses())[:4])
    merged = pipeline.judge(a=a, b=b, judgement="same")
    pipeline.judge(a=c, b=d, judgement="different")
    again = pipeline.judge(a=a, b=d, judgement="same")
    pipeline.retract(again, by="system")
    assert merged.retracted_at is None
    seal()
    assert list(breaches()) == []


def test_each_breach_is_named(sound) -> None:
    unnamed = {}
    for damage, invariant, says in DAMAGES:
        with transaction.atomic():
            subject = damage()
            found = list(breaches())
            transaction.set_rollback(True)
        if not any(b.invariant == invariant and subject in b.subject and says in b.text for b in found):
            unnamed[damage.__name__] = found
    assert unnamed == {}


@pytest.mark.unverified("damages what it verifies")
def test_the_command_ends_with_1_and_shows_nobody_s_data(sound, capsys) -> None:
    subject = change_a_value()
    with pytest.raises(SystemExit) as ended:
        call_command("verify", "--json")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    found = json.loads(said.splitlines()[-1])["breaches"]
    assert (4, subject) in {(b["invariant"], b["subject"]) for b in found}
    assert "Zebulon" not in said


def test_a_sound_hub_with_deliveries_has_no_breach(sound) -> None:
    deliveries()
    assert list(breaches()) == []
