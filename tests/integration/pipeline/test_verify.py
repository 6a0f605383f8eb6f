"""``verify`` finds nothing on a sound hub, and names what was broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.management import call_command

from hub import pipeline
from hub.invariants import breaches
from hub.models import GoldenRecord, OutboxEvent
from hub.sql import rows
from hub.stages.seal import seal
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sound(sources):
    world.activate(world.tiny_model(cap=100))
    world.send(world.operations(21, size=40))
    pipeline.drain()
    seal()
    assert list(breaches()) == []


def change_a_value() -> str:
    golden = GoldenRecord.objects.filter(state=0).order_by("id")[0]
    body = json.loads(bytes(golden.body))
    body["profile"]["name"] = {"given": "Eve"}
    rows("UPDATE hub_goldenrecord SET body = %s WHERE id = %s", json.dumps(body).encode(), golden.pk)
    return golden.public_id


def remove_an_event() -> str:
    event = OutboxEvent.objects.order_by("id")[0]
    rows("DELETE FROM hub_outboxevent WHERE id = %s", event.pk)
    return event.subject


def move_a_record() -> str:
    first, second = GoldenRecord.objects.filter(state=0).order_by("id")[:2]
    rows("UPDATE hub_crosswalk SET golden_id = %s WHERE golden_id = %s", second.pk, first.pk)
    return first.public_id


def lose_a_record() -> str:
    (record,) = rows("UPDATE hub_crosswalk SET golden_id = NULL WHERE record_id = (SELECT min(record_id) FROM "
                     "hub_crosswalk WHERE golden_id IS NOT NULL) RETURNING record_id")  # fmt: skip
    return f"record {record[0]}"


@pytest.mark.unverified("damages what it verifies")
@pytest.mark.parametrize(
    ("damage", "invariant"), [(change_a_value, 4), (remove_an_event, 8), (move_a_record, 2), (lose_a_record, 2)]
)
def test_a_breach_is_named(sound, capsys, damage: Callable[[], str], invariant: int) -> None:
    subject = damage()
    with pytest.raises(SystemExit) as ended:
        call_command("verify", "--json")
    assert ended.value.code == 1
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["breaches"]
    assert (invariant, subject) in {(b["invariant"], b["subject"]) for b in found}
    assert "Eve" not in json.dumps(found)
