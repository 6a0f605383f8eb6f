"""Small worlds that break matching hubs: few names, tiny caps, updates out of order, deletes, judgements."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

from hub import pipeline
from hub.models import Crosswalk, MatchModelVersion, SourceSystem
from hub.models.inbox import Lane
from hub.stages import model as models
from matching.model import MatchModel, default
from tests import opened
from tests.hatchery import Hatched, hatch

GIVEN = ["Alice", "Bob", "Charlie", "Alicia"]
FAMILY = ["Meyer", "Mayer", "Schmidt"]


def tiny_model(*, cap: int) -> MatchModel:
    """The default model with every block limited to ``cap`` records."""
    model = default(population=60)
    rules = tuple(dataclasses.replace(rule, cap=cap) for rule in model.rules)
    return dataclasses.replace(model, name=f"cap-{cap}", rules=rules)


def activate(model: MatchModel) -> None:
    models.version.cache_clear()
    MatchModelVersion.objects.update(active=False)
    MatchModelVersion.objects.create(name=model.name, document=model.to_json(), active=True)


def operations(seed: int, *, size: int) -> list[tuple[str, dict[str, Any]]]:
    """(source code, canonical record) in the order of their versions; equal times and deletes among them."""
    dice = random.Random(seed)
    made = []
    for number in range(size):
        system = dice.choice(["crm", "pos"])
        record: dict[str, Any] = {
            "source_id": str(dice.randrange(max(2, size // 2))),
            "name": {"given": dice.choice(GIVEN), "family": dice.choice(FAMILY)},
            "occurred_at": f"2026-01-01T00:00:{dice.randrange(30):02d}Z",
        }
        if dice.random() < 0.7:
            record["birth_date"] = f"19{dice.randrange(70, 73)}-0{dice.randrange(1, 3)}-11"
        if dice.random() < 0.6:
            record["emails"] = [{"value": f"{dice.choice('abcdef')}{dice.randrange(4)}@mail.example.com"}]
        if dice.random() < 0.4:
            record["phones"] = [{"value": f"+4915123455{dice.randrange(900, 912)}"}]
        if dice.random() < 0.4:
            record["addresses"] = [
                {"street": f"Lindenstr. {dice.randrange(3)}", "postal_code": "10969", "country": "DE"}
            ]
        if dice.random() < 0.12:
            record["deleted"] = True
        made.append((system, record | {"attributes": {"step": number % 5}}))
    return made


def send(made: Sequence[tuple[str, dict[str, Any]]]) -> None:
    sources = {s.code: s for s in SourceSystem.objects.all()}
    for system, record in made:
        receipts = pipeline.receive(source=sources[system], payloads=[record], lane=Lane.BULK)
        assert receipts[0].status in ("accepted", "duplicate")


def partition() -> set[frozenset[str]]:
    """The clusters by address, the same in every hub that holds the same."""
    groups: dict[int, set[str]] = {}
    named = opened.addresses()
    for golden, record in Crosswalk.objects.exclude(golden=None).values_list("golden_id", "record_id"):
        groups.setdefault(golden, set()).add(":".join(named[record]))
    return {frozenset(group) for group in groups.values()}


def addresses() -> dict[str, int]:
    """The live records' ids by address."""
    return {":".join(named): record_id for record_id, named in opened.addresses(deleted=False).items()}


WORKER = """
import django; django.setup()
from django.conf import settings
settings.HUB_BATCH_SIZE = int({batch})
from hub import ports, pipeline
ports._doorbell.clear()
import time
idle = 0
while idle < 3:
    idle = 0 if pipeline.drain() else idle + 1
    time.sleep(0.05)
"""


def worker(*, batch: int) -> Hatched:
    """A real worker process on the test's database, gone when nothing is left to do."""
    return hatch(WORKER.format(batch=batch))
