"""T3, first half: lock what belongs together, read it again, and cluster it anew.

A region is what the touched records hang together with: by edges that would join, by the golden record they
are in now, and by stewards' judgements. Its neighbours hang on by edges that only ask for a review. Both are
locked through their crosswalk rows, in one order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hub.flow import Doubt, Ruling
from hub.sql import rows
from matching.cluster import resolve_component
from matching.model import MatchModel
from matching.normalise import Prepared
from matching.table import Table

PreparedOf = Callable[[Sequence[int]], Mapping[int, Prepared]]


def join_above(model: MatchModel) -> int:
    """Milli-bits above which an edge can hold a component together; a group joins when its mean passes the cut."""
    return min(model.cut_mb, 0)


_EDGES = """
    SELECT e.a_id, e.b_id, e.weight, e.conflict, e.a_rev, e.b_rev FROM hub_edge e
    WHERE e.model_id = %s AND e.{end} = ANY(%b::bigint[]) AND EXISTS (
        SELECT 1 FROM unnest(e.keys) AS k(key) WHERE NOT EXISTS (
            SELECT 1 FROM hub_suppressedkey s WHERE s.model_id = e.model_id AND s.key = k.key))
"""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge that counts while both versions are current. ``weight`` in milli-bits."""

    a: int
    b: int
    weight: int
    conflict: str
    a_rev: int
    b_rev: int

    def joins(self, model: MatchModel) -> bool:
        return self.weight > join_above(model) and not self.conflict


@dataclass(frozen=True, slots=True)
class Region:
    """``inner`` records are clustered anew; ``outer`` are the neighbours across edges that do not join. ``golden``
    is the golden record of each that is in one, ``native`` the one that it would be in without judgements where that
    is another, ``live`` are those of ``inner`` that are not deleted."""

    inner: frozenset[int]
    outer: frozenset[int]
    live: frozenset[int]
    golden: Mapping[int, int]
    native: Mapping[int, int]
    links: tuple[Link, ...]
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """``clusters`` of record ids, and what they would be without judgements (``native``); ``doubts`` between two of
    them or between one and a neighbour."""

    clusters: tuple[frozenset[int], ...]
    native: tuple[frozenset[int], ...]
    doubts: tuple[Doubt, ...]


def links(record_ids: Collection[int], *, model_id: int) -> list[Link]:
    """The edges at these records that count now."""
    found = _edges(record_ids, model_id=model_id)
    revs = _revs({end for link in found for end in (link.a, link.b)}, model_id=model_id)
    return [link for link in found if _counts(link, revs)]


def _edges(record_ids: Collection[int], *, model_id: int) -> set[Link]:
    """The edges at these records that share a key which is not suppressed, of whatever versions."""
    wanted = sorted(record_ids)
    return {Link(*row) for end in ("a_id", "b_id") for row in rows(_EDGES.format(end=end), model_id, wanted)}


def _revs(record_ids: Collection[int], *, model_id: int) -> dict[int, int]:
    """The present version of each record that is live."""
    return dict(
        rows(
            "SELECT record_id, rev FROM hub_prepared WHERE record_id = ANY(%b::bigint[]) AND model_id = %s "
            "AND data <> ''",
            sorted(record_ids),
            model_id,
        )
    )


def _counts(link: Link, revs: Mapping[int, int]) -> bool:
    return revs.get(link.a) == link.a_rev and revs.get(link.b) == link.b_rev


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


def _lock(record_ids: Collection[int], *, wait: bool) -> dict[int, int | None]:
    """The golden record of each record whose crosswalk row is locked now, until the transaction ends."""
    how = "FOR UPDATE" if wait else "FOR UPDATE SKIP LOCKED"
    return dict(
        rows(
            f"SELECT record_id, golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) "
            f"ORDER BY record_id {how}",
            sorted(record_ids),
        )
    )


