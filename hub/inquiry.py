"""Questions that change nothing: who is this, why do two records match, what would a merge give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import DatabaseError, connections

from hub import policies, selectors
from hub.errors import HubError, InvalidRecord
from hub.selectors import golden_by_ids
from hub.sql import rows
from hub.stages import block, compare, decide, normalise, region, survive
from hub.stages import model as models
from matching.block import keys as blocking_keys
from matching.canonical import from_nested
from matching.cells import RecordError
from matching.compare import Vectors
from matching.compare import compare as compare_pairs
from matching.decide import CONFLICTS, conflict_kinds, decision
from matching.explain import Explanation, explain_compared, forbidden_text, would_flip
from matching.explain import explain_pair as explain
from matching.model import MatchModel, probability
from matching.normalise import Prepared
from matching.normalise import normalise as prepare
from matching.retelling import retell
from matching.table import Table
from matching.weigh import weigh


def resolve(record: Mapping[str, Any], *, limit: int = 5, scope: str = "main") -> dict[str, Any]:
    """Who is this? (SHAPES: Resolve). Nothing is stored. Raises ``InvalidRecord``."""
    model_id, model = models.active()
    try:
        asked = from_nested({**record, "source_id": "?"}, source_system="?")
    except RecordError as error:
        raise InvalidRecord(str(error), field=error.field) from error
    prepared = prepare(asked, model)
    keys = blocking_keys(prepared, model, normalise.blocking_scope(scope, asked.kind))
    near = block.search(keys, model_id=model_id, model=model)
    found = _candidates(prepared, near, limit=limit, model_id=model_id, model=model)
    best = found[0] if found else None
    verdict = best["decision"] if best else "non_match"
    return {
        "decision": verdict,
        "golden_id": best["golden_id"] if best and verdict == "match" else None,
        "model": model.name,
        "candidates": found,
    }


def warm() -> None:
    """Read the model and load what resolving needs, so that the first who waits does not wait for that.

    To be called in a thread of its own; says nothing where there is no database yet.
    """
    import scipy.sparse.csgraph  # noqa: F401  # what clustering asks for when it is first called

    with suppress(DatabaseError, psycopg.Error, HubError):
        resolve({"name": {"given": "Nemo", "family": "Nobody"}, "birth_date": "1900-01-01"})
    connections.close_all()


# So many times the candidates that are asked for are weighed by all their records. Behind them come golden records
# whose nearest record weighs less than that of each of these.
_IN_FULL = 4


def _candidates(
    asked: Prepared, near: Sequence[int], *, limit: int, model_id: int, model: MatchModel
) -> list[dict[str, Any]]:
    """Up to ``limit`` golden records near ``asked``, the likeliest first, weighed by all their records."""
    weighed = _weighed(asked, near, model_id=model_id, model=model)
    if weighed is None:
        return []
    # A till waits: of the many that share a common key with it, only those are read whole that can come of it.
    first = [record for record in weighed.heaviest() if weighed.weight(record) > model.edge_floor_mb]
    members = _homes(first, most=limit * _IN_FULL)
    rest = {r for group in members.values() for r in group} - weighed.place.keys()
    if rest:
        kept = [r for group in members.values() for r in group]
        weighed = _weighed(asked, kept, model_id=model_id, model=model) or weighed
    groups = [
        _Group.of(golden_id, [weighed.place[r] for r in group if r in weighed.place], weighed, model)
        for golden_id, group in members.items()
    ]
    worth = [g for g in groups if g.places and (g.verdict != "non_match" or weighed.weights[g.places].max() > 0)]
    worth.sort(key=lambda g: (g.veto is not None, -g.mean, g.golden_id))
    return [_answer(group, weighed, model) for group in worth[:limit]]


@dataclass(frozen=True, slots=True, repr=False)
class _Weighed:
    """Records as rows of a table whose last row is the one asked about, and what each weighs with it (milli-bits;
    ``kinds`` of hard conflicts)."""

    table: Table
    place: dict[int, int]
    vectors: Vectors
    weights: np.ndarray
    kinds: np.ndarray

    def weight(self, record: int) -> int:
        return int(self.weights[self.place[record]])

    def heaviest(self) -> list[int]:
        """The records, those with the greatest weight first."""
        return sorted(self.place, key=lambda record: (-self.weight(record), record))


def _weighed(asked: Prepared, records: Sequence[int], *, model_id: int, model: MatchModel) -> _Weighed | None:
    held = compare.load(records, model_id=model_id)
    if not held:
        return None
    table = Table.of([*(h.prepared for h in held.values()), asked])
    left = np.arange(len(held), dtype=np.int64)
    right = np.full(len(held), len(held), dtype=np.int64)
    vectors = compare_pairs(table, left, right, model)
    kinds = conflict_kinds(table, left, right, model)
    return _Weighed(table, {record: i for i, record in enumerate(held)}, vectors, weigh(vectors, model), kinds)


def _homes(records: Sequence[int], *, most: int) -> dict[str, list[int]]:
    """All records of the first ``most`` golden records that ``records`` are in, by golden id."""
    if not records:
        return {}
    members: dict[str, list[int]] = defaultdict(list)
    for golden_id, record_id in rows(
        """
        SELECT g.public_id, c.record_id FROM (
            SELECT h.golden_id FROM unnest(%b::bigint[]) WITH ORDINALITY AS n(record_id, place)
            JOIN hub_crosswalk h ON h.record_id = n.record_id AND h.golden_id IS NOT NULL
            GROUP BY h.golden_id ORDER BY min(n.place) LIMIT %s
        ) first
        JOIN hub_goldenrecord g ON g.id = first.golden_id JOIN hub_crosswalk c ON c.golden_id = g.id
        """,
        list(records),
        most,
    ):
        members[golden_id].append(record_id)
    return members


@dataclass(frozen=True, slots=True)
class _Group:
    """A golden record as rows of a ``_Weighed``: the ``mean`` of their weights (milli-bits) decides."""

    golden_id: str
    places: list[int]
    mean: int
    veto: str | None
    verdict: str

    @classmethod
    def of(cls, golden_id: str, places: list[int], weighed: _Weighed, model: MatchModel) -> _Group:
        mean = round(float(np.mean(weighed.weights[places]))) if places else 0
        veto = next((CONFLICTS[weighed.kinds[i] - 1] for i in places if weighed.kinds[i]), None)
        return cls(golden_id, places, mean, veto, "non_match" if veto else decision(mean, model))


def _answer(group: _Group, weighed: _Weighed, model: MatchModel) -> dict[str, Any]:
    """One candidate of SHAPES (Resolve), explained by its heaviest record."""
    best = max(group.places, key=lambda i: (int(weighed.weights[i]), -int(weighed.table.order[i])))
    weight = int(weighed.weights[best])
    answer = {
        "golden_id": group.golden_id,
        "match_weight": weight / 1000,
        "match_probability": round(probability(weight), 6),
        "decision": group.verdict,
        "explanation": explain_compared(
            weighed.table, (best, len(weighed.place)), weighed.vectors.only(best), int(weighed.kinds[best]), model
        ).to_json(),
    }
    if len(group.places) > 1 or group.veto:
        answer["group"] = {"weight": group.mean / 1000, "pairs": len(group.places), "forbidden_by": group.veto}
    return answer


def explain_pair(a: decide.Address, b: decide.Address) -> dict[str, Any]:
    """Why two source records match or do not, whether they are linked, and what would change it."""
    model_id, model = models.active()
    one, two = decide.record_ids([a, b])
    held = compare.load([one, two], model_id=model_id)
    if len(held) < 2:
        raise InvalidRecord("One of the records is not resolved yet: ask again in a moment.")
    first, second = held[one].prepared, held[two].prepared
    said = explain(first, second, model)
    homes = dict(rows("SELECT record_id, golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[])", [one, two]))
    linked = homes[one] is not None and homes[one] == homes[two]
    return {
        **said.to_json(),
        "linked": linked,
        "because": _because(one, two, linked, said, model_id, model),
        "would_flip": would_flip(first, second, model),
    }


def _because(one: int, two: int, linked: bool, said: Explanation, model_id: int, model: MatchModel) -> str:
    judged = [r for r in region.rulings([one, two], model_id=model_id) if {r.a, r.b} == {one, two}]
    if judged and judged[0].judgement != "unsure":
        return f"A steward judged them {judged[0].judgement}."
    if said.forbidden_by:
        return forbidden_text(said.forbidden_by)
    verdict = decision(said.total_mb, model)
    if linked:
        return (
            "Their own evidence is enough to join them."
            if verdict == "match"
            else "Other records of the same customer join them: the group's evidence suffices, the pair's does not."
        )
    return {
        "match": "Their own evidence would join them, but all the evidence between their groups does not.",
        "potential_match": "The evidence is not enough to join them without a steward.",
        "non_match": "The evidence speaks against one customer.",
    }[verdict]


def preview_merge(golden_ids: Sequence[str]) -> dict[str, Any]:
    """The profile and provenance that merging these golden records would give; nothing is stored."""
    wanted = [g.pk for g in golden_by_ids(golden_ids)]
    found = rows("SELECT record_id FROM hub_crosswalk WHERE golden_id = ANY(%b::bigint[])", wanted)
    golden = survive.golden_of([frozenset(row[0] for row in found)])[0]
    return {
        "profile": golden.profile,
        "provenance": golden.provenance,
        "crosswalk": golden.crosswalk,
        "consents": golden.consents,
    }


def explain_golden(public_id: str) -> dict[str, Any]:
    """How a golden record was put together: each record's link to the one that it is nearest to."""
    model_id, model = models.active()
    (golden,) = golden_by_ids([public_id])
    found = rows("SELECT record_id FROM hub_crosswalk WHERE golden_id = %s", golden.pk)
    names = selectors.names_of([record for (record,) in found])
    address = dict(sorted(names.items(), key=lambda item: item[1]))
    held = compare.load(address, model_id=model_id)
    links = []
    joined = sorted(region.links(address, model_id=model_id), key=lambda x: (-x.weight, x.a, x.b))
    seen: set[frozenset[int]] = {frozenset((r,)) for r in address}
    for link in joined:
        ends = [group for group in seen if link.a in group or link.b in group]
        if len(ends) == 2 and link.a in held and link.b in held:
            seen -= set(ends)
            seen.add(ends[0] | ends[1])
            said = explain(held[link.a].prepared, held[link.b].prepared, model)
            links.append({"a": address[link.a], "b": address[link.b], "explanation": said.to_json()})
    judged = [
        {"a": address[r.a], "b": address[r.b], "judgement": r.judgement}
        for r in region.rulings(address, model_id=model_id)
        if r.a in address and r.b in address
    ]
    provenance = selectors.provenance(public_id)
    return {
        "golden_id": public_id,
        "model": model.name,
        "policy": policies.active().policy.name,
        "records": list(address.values()),
        "links": links,
        "judgements": judged,
        "provenance": provenance,
        "because": retell(provenance),
    }
