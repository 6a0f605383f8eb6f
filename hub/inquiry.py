"""Questions that change nothing: who is this, why do two records match, what would a merge give."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub.errors import InvalidRecord
from hub.selectors import golden_by_ids
from hub.sql import rows
from hub.stages import block, cluster, compare, decide, normalise, survive
from hub.stages import model as models
from matching.block import keys as blocking_keys
from matching.canonical import from_nested
from matching.cells import RecordError
from matching.compare import compare as compare_pairs
from matching.decide import CONFLICTS, conflict_kinds, decision
from matching.explain import Explanation, forbidden_text, would_flip
from matching.explain import explain_pair as explain
from matching.model import MatchModel, probability
from matching.normalise import Prepared
from matching.normalise import normalise as prepare
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
    found = _candidates(prepared, near, model_id=model_id, model=model)[:limit]
    best = found[0] if found else None
    verdict = best["decision"] if best else "non_match"
    return {
        "decision": verdict,
        "golden_id": best["golden_id"] if best and verdict == "match" else None,
        "model": model.name,
        "candidates": found,
    }


def _candidates(asked: Prepared, near: Sequence[int], *, model_id: int, model: MatchModel) -> list[dict[str, Any]]:
    """Golden records near ``asked``, the likeliest first, weighed by all their records."""
    members: dict[str, list[int]] = defaultdict(list)
    for golden_id, record_id in rows(
        """
        SELECT g.public_id, c2.record_id FROM hub_goldenrecord g JOIN hub_crosswalk c2 ON c2.golden_id = g.id
        WHERE g.id IN (SELECT golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]))
        """,
        list(near),
    ):
        members[golden_id].append(record_id)
    held = compare.load([r for group in members.values() for r in group], model_id=model_id)
    if not held:
        return []
    prepared = [h.prepared for h in held.values()]
    place = {record_id: i for i, record_id in enumerate(held)}
    table = Table.of([*prepared, asked])
    left = np.arange(len(held), dtype=np.int64)
    right = np.full(len(held), len(held), dtype=np.int64)
    weights = weigh(compare_pairs(table, left, right, model), model)
    kinds = conflict_kinds(table, left, right, model)
    answers: list[tuple[bool, int, str, dict[str, Any]]] = []
    for golden_id, group in members.items():
        places = [place[r] for r in group if r in place]
        if not places:
            continue
        best = max(places, key=lambda i: (int(weights[i]), -prepared[i].order))
        mean = round(float(np.mean(weights[places])))
        veto = next((CONFLICTS[kinds[i] - 1] for i in places if kinds[i]), None)
        verdict = "non_match" if veto else decision(mean, model)
        if verdict == "non_match" and weights[best] <= 0:
            continue
        answer = {
            "golden_id": golden_id,
            "match_weight": int(weights[best]) / 1000,
            "match_probability": round(probability(int(weights[best])), 6),
            "decision": verdict,
            "explanation": explain(prepared[best], asked, model).to_json(),
        }
        if len(places) > 1 or veto:
            answer["group"] = {"weight": mean / 1000, "pairs": len(places), "forbidden_by": veto}
        answers.append((veto is not None, -mean, golden_id, answer))
    return [answer for *_, answer in sorted(answers, key=lambda x: x[:3])]


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
    judged = [r for r in cluster.rulings([one, two], model_id=model_id) if {r.a, r.b} == {one, two}]
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
    found = rows(
        """
        SELECT r.id, s.code || ':' || r.source_id FROM hub_crosswalk c
        JOIN hub_sourcerecord r ON r.id = c.record_id JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE c.golden_id = %s ORDER BY 2
        """,
        golden.pk,
    )
    address = dict(found)
    held = compare.load(address, model_id=model_id)
    links = []
    joined = sorted(cluster.links(address, model_id=model_id), key=lambda x: (-x.weight, x.a, x.b))
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
        for r in cluster.rulings(address, model_id=model_id)
        if r.a in address and r.b in address
    ]
    return {
        "golden_id": public_id,
        "model": model.name,
        "records": list(address.values()),
        "links": links,
        "judgements": judged,
        "provenance": json.loads(bytes(golden.provenance)),
    }