def _housemates(record_ids: Collection[int], golden_ids: Collection[int]) -> tuple[dict[int, int], set[int]]:
    """The native ids of the records that have one of their own; and who else is in one of these golden records, or
    would be without judgements."""
    found = rows(
        """
        WITH own AS MATERIALIZED (SELECT * FROM hub_nativelink WHERE record_id = ANY(%b::bigint[])),
             all_ids AS MATERIALIZED (
                SELECT array_agg(id) AS ids FROM (
                    SELECT unnest(%b::bigint[]) AS id UNION SELECT golden_id FROM own) AS i)
        SELECT record_id, golden_id FROM own
        UNION ALL SELECT record_id, NULL FROM hub_crosswalk WHERE golden_id = ANY((SELECT ids FROM all_ids)::bigint[])
        UNION ALL SELECT record_id, NULL FROM hub_nativelink WHERE golden_id = ANY((SELECT ids FROM all_ids)::bigint[])
        """,
        sorted(record_ids),
        sorted(golden_ids),
    )
    return {record: golden for record, golden in found if golden is not None}, {record for record, _ in found}


class _Growing:
    """A region while it is read, each record after its row was locked."""

    def __init__(self, model_id: int, model: MatchModel) -> None:
        self.model_id, self.model = model_id, model
        self.golden: dict[int, int | None] = {}
        self.native: dict[int, int] = {}
        self.revs: dict[int, int] = {}
        self.links: set[Link] = set()
        self.rulings: set[Ruling] = set()
        self.inner: set[int] = set()

    def add(self, found: Mapping[int, int | None]) -> set[int]:
        """Take these locked records in; gives those that they hang together with and that are not in yet."""
        self.golden |= found
        self.inner |= found.keys()
        edges = _edges(found, model_id=self.model_id)
        self.links |= edges
        # Also of those that were a far end before: only what is read under its lock stands.
        ends = {end for link in edges for end in (link.a, link.b)}
        self._read_revs(found.keys() | (ends - self.revs.keys()))
        judged = rulings(found, model_id=self.model_id)
        self.rulings |= judged
        native, reached = _housemates(found, {golden for golden in found.values() if golden is not None})
        self.native |= native
        reached |= {end for x in edges if x.joins(self.model) and _counts(x, self.revs) for end in (x.a, x.b)}
        reached |= {end for r in judged if r.judgement == "same" for end in (r.a, r.b)}
        return reached - self.inner

    def _read_revs(self, record_ids: Collection[int]) -> None:
        for record in record_ids:
            self.revs.pop(record, None)
        self.revs |= _revs(record_ids, model_id=self.model_id)

    def outer(self) -> set[int]:
        return {end for x in self.links if _counts(x, self.revs) for end in (x.a, x.b)} - self.inner

    def region(self, outer: Mapping[int, int | None]) -> Region:
        if outer:
            self._read_revs(outer.keys())
        return Region(
            frozenset(self.inner),
            frozenset(outer),
            frozenset(self.inner & self.revs.keys()),
            {record: golden for record, golden in {**outer, **self.golden}.items() if golden is not None},
            self.native,
            tuple(sorted((x for x in self.links if _counts(x, self.revs)), key=lambda x: (x.a, x.b))),
            tuple(sorted(self.rulings, key=lambda x: (x.a, x.b))),
        )


def lock_region(seeds: Collection[int], *, model_id: int, model: MatchModel) -> Region:
    """The region around ``seeds``, locked until the transaction ends.

    Rows are waited for in record order and all at once. What the region grows by is locked only where that needs
    no waiting; where another worker holds a row, all locks are let go (by the savepoint) and the larger set is
    waited for from its first record on: never out of order.
    """
    wanted = set(seeds)
    while True:
        rows("SAVEPOINT region")
        growing = _Growing(model_id, model)
        free = True
        held = _lock(wanted, wait=True)
        reached = growing.add(held)
        while reached and free:
            more = _lock(reached, wait=False)
            free = reached == more.keys()
            wanted |= reached
            reached = growing.add(more) if free else reached
        outer = growing.outer()
        if free:
            far = _lock(outer, wait=False) if outer else {}
            if far.keys() == outer:
                rows("RELEASE SAVEPOINT region")
                return growing.region(far)
            wanted |= outer
        rows("ROLLBACK TO SAVEPOINT region")


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


def forget_stale_edges(record_ids: Collection[int], *, model_id: int) -> None:
    """Remove the edges at these (locked) records that were compared on a version no longer current."""
    if not record_ids:
        return
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
