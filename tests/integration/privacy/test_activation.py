"""An erasure while another match model is being put in force, and switching between models that forgot."""

from __future__ import annotations

from typing import Any

import pytest

from hub import pipeline, remodel
from hub.errors import ModelSwitched
from hub.models import BlockingKey, MatchModelVersion, Prepared, SourceRecord
from hub.privacy import requests, targets, work
from tests.integration.pipeline import world
from tests.integration.pipeline.conftest import sources  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def erase(address: str) -> int:
    """Erase one record; its number."""
    record = world.addresses()[address]
    subject = targets.of_record(*address.split(":", 1))
    made = requests.file(kind="erasure", subject=subject, by="system", of_record=True)
    assert work.begin(made).state in ("waiting_for_targets", "done")
    return record


def begin(seed: int) -> MatchModelVersion:
    """A hub under one model, and another one that is not in force."""
    world.activate(world.tiny_model(cap=3))
    world.send(world.operations(seed, size=40))
    pipeline.drain()
    other = world.tiny_model(cap=6)
    return MatchModelVersion.objects.create(name=other.name, document=other.to_json())


@pytest.mark.parametrize("when", ["_follow_records", "_changing"])
def test_an_activation_that_was_overtaken_begins_again(sources: Any, monkeypatch: Any, when: str) -> None:  # noqa: F811
    other = begin(3)
    real, erased = getattr(remodel, when), list[int]()

    def overtaken(*args: Any, **more: Any) -> Any:
        answer = real(*args, **more)
        if not erased:
            erased.append(erase(sorted(world.addresses())[0]))
        return answer

    monkeypatch.setattr(remodel, when, overtaken)
    with pytest.raises(ModelSwitched):
        remodel.activate(other)
    other.refresh_from_db()
    assert not other.active
    remodel.activate(other)
    other.refresh_from_db()
    assert other.active
    assert not Prepared.objects.filter(record_id=erased[0]).exists()
    assert not BlockingKey.objects.filter(record_id=erased[0]).exists()


def test_the_model_that_was_left_forgets_too(sources: Any) -> None:  # noqa: F811
    other = begin(4)
    before = MatchModelVersion.objects.get(active=True)
    remodel.activate(other)
    gone = erase(sorted(world.addresses())[0])
    assert not Prepared.objects.filter(record_id=gone).exists()
    before.refresh_from_db()
    remodel.activate(before)
    assert SourceRecord.objects.exists()
