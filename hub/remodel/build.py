"""The rows of a match model for all that the hub holds, made at once, and then for what changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.db import transaction

from hub.remodel.progress import Progress
from hub.stages import block, cluster, compare, normalise, shadow, suppress
from hub.stages import model as models
from matching.block import keys as blocking_keys
from matching.compare import compare as compared
from matching.compare import prime
from matching.decide import conflict_kinds
from matching.keyed import Keyed
from matching.model import MatchModel
from matching.normalise import normalise as normalised
from matching.pairs import Pairs
from matching.parallel import each
from matching.scoring import chunks
from matching.table import Table, TableBuilder
from matching.weigh import weigh

CHUNK = 500
EDGES_AT_ONCE = 100_000


def barrier() -> int:
    """The last record version, once every transaction that is resolving now has ended: all up to it are committed."""
    with transaction.atomic():
        models.lock_for_switch()
        return shadow.latest_version()


def build(model_id: int, model: MatchModel, *, workers: int, progress: Progress) -> None:
    """All rows of a model that has none: prepared forms, keys, suppressed keys and edges of every live record."""
    mark = barrier()
    with transaction.atomic():
        shadow.discard(model_id)
    ids, revs, table, held = _prepare(model_id, model, progress)
    _store_keys(ids, held, model_id=model_id)
    _score(ids, revs, table, held, model_id=model_id, model=model, workers=workers, progress=progress)
    shadow.caught_up(model_id, mark)


def _prepare(model_id: int, model: MatchModel, progress: Progress) -> tuple[np.ndarray, np.ndarray, Table, Keyed]:
    builder = TableBuilder()
    ids: list[int] = []
    revs: list[int] = []
    row, key, rule = [], [], []
    for page in shadow.every_source():
        written = []
        counts: list[int] = []
        keys: list[int] = []
        rules: list[int] = []
        prepared = [normalised(source.record, model) for source in page]
        builder.add(prepared)
        for source, p in zip(page, prepared, strict=True):
            found = {k: r for r, k in blocking_keys(p, model, normalise.blocking_scope(source.scope, p.kind))}
            counts.append(len(found))
            keys += found
            rules += found.values()
            revs.append(p.rev)
            written.append((source.id, p.rev, p.key_data, p.encode(), list(found)))
        row.append(np.repeat(np.arange(len(ids), len(ids) + len(page)), counts))
        key.append(np.array(keys, dtype=np.int64))
        rule.append(np.array(rules, dtype=np.int16))
        ids += [source.id for source in page]
        with transaction.atomic():
            shadow.write_prepared(written, model_id=model_id)
        progress("prepared", len(page))
    caps = np.array([r.cap for r in model.rules], dtype=np.int64)
    rows_of, keys_of, rules_of = (np.concatenate(x) if x else np.empty(0, dtype=np.int64) for x in (row, key, rule))
    held = Keyed.of(rows_of, keys_of, rules_of, caps)
    return np.array(ids, dtype=np.int64), np.array(revs, dtype=np.int64), builder.table(), held


def _store_keys(ids: np.ndarray, held: Keyed, *, model_id: int) -> None:
    if len(held.row):
        with transaction.atomic():
            shadow.write_keys(ids[held.row], held.values[held.number], model_id=model_id)
            shadow.write_suppressed(held.values[held.over], held.rule[held.over], model_id=model_id)


def _score(
    ids: np.ndarray,
    revs: np.ndarray,
    table: Table,
    held: Keyed,
    *,
    model_id: int,
    model: MatchModel,
    workers: int,
    progress: Progress,
) -> None:
    left, right = held.pairs()
    prime(table, model)

    def some(part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        weights = weigh(compared(table, left[part], right[part], model), model)
        kept = np.flatnonzero(weights >= model.edge_floor_mb)
        kinds = conflict_kinds(table, left[part][kept], right[part][kept], model)
        return kept + part.start, weights[kept], kinds

    found = each(some, list(chunks(len(left))), workers)
    progress("scored", len(left))
    if not found:
        return
    kept, weights, kinds = (np.concatenate(column) for column in zip(*found, strict=True))
    for start in range(0, len(kept), EDGES_AT_ONCE):
        part = slice(start, start + EDGES_AT_ONCE)
        _store_edges(ids, revs, (left[kept[part]], right[kept[part]]), weights[part], kinds[part], held, model_id)


def _store_edges(
    ids: np.ndarray,
    revs: np.ndarray,
    pairs: Pairs,
    weights: np.ndarray,
    kinds: np.ndarray,
    held: Keyed,
    model_id: int,
) -> None:
    a, b = pairs
    place, key = held.shared(pairs)
    cuts = np.searchsorted(place, np.arange(len(a) + 1)).tolist()
    keys = key.tolist()
    columns = (ids[a], ids[b], revs[a], revs[b], weights, kinds)
    with transaction.atomic():
        shadow.write_edges(
            (
                (*edge, keys[first:last])
                for edge, first, last in zip(
                    zip(*(c.tolist() for c in columns), strict=True), cuts[:-1], cuts[1:], strict=True
                )
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
    records = [(s.id, s.scope, s.record) for s in shadow.sources(ids)]
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
    cluster.forget_stale_edges(ids, model_id=model_id)
    return affected
