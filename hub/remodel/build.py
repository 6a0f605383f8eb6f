"""The rows of a match model for all that the hub holds, made at once, and then for what changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.db import transaction

from hub.remodel.progress import Progress
from hub.sealing import PREPARED, seal
from hub.stages import block, compare, normalise, region, shadow, suppress
from hub.stages import model as models
from matching.block import keys as blocking_keys
from matching.model import MatchModel
from matching.normalise import normalise as normalised
from matching.table import Table, TableBuilder
from matching.whole import Edges, Keys, resolve

CHUNK = 500
EDGES_AT_ONCE = 100_000


def barrier() -> int:
    """The last record version, once every transaction that is resolving now has ended: all up to it are committed."""
    with transaction.atomic():
        models.lock_for_switch()
        return shadow.latest_version()


def build(model_id: int, model: MatchModel, *, workers: int, progress: Progress) -> int:
    """All rows of a model that has none: prepared forms, keys, suppressed keys and edges of every live record. Gives
    the last record version that they are sure to know."""
    mark = barrier()
    with transaction.atomic():
        shadow.discard(model_id)
    ids, revs, table, keys = _prepare(model_id, model, progress)
    if len(ids):
        found = resolve(table, keys, model, workers=workers)
        progress("scored", found.pairs)
        with transaction.atomic():
            shadow.write_keys(ids[keys.row], keys.key, model_id=model_id)
            shadow.write_suppressed(found.suppressed, found.suppressed_rule, model_id=model_id)
        _store_edges(ids, revs, found.edges, model_id)
    shadow.caught_up(model_id, mark)
    return mark


def _prepare(model_id: int, model: MatchModel, progress: Progress) -> tuple[np.ndarray, np.ndarray, Table, Keys]:
    """Write the prepared forms; gives record ids (ascending) and revs, the table and the keys of these rows."""
    builder = TableBuilder()
    ids: list[int] = []
    revs: list[int] = []
    row, key, rule = [], [], []
    for page in shadow.every_source():
        prepared = [normalised(source.record, model) for source in page]
        builder.add(prepared)
        held = [
            {k: r for r, k in blocking_keys(p, model, normalise.blocking_scope(source.scope, p.kind))}
            for source, p in zip(page, prepared, strict=True)
        ]
        row.append(np.repeat(np.arange(len(ids), len(ids) + len(page)), [len(found) for found in held]))
        key.append(np.array([k for found in held for k in found], dtype=np.int64))
        rule.append(np.array([r for found in held for r in found.values()], dtype=np.uint8))
        encoded = [seal(source.key, p.encode(), PREPARED) for source, p in zip(page, prepared, strict=True)]
        page_revs = [p.rev for p in prepared]
        with transaction.atomic():
            shadow.write_prepared(
                (
                    (source.id, rev, p.key_data, data, list(found))
                    for source, rev, p, data, found in zip(page, page_revs, prepared, encoded, held, strict=True)
                ),
                model_id=model_id,
            )
        ids += [source.id for source in page]
        revs += page_revs
        progress("prepared", len(page))
    columns = (
        np.concatenate(x) if x else np.empty(0, dtype=kind)
        for x, kind in ((key, np.int64), (row, np.int64), (rule, np.uint8))
    )
    keys = Keys.of(*columns)
    return np.array(ids, dtype=np.int64), np.array(revs, dtype=np.int64), builder.table(), keys


def _store_edges(ids: np.ndarray, revs: np.ndarray, edges: Edges, model_id: int) -> None:
    for start in range(0, len(edges.a), EDGES_AT_ONCE):
        part = slice(start, start + EDGES_AT_ONCE)
        a, b = edges.a[part], edges.b[part]
        columns = (ids[a], ids[b], revs[a], revs[b], edges.weight[part], edges.conflict[part])
        cuts = edges.first[start : start + len(a) + 1].tolist()
        with transaction.atomic():
            shadow.write_edges(
                (
                    (*edge, edges.key[first:last].tolist())
                    for *edge, first, last in zip(*(c.tolist() for c in columns), cuts[:-1], cuts[1:], strict=True)
                ),
                model_id=model_id,
            )


def catch_up(record_ids: Sequence[int], *, model_id: int, model: MatchModel, squeeze: bool = False) -> set[int]:
    """Bring a model's rows in line with these records as they are now; gives all records whose edges may have
    changed their standing.

    To be repeated where it was cut off: what is done already changes nothing. With ``squeeze`` the workers wait
    while each chunk is worked on, so that they cannot be faster.
    """
    affected: set[int] = set()
    for start in range(0, len(record_ids), CHUNK):
        ids = list(record_ids[start : start + CHUNK])
        with transaction.atomic():
            if squeeze:
                models.lock_for_switch()
            affected |= _follow(ids, model_id, model)
    return affected


def _follow(ids: list[int], model_id: int, model: MatchModel) -> set[int]:
    records = [normalise.Fresh(s.id, s.scope, s.record, s.key) for s in shadow.sources(ids)]
    normalise.prepare(records, model_id=model_id, model=model)
    keys = normalise.keys_of(ids, model_id=model_id, model=model)
    found = block.candidates(keys, model_id=model_id, model=model)
    compare.score(found.pairs, model_id=model_id, model=model)
    affected, crowded, again = set(ids), found.crowded, True
    while again:
        settled = suppress.settle(ids, crowded=crowded, model_id=model_id, model=model)
        compare.score(settled.pairs, model_id=model_id, model=model)
        affected |= settled.touched
        crowded, again = {}, settled.again
    region.forget_stale_edges(ids, model_id=model_id)
    return affected
