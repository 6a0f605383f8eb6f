"""What the tests of model switches share: models that differ, and what must hold afterwards."""

from __future__ import annotations

import dataclasses

from django.db import transaction

from hub import pipeline
from hub.flow import Cause
from hub.invariants import breaches
from hub.models import MatchModelVersion, OutboxEvent, Review
from hub.selectors import crosswalk_rows
from hub.sql import rows
from hub.stages import model as models
from matching.model import MatchModel
from tests.integration.pipeline import world


def other_model(name: str = "other", *, cap: int = 50, cut_mb: int = 6000, potential_mb: int = 2000) -> MatchModel:
    return dataclasses.replace(world.tiny_model(cap=cap), name=name, cut_mb=cut_mb, potential_mb=potential_mb)


def held(model: MatchModel) -> MatchModelVersion:
    return MatchModelVersion.objects.create(name=model.name, document=model.to_json())


def active() -> str:
    return MatchModelVersion.objects.get(active=True).name


def golden_ids() -> dict[str, str]:
    return {f"{system}:{source_id}": golden for system, source_id, golden in crosswalk_rows()}


def open_reviews() -> set[tuple[int, int]]:
    return set(Review.objects.filter(state="open").values_list("golden_a_id", "golden_b_id"))


def assert_consistent() -> None:
    """Nothing is broken, and T3 for every record under the active model would change nothing: no event, no review,
    no suppressed key."""
    assert list(breaches()) == []
    before = golden_ids(), open_reviews(), OutboxEvent.objects.count(), _suppressed()
    model_id, model = models.active()
    every = [row[0] for row in rows("SELECT id FROM hub_sourcerecord ORDER BY id")]
    with transaction.atomic():
        pipeline.recluster(every, cause=Cause("model", "again"), model_id=model_id, model=model)
    assert (golden_ids(), open_reviews(), OutboxEvent.objects.count(), _suppressed()) == before


def _suppressed() -> set[tuple[int, int]]:
    return set(rows("SELECT model_id, key FROM hub_suppressedkey s JOIN hub_matchmodelversion m ON m.id = s.model_id "
                    "WHERE m.active"))  # fmt: skip


def rows_held(version: MatchModelVersion) -> int:
    """How many rows of a model are held, in all tables."""
    return sum(
        rows(f"SELECT count(*) FROM {table} WHERE model_id = %s", version.pk)[0][0]
        for table in ("hub_prepared", "hub_blockingkey", "hub_suppressedkey", "hub_edge")
    )
