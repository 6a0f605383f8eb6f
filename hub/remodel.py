"""Another match model for a hub that holds records.

Everything is prepared and scored under the new model beside the present one, which stays in force
meanwhile; then the switch, then what arrived during the preparation, then T3 for every record. Golden ids
go with their largest overlap, as in any merge or split.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from django.db import transaction

from hub import pipeline
from hub.flow import Cause
from hub.models import MatchModelVersion
from hub.sql import rows
from hub.stages import block, compare, normalise
from hub.stages import model as models
from matching.canonical import from_nested
from matching.model import MatchModel

CHUNK = 500
Progress = Callable[[str, int], None]


def activate(version: MatchModelVersion, *, progress: Progress = lambda step, number: None) -> int:
    """Put a version in force and resolve every record under it; how many records there were.

    May be repeated after a crash at any point: what is done already changes nothing.
    """
    model = models.version(version.pk)
    started = rows("SELECT clock_timestamp()")[0][0]
    every = "SELECT id FROM hub_sourcerecord WHERE id > %s ORDER BY id LIMIT %s"
    if not version.active:
        for ids in _chunks(every):
            _prepare(ids, version.pk, model)
            progress("prepared", len(ids))
        for ids in _chunks(every):
            _score(ids, version.pk, model)
            progress("scored", len(ids))
        with transaction.atomic():
            models.lock_for_switch()
            MatchModelVersion.objects.filter(active=True).update(active=False)
            MatchModelVersion.objects.filter(pk=version.pk).update(active=True)
    late = "SELECT id FROM hub_sourcerecord WHERE id > %s AND updated_at >= %s::timestamptz ORDER BY id LIMIT %s"
    for ids in _chunks(late, started):
        _prepare(ids, version.pk, model)
    for ids in _chunks(late, started):
        _score(ids, version.pk, model)
    number = 0
    for ids in _chunks(every):
        with transaction.atomic():
            models.hold(version.pk)
            pipeline.recluster(ids, cause=Cause("model", version.name), model_id=version.pk, model=model)
        progress("resolved", len(ids))
        number += len(ids)
    return number


def _chunks(sql: str, *params: object) -> Iterator[list[int]]:
    last = 0
    while found := [row[0] for row in rows(sql, last, *params, CHUNK)]:
        yield found
        last = found[-1]


def _prepare(ids: Sequence[int], model_id: int, model: MatchModel) -> None:
    with transaction.atomic():
        found = rows(
            """
            SELECT r.id, s.code, s.scope, r.canonical FROM hub_sourcerecord r
            JOIN hub_sourcesystem s ON s.id = r.system_id WHERE r.id = ANY(%b::bigint[]) ORDER BY r.id FOR UPDATE OF r
            """,
            list(ids),
        )
        records = [(i, scope, from_nested(json.loads(c), source_system=code)) for i, code, scope, c in found]
        normalise.prepare(records, model_id=model_id, model=model, replaced=ids)


def _score(ids: Sequence[int], model_id: int, model: MatchModel) -> None:
    with transaction.atomic():
        found = block.candidates(ids, model_id=model_id, model=model)
        compare.score(found.pairs, model_id=model_id, model=model)
