"""Learning from judgements: better where there is something to learn, harmless where there is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.compare import compare
from matching.flatfiles import Reject, read, read_pairs
from matching.learn import GUARDED, LARGEST, LEAST, SLOPES, designed, learned
from matching.model import MATCH, MatchModel, rounded
from matching.normalise import normalise
from matching.prepared import order_of
from matching.regression import FOLDS, Design, fit, folds
from matching.reliability import compared, expected, log_losses, probabilities, reliability, wilson
from matching.table import Table
from matching.train import estimated
from matching.weigh import bent, weigh
from samples import generate
from tests.unit.matching.make import MODEL, prepared
from tests.unit.matching.taught import taught_models

Judged = list[tuple[int, int, str]]
World = tuple[Table, tuple[np.ndarray, np.ndarray], MatchModel, np.ndarray]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """About 2,500 records: table, pairs that share any of several values, model without labels, truth."""
    folder: Path = tmp_path_factory.mktemp("sample")
    generate(folder, seed=21, persons=1100, format="flat", processes=1)
    records = [r for r in read(folder / "records.csv") if not isinstance(r, Reject)]
    table = Table.of(normalise(r, MODEL) for r in records)
    rows = {int(order): row for row, order in enumerate(table.order.tolist())}
    truth = np.full(len(table), -1)
    names: dict[str, int] = {}
    for line in read_pairs(folder / "truth.csv", ("source_system", "source_id", "truth")):
        row = rows.get(order_of(line["source_system"], line["source_id"]))
        if row is not None:
            truth[row] = names.setdefault(line["truth"], len(names))
    found = set()
    for column in ("family", "phone", "email", "birth", "street"):
        codes = table.column(column)[:, 0]
        for code in np.unique(codes[codes >= 0]).tolist():
            same = np.flatnonzero(codes == code).tolist()
            if len(same) <= 30:
                found |= {(a, b) for i, a in enumerate(same) for b in same[i + 1 :]}
    left, right = np.array(sorted(found)).T
    return table, (left, right), estimated(table, (left, right), MODEL), truth


def judge(world: World, n: int, seed: int) -> Judged:
    """Judgements of pairs drawn as a steward would see them: most near the cut, the others at random."""
    table, pairs, model, truth = world
    weights = weigh(compare(table, *pairs, model), model)
    draw = np.random.default_rng(seed)
    near = draw.permutation(np.flatnonzero(np.abs(weights - model.cut_mb) <= 4000))[: n * 7 // 10]
    others = draw.permutation(np.setdiff1d(np.arange(len(weights)), near))[: n - len(near)]
    return [
        (int(a), int(b), "same" if truth[a] == truth[b] else "different")
        for a, b in ((pairs[0][i], pairs[1][i]) for i in np.concatenate((near, others)))
    ]


def test_judgements_make_the_weights_better_on_pairs_that_were_not_judged(world: World) -> None:
    table, pairs, model, truth = world
    judged = judge(world, 800, 1)
    lesson = learned(table, judged, model)
    assert lesson.accepted
    assert lesson.held_out is not None
    assert lesson.held_out.difference[2] < 0
    assert lesson.labels + lesson.conflicting == len(judged)
    seen = {frozenset(j[:2]) for j in judged}
    rest = np.array([p for p in zip(*pairs, strict=True) if frozenset(map(int, p)) not in seen]).T
    same = truth[rest[0]] == truth[rest[1]]
    before, after = (weigh(compare(table, *rest, m), m) / 1000 for m in (model, lesson.model))
    assert log_losses(after, same).mean() < 0.9 * log_losses(before, same).mean()
    told = lesson.model.provenance["judgements"]
    assert told["labels"] == lesson.labels
    assert told["folds"] == FOLDS
    assert told["log_loss_after"] < told["log_loss_before"]
    assert rounded(lesson.model).to_json() == lesson.model.to_json()


def test_the_order_of_judgements_and_sides_teaches_nothing(world: World) -> None:
    table, _pairs, model, _ = world
    judged = judge(world, 300, 2)
    one = learned(table, judged, model)
    two = learned(table, [(b, a, v) for a, b, v in reversed(judged)], model)
    assert one.model.to_json() == two.model.to_json()
    assert one.to_json() == two.to_json()


@pytest.mark.parametrize("n", [0, 1, 20])
def test_few_judgements_leave_the_model_as_it_was(world: World, n: int) -> None:
    table, _pairs, model, _ = world
    lesson = learned(table, judge(world, n, 3), model)
    if not lesson.accepted:
        assert lesson.model.learned is None
        assert lesson.model.cut_mb == model.cut_mb
        assert "stay as they were" in lesson.reason
    assert n > 2 * LEAST - 1 or not lesson.accepted


@pytest.mark.parametrize("verdict", ["same", "different"])
def test_judgements_of_one_kind_teach_nothing(world: World, verdict: str) -> None:
    table, _pairs, model, _ = world
    judged = [(a, b, verdict) for a, b, _ in judge(world, 300, 4)]
    lesson = learned(table, judged, model)
    assert not lesson.accepted
    assert lesson.model.learned is None


def test_judgements_that_contradict_the_records_are_not_believed(world: World) -> None:
    table, _pairs, model, _ = world
    turned = {"same": "different", "different": "same"}
    lesson = learned(table, [(a, b, turned[v]) for a, b, v in judge(world, 400, 5)], model)
    assert not lesson.accepted
    assert "belong to these records" in lesson.reason
    assert lesson.model.learned is None


def test_a_few_mistaken_judgements_do_no_harm(world: World) -> None:
    table, pairs, model, truth = world
    judged = judge(world, 600, 7)
    turned = {"same": "different", "different": "same"}
    mistaken = [(a, b, turned[v] if n % 25 == 0 else v) for n, (a, b, v) in enumerate(judged)]
    same = truth[pairs[0]] == truth[pairs[1]]
    before, after = (
        log_losses(weigh(compare(table, *pairs, m), m) / 1000, same).mean()
        for m in (model, learned(table, mistaken, model).model)
    )
    assert after < 1.02 * before


def test_what_was_taught_before_is_forgotten(world: World) -> None:
    table, _pairs, model, _ = world
    judged = judge(world, 400, 6)
    once = learned(table, judged, model)
    again = learned(table, judged, replace(once.model, provenance=model.provenance))
    assert again.model.to_json() == once.model.to_json()


def test_a_pair_in_hard_conflict_teaches_nothing_and_different_wins() -> None:
    people = [
        prepared(loyalty_id="9065606144"),
        prepared(source_id="2", loyalty_id="1234509876"),
        prepared(source_id="3"),
    ]
    table = Table.of(people)
    design, conflicting = designed(table, [(0, 1, "same"), (0, 2, "same"), (2, 0, "different"), (1, 1, "same")], MODEL)
    assert (len(design), conflicting, design.same.tolist()) == (1, 1, [False])


def drawn(n: int, seed: int, shift: float = 0.0) -> Design:
    """Pairs of three features, of which the first is worth two bits more than the weight says."""
    draw = np.random.default_rng(seed)
    columns = np.concatenate((np.zeros((n, 3)), np.ones((n, 1)), (draw.random((n, 3)) < 0.4).astype(float)), axis=1)
    weight = draw.normal(0, 3, n)
    same = draw.random(n) < probabilities(weight + 2 * columns[:, 4] + shift)
    bound = np.full(7, LARGEST)
    return Design(weight, columns, -bound, bound, same, np.arange(n, dtype=np.uint64))


def test_the_regression_finds_what_was_put_there_and_shrinks_with_the_spread() -> None:
    design = drawn(20_000, 1)
    beta = fit(design, 2.0)
    assert beta[4] == pytest.approx(2.0, abs=0.15)
    assert np.abs(beta[[3, 5, 6]]).max() < 0.15
    small = drawn(100, 2)
    sizes = [float(np.abs(fit(small, spread)).sum()) for spread in (0.0, 0.05, 0.3, 1.0, 3.0)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0
    assert sizes[1] < 0.1


def test_the_regression_stays_within_its_bounds_and_is_best_there() -> None:
    design = drawn(500, 3, shift=8.0)
    beta = fit(design, 50.0)
    assert (np.abs(beta) <= LARGEST).all()
    assert beta[3] == LARGEST
    separable = replace(design, same=design.columns[:, 4] > 0)
    assert np.isfinite(fit(separable, 1000.0)).all()


@given(st.integers(1, 400), st.integers(0, 10**6))
def test_folds_keep_together_what_shares_records(n: int, seed: int) -> None:
    group = np.random.default_rng(seed).integers(0, max(1, n // 3), n).astype(np.uint64)
    design = replace(drawn(n, seed), group=group)
    fold = folds(design)
    assert all(len(set(fold[group == g].tolist())) == 1 for g in np.unique(group))
    mixed = np.random.default_rng(seed + 1).permutation(n)
    assert (folds(design[mixed]) == fold[mixed]).all()


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(50, 300))
def test_an_equal_identifier_is_never_evidence_against(world: World, seed: int, n: int) -> None:
    table, _, model, _ = world
    draw = np.random.default_rng(seed)
    judged = [(a, b, str(draw.choice(["same", "different"], p=[0.2, 0.8]))) for a, b, _ in judge(world, n, seed)]
    design, _ = designed(table, judged, model)
    beta = fit(design, 2.0)
    slope = min(1 + beta[:3])
    assert slope >= SLOPES[0] - 1e-9
    at = 4
    for j, comparison in enumerate(model.comparisons):
        size = len(comparison.levels) + 1
        if comparison.attribute in GUARDED:
            scores = model.scores[:, j, 0] / 1000
            evidence = scores[MATCH] - np.delete(scores, MATCH).max()
            if evidence > 0:
                assert slope * evidence + beta[at] >= -1e-9
                assert slope * evidence + beta[at] - beta[at + size - 1] >= -1e-9
        at += size


@given(taught_models(), st.integers(-12_000, 12_000), st.integers(0, 500))
def test_a_taught_weight_never_falls_as_the_evidence_grows(model: MatchModel, weight: int, more: int) -> None:
    assert model.learned is not None
    low, high = bent(np.array([weight, weight + more], dtype=np.int32), model.learned)
    assert low <= high


def test_wilson_and_the_curve() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(50, 100)
    assert (round(low, 4), round(high, 4)) == (0.4038, 0.5962)
    draw = np.random.default_rng(1)
    weights = draw.normal(0, 3, 5000)
    honest = reliability(weights, draw.random(5000) < probabilities(weights))
    assert sum(b.n for b in honest.bins) == 5000
    assert sum(not b.interval[0] <= b.believed <= b.interval[1] for b in honest.bins) <= 2
    boastful = reliability(3 * weights, draw.random(5000) < probabilities(weights))
    assert boastful.log_loss > honest.log_loss
    assert boastful.brier > honest.brier
    assert "fewer" in "".join(boastful.lines())
    assert reliability(np.zeros(0), np.zeros(0, dtype=bool)).n == 0


def test_the_expected_curve_is_what_comes_true_of_an_honest_model() -> None:
    draw = np.random.default_rng(2)
    weights = draw.normal(0, 3, 20_000)
    same = draw.random(20_000) < probabilities(weights)
    believed, seen = expected(weights), reliability(weights, same)
    assert believed.brier == pytest.approx(seen.brier, abs=0.005)
    assert believed.log_loss == pytest.approx(seen.log_loss, abs=0.01)
    assert expected(np.zeros(0)).bins == ()


def test_an_interval_covers_no_difference_where_there_is_none() -> None:
    draw = np.random.default_rng(3)
    weights = draw.normal(0, 3, 800)
    same = draw.random(800) < probabilities(weights)
    group = np.arange(800, dtype=np.uint64)
    noise = compared(weights, weights + draw.normal(0, 0.05, 800), same, group)
    assert noise.difference[1] < 0 < noise.difference[2]
    worse = compared(weights, -weights, same, group)
    assert worse.difference[1] > 0
    assert worse.to_json() == compared(weights, -weights, same, group).to_json()
