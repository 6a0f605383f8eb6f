"""One batch run over what the hub holds: what the clusters must be, whatever way they came to be.

It starts from the source records, not from stored keys or edges, and follows its own short path through the
pure stages, so that it can catch the online path in an error.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from hub.sql import rows
from matching.block import keys as blocking_keys
from matching.canonical import from_nested
from matching.cluster import resolve_component
from matching.compare import compare
from matching.decide import conflicts
from matching.model import MatchModel
from matching.normalise import Prepared, normalise
from matching.table import Table
from matching.weigh import weigh

_PAIRS_AT_ONCE = 500_000


def partition(*, model_id: int, model: MatchModel) -> list[list[int]]:
    """Clusters of live record ids by one batch run under the model and the judgements in force."""
    prepared: dict[int, Prepared] = {}
    blocks: dict[tuple[int, int], list[int]] = defaultdict(list)
    for record_id, code, scope, kind, canonical in rows(
        """
        SELECT r.id, s.code, s.scope, r.kind, r.canonical FROM hub_sourcerecord r
        JOIN hub_sourcesystem s ON s.id = r.system_id WHERE NOT r.deleted ORDER BY r.id
        """
    ):
        p = prepared[record_id] = normalise(from_nested(json.loads(canonical), source_system=code), model)
        for place in blocking_keys(p, model, f"{scope}/{kind}"):
            blocks[place].append(record_id)
    pairs = {
        (a, b)
        for (rule, _), members in blocks.items()
        if len(members) <= model.rules[rule].cap
        for i, a in enumerate(members)
        for b in members[i + 1 :]
    }
    edges = _score(sorted(pairs), prepared, model)
    judged = _rulings(prepared)
    clusters: list[list[int]] = []
    for component in _components(prepared, edges, judged, join_above=min(model.cut_mb, 0)):
        clusters += _resolve(component, edges, judged, prepared, model)
    return clusters


Edges = dict[tuple[int, int], int]
Judged = dict[tuple[int, int], str]


def _score(pairs: list[tuple[int, int]], prepared: Mapping[int, Prepared], model: MatchModel) -> Edges:
    ids = list(prepared)
    place = {record_id: i for i, record_id in enumerate(ids)}
    table = Table.of(list(prepared.values()))
    edges: Edges = {}
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        chunk = pairs[start : start + _PAIRS_AT_ONCE]
        left = np.array([place[a] for a, _ in chunk], dtype=np.int64)
        right = np.array([place[b] for _, b in chunk], dtype=np.int64)
        weights = weigh(compare(table, left, right, model), model)
        free = ~conflicts(table, left, right, model)
        for i in np.flatnonzero((weights >= model.edge_floor_mb) & free).tolist():
            edges[chunk[i]] = int(weights[i])
    return edges


def _rulings(prepared: Mapping[int, Prepared]) -> Judged:
    found = rows(
        """
        SELECT DISTINCT ON (a_id, b_id) a_id, b_id, judgement, a_key_data, b_key_data FROM hub_judgement
        WHERE retracted_at IS NULL ORDER BY a_id, b_id, id DESC
        """
    )
    return {
        (a, b): judgement
        for a, b, judgement, a_key, b_key in found
        if a in prepared and b in prepared and prepared[a].key_data == a_key and prepared[b].key_data == b_key
    }


def _components(records: Iterable[int], edges: Edges, judged: Judged, *, join_above: int) -> list[list[int]]:
    near: dict[int, set[int]] = {record: set() for record in records}
    joining = [pair for pair, weight in edges.items() if weight > join_above]
    joining += [pair for pair, judgement in judged.items() if judgement == "same"]
    for a, b in joining:
        near[a].add(b)
        near[b].add(a)
    components = []
    while near:
        start, frontier = near.popitem()
        component = {start}
        while frontier:
            component |= frontier
            frontier = {n for record in frontier for n in near.pop(record, ())} - component
        components.append(sorted(component))
    return components


def _resolve(
    component: list[int], edges: Edges, judged: Judged, prepared: Mapping[int, Prepared], model: MatchModel
) -> list[list[int]]:
    if len(component) == 1:
        return [component]
    place = {record: i for i, record in enumerate(component)}
    own = [(a, b, w) for a in component for b in component if (w := edges.get((a, b))) is not None]
    arrays = (
        np.array([place[a] for a, _, _ in own], dtype=np.int64),
        np.array([place[b] for _, b, _ in own], dtype=np.int64),
        np.array([w for *_, w in own], dtype=np.int32),
    )
    answers = [
        (place[a], place[b], judgement)
        for (a, b), judgement in sorted(judged.items())
        if judgement != "unsure" and a in place and b in place
    ]
    outcome = resolve_component(Table.of([prepared[r] for r in component]), arrays, answers, model)
    return [[component[i] for i in cluster] for cluster in outcome.clusters]
