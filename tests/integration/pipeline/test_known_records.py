"""Golden records made of records that a batch still holds in memory are those made of what is stored."""

from __future__ import annotations

import dataclasses

import pytest

from hub import pipeline, selectors
from hub.invariants import breaches
from hub.models import Crosswalk, GoldenRecord, SourceRecord
from hub.stages import survive
from tests import opened
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def test_a_known_record_is_believed_while_its_content_hash_is_the_stored_one(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    world.send(world.operations(3, size=60))
    pipeline.drain()
    groups: dict[int, set[int]] = {}
    for golden, record in Crosswalk.objects.exclude(golden=None).values_list("golden_id", "record_id"):
        groups.setdefault(golden, set()).add(record)
    clusters = [frozenset(group) for group in groups.values()]
    held = {
        r.pk: (bytes(r.content_hash), selectors.records([r.pk])[r.pk])
        for r in SourceRecord.objects.exclude(deleted=True)
    }
    expected = survive.golden_of(clusters)
    assert max(map(len, clusters)) > 1
    # Half of them known, as where a batch meets records of earlier ones.
    assert survive.golden_of(clusters, known={r: held[r] for r in sorted(held)[::2]}) == expected
    # Another worker wrote newer versions meanwhile: what is known is out of date and must not be shown.
    outdated = {
        r: (b"\0" * 16, dataclasses.replace(record, name=dataclasses.replace(record.name, given="Mallory")))
        for r, (_, record) in held.items()
    }
    assert survive.golden_of(clusters, known=outdated) == expected


def test_what_no_double_can_hold_is_stored_exactly(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    odd = {"card": 2**70 + 1, "sizes": {"b": 1, "a": [{"d": 0.1, "c": -0.0}]}, "rate": 1e16, "text": "ä\u2028"}
    world.send([("crm", {"source_id": "1", "name": {"given": "Alice", "family": "Meyer"}, "attributes": odd})])
    pipeline.drain()
    (golden,) = GoldenRecord.objects.filter(state=0)
    assert opened.body(golden)["profile"]["attributes"] == odd
    assert list(breaches()) == []
