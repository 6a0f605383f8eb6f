"""Laws of matching: whatever the records, these hold."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.block import keys
from matching.bulk import cluster_all, prepare
from matching.cleaning import contacts, dates, identifiers, names, places, text
from matching.cluster import resolve_component
from matching.compare import compare
from matching.decide import conflicts
from matching.explain import explain_pair, would_flip
from matching.model import default, rounded
from matching.normalise import Prepared, normalise
from matching.pairs import candidates
from matching.parts import components
from matching.records import CanonicalRecord
from matching.scoring import weigh_all
from matching.table import Table
from matching.weigh import weigh
from tests.unit.matching.make import MODEL, many

ANY = st.text(max_size=60)


def _all(records: list[CanonicalRecord]) -> tuple[Table, np.ndarray, np.ndarray]:
    table = Table.of([normalise(r, MODEL) for r in records])
    return table, *np.triu_indices(len(table), 1)


@given(ANY)
def test_cleaning_twice_is_cleaning_once(value: str) -> None:
    for clean in (text.plain, contacts.email, places.postal_code, places.city, identifiers.identifier):
        assert clean(clean(value)) == clean(value)
    assert text.folded(text.folded(value)) == text.folded(value)
    digits = contacts.phone(value, "")
    assert contacts.phone(digits, "") in (digits, "") or digits.startswith("0")
    assert names.family_name(names.family_name(value)) == names.family_name(value)
    once = dates.birth_date(value, "GB")
    assert dates.birth_date(once, "GB") == once


@given(ANY, ANY, ANY, st.sampled_from(["", "US", "DE", "FR", "ES"]))
def test_no_text_breaks_a_name(given_name: str, family: str, full: str, country: str) -> None:
    found = names.person(given_name, "", family, "", full, country)
    assert all(part.isascii() and part == part.strip() for part in (found.given, found.middle, found.family))


@given(many())
def test_a_prepared_record_survives_its_bytes(records: list[CanonicalRecord]) -> None:
    for record in records:
        one = normalise(record, MODEL)
        again = Prepared.decode(one.encode())
        assert again == one
        assert again.rev == normalise(record, MODEL).rev
        assert -(2**63) <= one.rev < 2**63
        assert keys(again, MODEL, "x") == keys(one, MODEL, "x")


@given(many(most=6))
def test_weights_and_conflicts_are_symmetric(records: list[CanonicalRecord]) -> None:
    table, i, j = _all(records)
    there, back = compare(table, i, j, MODEL), compare(table, j, i, MODEL)
    assert (there.levels == back.levels).all()
    assert (weigh(there, MODEL) == weigh(back, MODEL)).all()
    assert (conflicts(table, i, j, MODEL) == conflicts(table, j, i, MODEL)).all()


@given(many(most=8))
def test_a_pair_weighs_the_same_alone_and_among_many(records: list[CanonicalRecord]) -> None:
    table, i, j = _all(records)
    together = weigh(compare(table, i, j, MODEL), MODEL)
    forbidden = conflicts(table, i, j, MODEL)
    many_times = np.tile(np.arange(len(i)), 300 // len(i) + 1)
    assert (weigh(compare(table, i[many_times], j[many_times], MODEL), MODEL) == together[many_times]).all()
    for n, (a, b) in enumerate(zip(i.tolist(), j.tolist(), strict=True)):
        two = Table.of([normalise(records[b], MODEL), normalise(records[a], MODEL)])
        one, other = np.array([0]), np.array([1])
        assert weigh(compare(two, one, other, MODEL), MODEL)[0] == together[n]
        assert conflicts(two, one, other, MODEL)[0] == forbidden[n]


@given(many(most=8))
def test_tables_put_together_compare_as_one(records: list[CanonicalRecord]) -> None:
    table, i, j = _all(records)
    middle = len(records) // 2
    parts = [Table.of([normalise(r, MODEL) for r in part]) for part in (records[:middle], records[middle:])]
    joined = Table.concat(parts)
    assert (weigh(compare(joined, i, j, MODEL), MODEL) == weigh(compare(table, i, j, MODEL), MODEL)).all()


@settings(max_examples=60)
@given(many(least=3), st.randoms(use_true_random=False), st.data())
def test_clusters_do_not_depend_on_order(
    records: list[CanonicalRecord], shuffle: random.Random, data: st.DataObject
) -> None:
    numbers = st.integers(0, len(records) - 1)
    judged = data.draw(st.lists(st.tuples(numbers, numbers, st.sampled_from(["same", "different"])), max_size=4))
    seen = []
    for _ in range(2):
        at = {r.source_id: n for n, r in enumerate(records)}
        table, i, j = _all(records)
        weights = weigh(compare(table, i, j, MODEL), MODEL)
        kept = ~conflicts(table, i, j, MODEL)
        verdicts = [(at[str(a)], at[str(b)], v) for a, b, v in judged]
        found = resolve_component(table, (i[kept], j[kept], weights[kept]), verdicts, MODEL)
        clusters = {frozenset(records[row].source_id for row in c) for c in found.clusters}
        potential = {
            (frozenset(frozenset(records[r].source_id for r in found.clusters[k]) for k in (a, b)), w, why)
            for a, b, w, why in found.potential
        }
        seen.append((clusters, potential))
        records = list(records)
        shuffle.shuffle(records)
        shuffle.shuffle(judged)
    assert seen[0] == seen[1]
    for a, b, verdict in judged:
        if verdict == "different" and a != b:
            assert not any({str(a), str(b)} <= cluster for cluster in seen[0][0])


@settings(max_examples=60)
@given(many(least=2))
def test_bulk_gives_the_clusters_of_its_components(records: list[CanonicalRecord]) -> None:
    table = prepare(records, MODEL)
    pairs = candidates(table, MODEL)
    weights = weigh_all(table, pairs, MODEL)
    labels = cluster_all(table, pairs, weights, MODEL)
    kept = ~weights.forbidden
    whole = resolve_component(table, (pairs[0][kept], pairs[1][kept], weights.match[kept]), (), MODEL)
    assert {frozenset(np.flatnonzero(labels == n).tolist()) for n in set(labels.tolist())} == {
        frozenset(c) for c in whole.clusters
    }


@settings(max_examples=60)
@given(many(least=4, most=14), st.data())
def test_components_resolve_together_as_each_alone(records: list[CanonicalRecord], data: st.DataObject) -> None:
    table, i, j = _all(records)
    weights = weigh(compare(table, i, j, MODEL), MODEL)
    weights[conflicts(table, i, j, MODEL)] = -20_000
    numbers = st.integers(0, len(records) - 1)
    judged = data.draw(st.lists(st.tuples(numbers, numbers, st.sampled_from(["same", "different"])), max_size=3))
    joins = [(a, b) for a, b, w in zip(i, j, weights, strict=True) if w > min(MODEL.cut_mb, 0)]
    joins += [(a, b) for a, b, verdict in judged if verdict == "same"]
    part = components(len(records), *np.array(joins, dtype=np.int64).reshape(-1, 2).T)
    strong = weights > min(MODEL.cut_mb, 0)
    whole = resolve_component(table, (i[strong], j[strong], weights[strong]), judged, MODEL)
    alone = set()
    for number in range(part.max() + 1):
        rows = np.flatnonzero(part == number)
        place = {row: n for n, row in enumerate(rows.tolist())}
        own = strong & (part[i] == number) & (part[j] == number)
        edges = (np.searchsorted(rows, i[own]), np.searchsorted(rows, j[own]), weights[own])
        inner = [(place[a], place[b], v) for a, b, v in judged if a in place and b in place]
        found = resolve_component(table.rows(rows), edges, inner, MODEL)
        alone |= {frozenset(rows[list(c)].tolist()) for c in found.clusters}
    assert {frozenset(c) for c in whole.clusters} == alone


@given(many(most=2))
def test_an_explanation_adds_up_to_the_weight(records: list[CanonicalRecord]) -> None:
    a, b = (normalise(r, MODEL) for r in records)
    for model in (MODEL, rounded(default(50_000))):
        found = explain_pair(a, b, model)
        weight = int(weigh(compare(Table.of([a, b]), np.array([0]), np.array([1]), model), model)[0])
        assert found.prior_mb + sum(p.weight_mb for p in found.parts) == found.total_mb == weight
        assert explain_pair(b, a, model) == found


@settings(max_examples=40)
@given(many(most=2))
def test_what_would_flip_a_decision_flips_it(records: list[CanonicalRecord]) -> None:
    a, b = (normalise(r, MODEL) for r in records)
    joined = explain_pair(a, b, MODEL).decision == "match"
    for change in would_flip(a, b, MODEL):
        if joined:
            vetoed = any(word in str(change["change"]) for word in ("suffix", "identifiers", "given", "birth"))
            assert float(change["total"]) * 1000 <= MODEL.cut_mb or vetoed
        else:
            assert float(change["total"]) * 1000 > MODEL.cut_mb
