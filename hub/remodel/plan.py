"""What the clusters and reviews will be under a match model that is not in force yet.

All of it is worked out from the model's stored rows by the pure engine, once for the whole hub and then again for
what changed since, so that little is left for the moment of the switch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hub.flow import Doubt, Ruling
from hub.stages import shadow
from matching.cluster import resolve_component
from matching.decide import CONFLICTS
from matching.model import MatchModel
from matching.parts import components
from matching.table import Table


@dataclass(frozen=True)
class Grouped:
    """For ``ids`` (ascending record ids): ``cluster`` and ``component``, each named by its least record id."""

    ids: np.ndarray
    cluster: np.ndarray
    component: np.ndarray
    doubts: tuple[Doubt, ...]


def group(ids: np.ndarray, edges: np.ndarray, judged: Sequence[Ruling], *, model_id: int, model: MatchModel) -> Grouped:
    """The clusters of live records (ascending ids) under a model, by its edges that count.

    ``edges`` are those at these records, as ``shadow.standing_edges`` gives them; the other end may be elsewhere,
    where no edge that joins may lead. The doubts are those that T3 would find.
    """
    a, b, known = _places(ids, edges["a"], edges["b"])
    weight, conflict = edges["weight"].astype(np.int64), edges["conflict"]
    joins = known & (weight > min(model.cut_mb, 0)) & (conflict == 0)
    place = {int(record): i for i, record in enumerate(ids.tolist())} if judged else {}
    answers = [(place[r.a], place[r.b], r.judgement) for r in judged if r.a in place and r.b in place]
    same = np.array([(i, j) for i, j, verdict in answers if verdict == "same"], dtype=np.int64).reshape(-1, 2)
    label = components(len(ids), np.append(a[joins], same[:, 0]), np.append(b[joins], same[:, 1]))
    several = np.flatnonzero(np.bincount(label, minlength=1)[label] > 1)
    # Numbered anew without the many that are alone: these need not even be read.
    row = np.full(len(ids) + 1, -1, dtype=np.int64)
    row[several] = np.arange(len(several))
    inside = known & (row[a] >= 0) & (label[np.minimum(a, len(ids) - 1)] == label[np.minimum(b, len(ids) - 1)])
    usable = inside & (conflict == 0)
    outcome = resolve_component(
        Table.of(shadow.prepared_of(ids[several], model_id=model_id)),
        (row[a[usable]], row[b[usable]], weight[usable].astype(np.int32)),
        [(int(row[i]), int(row[j]), v) for i, j, v in answers if v != "unsure" and row[i] >= 0 and row[j] >= 0],
        model,
    )
    cluster = ids.copy()
    number = np.full(len(ids), -1, dtype=np.int64)
    for i, rows in enumerate(outcome.clusters):
        members = several[list(rows)]
        number[members] = i
        cluster[members] = ids[members].min()
    least, first = np.unique(label, return_index=True)
    component = ids[first[np.searchsorted(least, label)]]
    doubts = [
        Doubt(int(x), int(y), int(w), CONFLICTS[c - 1] if c else "")
        for x, y, w, c in edges[["a", "b", "weight", "conflict"]][~inside & (weight >= model.potential_mb)].tolist()
    ]
    least_of = [int(cluster[several[rows[0]]]) for rows in outcome.clusters]
    best = _spokesmen(number, a[inside], b[inside], weight[inside])
    for i, j, w, why in outcome.potential:
        x, y = best.get((min(i, j), max(i, j)), (-1, -1))
        one, two = (int(ids[x]), int(ids[y])) if x >= 0 else sorted((least_of[i], least_of[j]))
        doubts.append(Doubt(one, two, int(w), str(why or "")))
    return Grouped(ids, cluster, component, tuple(doubts))


def _places(ids: np.ndarray, *ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The place of each end in ``ids`` (their number where it is elsewhere), and where both are known."""
    found = []
    known = np.ones(len(ends[0]), dtype=bool)
    for end in ends:
        at = np.searchsorted(ids, end)
        at[at < len(ids)] = np.where(ids[at[at < len(ids)]] == end[at < len(ids)], at[at < len(ids)], len(ids))
        known &= at < len(ids)
        found.append(at)
    return found[0], found[1], known


