"""T3, second: cluster a locked region anew, from its records, edges and judgements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hub.flow import Doubt, Link, Region, Ruling
from matching.cluster import resolve_component
from matching.model import MatchModel
from matching.normalise import Prepared
from matching.table import Table

PreparedOf = Callable[[Sequence[int]], Mapping[int, Prepared]]


@dataclass(frozen=True, slots=True)
class Resolution:
    """``clusters`` of record ids, and what they would be without judgements (``native``); ``doubts`` between two of
    them or between one and a neighbour."""

    clusters: tuple[frozenset[int], ...]
    native: tuple[frozenset[int], ...]
    doubts: tuple[Doubt, ...]


def resolve(region: Region, prepared_of: PreparedOf, model: MatchModel) -> Resolution:
    """The clusters of a region, each component by itself. ``prepared_of`` is asked for what more than one record
    makes necessary."""
    components = _components(region.live, region, model)
    component_of = {record: i for i, component in enumerate(components) for record in component}
    inside: dict[int, list[Link]] = defaultdict(list)
    between: list[Link] = []
    for link in region.links:
        home = component_of.get(link.a)
        if home is not None and home == component_of.get(link.b):
            inside[home].append(link)
        elif link.a in component_of or link.b in component_of:
            between.append(link)
    alone = [frozenset(c) for c in components if len(c) == 1]
    several = [record for c in components if len(c) > 1 for record in c]
    prepared = prepared_of(several) if several else {}
    # One that was deleted since its version was read is left out: its own T3 follows.
    several = [record for record in several if record in prepared]
    clusters, doubts = _resolve(several, inside, component_of, region.rulings, prepared, model)
    native = clusters
    judged = {component_of[end] for r in region.rulings if r.judgement != "unsure" for end in (r.a, r.b)
              if end in component_of}  # fmt: skip
    if judged:
        # The rest is as it would be. No cluster reaches across components.
        again = [record for record in several if component_of[record] in judged]
        within = {home: found for home, found in inside.items() if home in judged}
        native = [c for c in clusters if component_of[min(c)] not in judged]
        native += _resolve(again, within, component_of, (), prepared, model)[0]
    doubts += [
        Doubt(link.a, link.b, link.weight, link.conflict) for link in between if link.weight >= model.potential_mb
    ]
    return Resolution((*alone, *clusters), (*alone, *native), tuple(doubts))


def _components(live: Collection[int], region: Region, model: MatchModel) -> list[list[int]]:
    parent = {record: record for record in live}

    def root(record: int) -> int:
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    joining = [(link.a, link.b) for link in region.links if link.joins(model)]
    joining += [(r.a, r.b) for r in region.rulings if r.judgement == "same"]
    for a, b in joining:
        if a in parent and b in parent:
            parent[root(a)] = root(b)
    groups: dict[int, list[int]] = defaultdict(list)
    for record in sorted(live):
        groups[root(record)].append(record)
    return list(groups.values())


def _resolve(
    records: Sequence[int],
    inside: dict[int, list[Link]],
    component_of: dict[int, int],
    judged: Sequence[Ruling],
    prepared: Mapping[int, Prepared],
    model: MatchModel,
) -> tuple[list[frozenset[int]], list[Doubt]]:
    """Clusters and doubts of all components of two and more records, in one calculation."""
    if not records:
        return [], []
    place = {record: i for i, record in enumerate(records)}
    usable = [x for found in inside.values() for x in found if not x.conflict and x.a in place and x.b in place]
    edges = (
        np.array([place[x.a] for x in usable], dtype=np.int64),
        np.array([place[x.b] for x in usable], dtype=np.int64),
        np.array([x.weight for x in usable], dtype=np.int32),
    )
    answers = [
        (place[r.a], place[r.b], r.judgement)
        for r in judged
        if r.judgement != "unsure" and r.a in place and r.b in place
    ]
    outcome = resolve_component(Table.of([prepared[record] for record in records]), edges, answers, model)
    clusters = [frozenset(records[i] for i in cluster) for cluster in outcome.clusters]
    doubts = [
        Doubt(
            *_spokesmen(clusters[i], clusters[j], inside[component_of[min(clusters[i])]]),
            int(weight),
            str(forbidden_by or ""),
        )
        for i, j, weight, forbidden_by in outcome.potential
    ]
    return clusters, doubts


def _spokesmen(one: frozenset[int], two: frozenset[int], inside: Sequence[Link]) -> tuple[int, int]:
    """The pair of records with the greatest weight between two clusters, lower id first."""
    across = [x for x in inside if (x.a in one and x.b in two) or (x.a in two and x.b in one)]
    if across:
        best = max(across, key=lambda x: (x.weight, -x.a, -x.b))
        return best.a, best.b
    a, b = min(one), min(two)
    return (a, b) if a < b else (b, a)
