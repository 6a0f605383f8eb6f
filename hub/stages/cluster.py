"""T3, first half: lock what belongs together, read it again, and cluster it anew.

A region is what the touched records hang together with: by edges that would join, by the golden record they
are in now, and by stewards' judgements. Its neighbours hang on by edges that only ask for a review. Both are
locked through their crosswalk rows, in one order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hub.flow import Doubt, Ruling
from hub.sql import rows
from matching.cluster import resolve_component
from matching.model import MatchModel
from matching.normalise import Prepared
from matching.table import Table


def join_above(model: MatchModel) -> int:
    """Milli-bits above which an edge can hold a component together; a group joins when its mean passes the cut."""
    return min(model.cut_mb, 0)


_EDGES = """
    SELECT e.a_id, e.b_id, e.weight, e.conflict FROM hub_edge e
    JOIN hub_prepared pa ON pa.record_id = e.a_id AND pa.model_id = e.model_id AND pa.rev = e.a_rev
    JOIN hub_prepared pb ON pb.record_id = e.b_id AND pb.model_id = e.model_id AND pb.rev = e.b_rev
    WHERE e.model_id = %s AND e.{end} = ANY(%b::bigint[]) AND EXISTS (
        SELECT 1 FROM unnest(e.keys) AS k(key) WHERE NOT EXISTS (
            SELECT 1 FROM hub_suppressedkey s WHERE s.model_id = e.model_id AND s.key = k.key))
"""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge that counts: both versions current, a shared key not suppressed. ``weight`` in milli-bits."""

    a: int
    b: int
    weight: int
    conflict: str

    def joins(self, model: MatchModel) -> bool:
        return self.weight > join_above(model) and not self.conflict


@dataclass(frozen=True, slots=True)
class Region:
    """``inner`` records are clustered anew; ``outer`` are the neighbours across edges that do not join."""

    inner: frozenset[int]
    outer: frozenset[int]
    links: tuple[Link, ...]
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """``clusters`` of record ids; ``doubts`` between two of them or between one and a neighbour."""

    clusters: tuple[frozenset[int], ...]
    doubts: tuple[Doubt, ...]


def links(record_ids: Collection[int], *, model_id: int) -> set[Link]:
    """The edges at these records that count now."""
    wanted = sorted(record_ids)
    return {Link(*row) for end in ("a_id", "b_id") for row in rows(_EDGES.format(end=end), model_id, wanted)}


def rulings(record_ids: Collection[int], *, model_id: int) -> set[Ruling]:
    """The judgements at these records that are in force: the newest of each pair that was not retracted, while
    the key data of both records are what was judged."""
    found = rows(
        """
        SELECT j.a_id, j.b_id, j.judgement FROM (
            SELECT DISTINCT ON (a_id, b_id) * FROM hub_judgement
            WHERE (a_id = ANY(%b::bigint[]) OR b_id = ANY(%b::bigint[])) AND retracted_at IS NULL
            ORDER BY a_id, b_id, id DESC
        ) j
        JOIN hub_prepared pa ON pa.record_id = j.a_id AND pa.model_id = %s AND pa.key_data = j.a_key_data
        JOIN hub_prepared pb ON pb.record_id = j.b_id AND pb.model_id = %s AND pb.key_data = j.b_key_data
        """,
        sorted(record_ids),
        sorted(record_ids),
        model_id,
        model_id,
    )
    return {Ruling(*row) for row in found}


def _housemates(record_ids: Iterable[int]) -> set[int]:
    found = rows(
        """
        SELECT DISTINCT other.record_id FROM hub_crosswalk mine
        JOIN hub_crosswalk other ON other.golden_id = mine.golden_id WHERE mine.record_id = ANY(%b::bigint[])
        """,
        sorted(record_ids),
    )
    return {row[0] for row in found}


def _read_region(seeds: Collection[int], *, model_id: int, model: MatchModel) -> Region:
    inner: set[int] = set()
    all_links: set[Link] = set()
    all_rulings: set[Ruling] = set()
    frontier = set(seeds)
    while frontier:
        inner |= frontier
        found_links = links(frontier, model_id=model_id)
        found_rulings = rulings(frontier, model_id=model_id)
        reached = _housemates(frontier)
        reached |= {end for link in found_links if link.joins(model) for end in (link.a, link.b)}
        reached |= {end for r in found_rulings if r.judgement == "same" for end in (r.a, r.b)}
        all_links |= found_links
        all_rulings |= found_rulings
        frontier = reached - inner
    outer = {end for link in all_links for end in (link.a, link.b)} - inner
    return Region(
        frozenset(inner),
        frozenset(outer),
        tuple(sorted(all_links, key=lambda x: (x.a, x.b))),
        tuple(sorted(all_rulings, key=lambda x: (x.a, x.b))),
    )


def lock_region(seeds: Collection[int], *, model_id: int, model: MatchModel) -> Region:
    """The region around ``seeds``, locked until the transaction ends.

    Locks are taken in record order. Where the region grew while waiting, the locks taken so far are let go
    (by the savepoint) and the larger region is locked from its first record on: never out of order.
    """
    region = _read_region(seeds, model_id=model_id, model=model)
    while True:
        wanted = region.inner | region.outer
        rows("SAVEPOINT region")
        rows(
            "SELECT record_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) ORDER BY record_id FOR UPDATE",
            sorted(wanted),
        )
        again = _read_region(seeds, model_id=model_id, model=model)
        if again.inner | again.outer <= wanted:
            rows("RELEASE SAVEPOINT region")
            return again
        rows("ROLLBACK TO SAVEPOINT region")
        region = again


def resolve(region: Region, prepared: dict[int, Prepared], model: MatchModel) -> Resolution:
    """The clusters of a region: pure, each component by itself. Records without prepared form are deleted."""
    live = region.inner & prepared.keys()
    components = _components(live, region, model)
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
    clusters, doubts = _resolve(several, inside, component_of, region.rulings, prepared, model)
    doubts += [
        Doubt(link.a, link.b, link.weight, link.conflict) for link in between if link.weight >= model.potential_mb
    ]
    return Resolution((*alone, *clusters), tuple(doubts))


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
    prepared: dict[int, Prepared],
    model: MatchModel,
) -> tuple[list[frozenset[int]], list[Doubt]]:
    """Clusters and doubts of all components of two and more records, in one calculation."""
    if not records:
        return [], []
    place = {record: i for i, record in enumerate(records)}
    usable = [link for found in inside.values() for link in found if not link.conflict]
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


def forget_stale_edges(record_ids: Collection[int], *, model_id: int) -> None:
    """Remove the edges at these (locked) records that were compared on a version no longer current."""
    for end in ("a", "b"):
        rows(
            f"""
            DELETE FROM hub_edge e WHERE e.model_id = %s AND e.{end}_id = ANY(%b::bigint[]) AND NOT EXISTS (
                SELECT 1 FROM hub_prepared p
                WHERE p.record_id = e.{end}_id AND p.model_id = e.model_id AND p.rev = e.{end}_rev)
            """,
            model_id,
            sorted(record_ids),
        )