def _spokesmen(
    number: np.ndarray, a: np.ndarray, b: np.ndarray, weight: np.ndarray
) -> dict[tuple[int, int], tuple[int, int]]:
    """For each pair of clusters of one component the two places with the greatest weight between them."""
    one, two = np.minimum(number[a], number[b]), np.maximum(number[a], number[b])
    across = np.flatnonzero(one != two)
    order = across[np.lexsort((b[across], a[across], -weight[across]))]
    out: dict[tuple[int, int], tuple[int, int]] = {}
    for i, j, x, y in zip(one[order].tolist(), two[order].tolist(), a[order].tolist(), b[order].tolist(), strict=True):
        out.setdefault((i, j), (x, y))
    return out


@dataclass
class Change:
    """What the switch has to bring in line: ``clusters`` to be assigned anew; of these ``touched`` are as they are
    now, but for their reviews. ``inner`` are all records concerned, deleted ones included."""

    clusters: list[frozenset[int]]
    touched: list[frozenset[int]]
    inner: set[int]


@dataclass
class Plan:
    """Clusters and components by record id (0: no live record), named by their least member; and the doubts."""

    model_id: int
    model: MatchModel
    cluster: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    component: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    doubts: dict[tuple[int, int], Doubt] = field(default_factory=dict)
    judged: frozenset[Ruling] = frozenset()

    @classmethod
    def whole(cls, model_id: int, model: MatchModel) -> Plan:
        """For all that is held."""
        plan = cls(model_id, model)
        plan.judged = _rulings(model_id)
        ids = shadow.live_ids(model_id)
        edges = shadow.standing_edges(model_id)
        plan._take(group(ids, edges, sorted(plan.judged, key=_pair), model_id=model_id, model=model), ids)
        return plan

    def follow(self, affected: Collection[int]) -> None:
        """Work out anew what hangs together with ``affected`` records, and with pairs that were judged since."""
        judged = _rulings(self.model_id)
        seeds = {*affected, *(end for r in judged ^ self.judged for end in (r.a, r.b))}
        self.judged = judged
        if not seeds:
            return
        same = [(r.a, r.b) for r in judged if r.judgement == "same"]
        inner: set[int] = set()
        edges = shadow.standing_edges(self.model_id, [])
        frontier = self._with_component(seeds)
        while frontier:
            inner |= frontier
            found = shadow.standing_edges(self.model_id, sorted(frontier))
            edges = np.concatenate([edges, found])
            joins = found[(found["weight"] > min(self.model.cut_mb, 0)) & (found["conflict"] == 0)]
            reached = {*joins["a"].tolist(), *joins["b"].tolist()}
            reached |= {end for pair in same if frontier & {*pair} for end in pair}
            frontier = self._with_component(reached - inner) - inner
        touched = np.array(sorted(inner), dtype=np.int64)
        ids = shadow.live_ids(self.model_id, touched.tolist())
        edges = np.unique(edges)
        self.doubts = {p: d for p, d in self.doubts.items() if d.a not in inner and d.b not in inner}
        grouped = group(ids, edges, sorted(judged, key=_pair), model_id=self.model_id, model=self.model)
        self._take(grouped, touched)

    def _with_component(self, records: Iterable[int]) -> set[int]:
        """The records with all that are in a component with them, as last worked out."""
        found = {*records}
        known = np.array([r for r in found if r < len(self.component)], dtype=np.int64)
        names = np.unique(self.component[known])
        return found | set(np.flatnonzero(np.isin(self.component, names[names > 0])).tolist())

    def _take(self, grouped: Grouped, replaced: np.ndarray) -> None:
        size = int(replaced.max(initial=0)) + 1
        if size > len(self.cluster):
            more = np.zeros(size - len(self.cluster), dtype=np.int64)
            self.cluster, self.component = np.append(self.cluster, more), np.append(self.component, more)
        self.cluster[replaced] = self.component[replaced] = 0
        self.cluster[grouped.ids], self.component[grouped.ids] = grouped.cluster, grouped.component
        for doubt in grouped.doubts:
            self.doubts[doubt.a, doubt.b] = doubt

    def against(
        self, crosswalk: np.ndarray, open_reviews: Collection[tuple[int, int]], native_of: Mapping[int, int]
    ) -> Change:
        """What is other than it stands in the crosswalk and in the reviews that wait; with all that judgements bear
        on, whose native ids (``native_of``, where they are others) may be other."""
        size = max(len(self.cluster), int(crosswalk["record"].max(initial=0)) + 1)
        cluster = np.append(self.cluster, np.zeros(size - len(self.cluster), dtype=np.int64))
        golden = np.zeros(size, dtype=np.int64)
        golden[crosswalk["record"]] = crosswalk["golden"]
        held = np.flatnonzero((cluster > 0) | (golden > 0))
        changed = held[_differ(cluster[held], golden[held])]
        others = held[~np.isin(held, changed)]
        stirred = self._reviews_other(others, golden, open_reviews)
        stirred |= self._judged_goldens(golden, native_of)
        touched = others[np.isin(golden[others], list(stirred))] if stirred else others[:0]
        return Change(
            [*_members(cluster, changed), *(same := _members(cluster, touched))],
            same,
            {*changed.tolist(), *touched.tolist()},
        )

    def _judged_goldens(self, golden: np.ndarray, native_of: Mapping[int, int]) -> set[int]:
        """The golden records that judgements bear on: what they would be without may change where they do not."""
        judged = self._judged_records(np.flatnonzero(golden > 0))
        noted = np.array([*native_of], dtype=np.int64)
        return {*golden[judged].tolist(), *golden[noted].tolist(), *native_of.values()}

    def _judged_records(self, records: np.ndarray) -> np.ndarray:
        """Those of ``records`` (ascending) that are in one component with a pair that was judged."""
        ends = np.array([end for r in self.judged if r.judgement != "unsure" for end in (r.a, r.b)], dtype=np.int64)
        names = np.unique(self.component[ends[ends < len(self.component)]])
        records = records[records < len(self.component)]
        return records[np.isin(self.component[records], names[names > 0])]

    def native(self, change: Change) -> list[frozenset[int]]:
        """The clusters of a change as they would be without judgements."""
        inner = np.array(sorted(change.inner), dtype=np.int64)
        inner = inner[inner < len(self.cluster)]
        ids = self._judged_records(inner[self.cluster[inner] > 0])
        if not len(ids):
            return change.clusters
        edges = shadow.standing_edges(self.model_id, ids.tolist())
        grouped = group(ids, edges, (), model_id=self.model_id, model=self.model)
        found: dict[int, set[int]] = defaultdict(set)
        for record, name in zip(ids.tolist(), grouped.cluster.tolist(), strict=True):
            found[name].add(record)
        judged = {*ids.tolist()}
        return [*(c for c in change.clusters if judged.isdisjoint(c)), *(frozenset(c) for c in found.values())]

    def _reviews_other(
        self, unchanged: np.ndarray, golden: np.ndarray, open_reviews: Collection[tuple[int, int]]
    ) -> set[int]:
        """The golden records, among those that keep their members, whose reviews do not."""
        still = np.zeros(len(golden), dtype=bool)
        still[unchanged] = True
        ours = set(golden[unchanged].tolist())

        def pairs(ends: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
            a, b = np.array(ends, dtype=np.int64).reshape(-1, 2).T
            both = (golden[a] != golden[b]) & still[a] & still[b]
            one, two = golden[a[both]], golden[b[both]]
            return set(zip(np.minimum(one, two).tolist(), np.maximum(one, two).tolist(), strict=True))

        wanted = pairs(list(self.doubts))
        wanted -= pairs([(r.a, r.b) for r in self.judged if r.judgement != "same"])
        waiting = {pair for pair in open_reviews if ours.issuperset(pair)}
        return {end for pair in wanted ^ waiting for end in pair}


def _differ(cluster: np.ndarray, golden: np.ndarray) -> np.ndarray:
    """Which records' cluster is not just the members of their golden record (0: in none)."""
    _, name, size = np.unique(cluster, return_inverse=True, return_counts=True)
    _, home, room = np.unique(golden, return_inverse=True, return_counts=True)
    _, cell, both = np.unique(name.astype(np.int64) << 32 | home, return_inverse=True, return_counts=True)
    equal = (size[name] == both[cell]) & (room[home] == both[cell])
    return np.asarray((cluster == 0) | (golden == 0) | ~equal)


def _members(cluster: np.ndarray, records: np.ndarray) -> list[frozenset[int]]:
    """The records (ascending) by cluster, without those that are in none."""
    records = records[cluster[records] > 0]
    order = np.argsort(cluster[records], kind="stable")
    names = cluster[records][order]
    cuts = np.flatnonzero(names[1:] != names[:-1]) + 1
    return [frozenset(part.tolist()) for part in np.split(records[order], cuts)] if len(records) else []


def _rulings(model_id: int) -> frozenset[Ruling]:
    return frozenset(Ruling(*row) for row in shadow.judgements(model_id))


def _pair(ruling: Ruling) -> tuple[int, int]:
    return ruling.a, ruling.b
