"""The cut and who chose it: the witness against the truth, also of a model that is wrong."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matching import columnar, frames
from matching.bulk import cluster_all
from matching.calibrate import CUTS, UNWITNESSED, best_cut, cautious, estimate, lowest
from matching.evaluate import measures
from matching.model import MatchModel, balanced, shipped
from matching.pairs import Pairs, candidates
from matching.scoring import weigh_all
from matching.table import Table
from matching.train import tables, without_shared
from samples import generate

World = tuple[Table, Pairs, MatchModel, np.ndarray]


def _world(folder: Path, *, births: bool = True) -> World:
    frame = frames.read([folder / "records.csv"])
    if not births:
        held = {name: column for name, column in frame.columns.items() if name != "birth_date"}
        frame = replace(frame, columns=held)
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        person = {(t["source_system"], t["source_id"]): t["truth"] for t in csv.DictReader(file)}
    truth = np.unique([person[key] for key in zip(*frame.ids(), strict=True)], return_inverse=True)[1]
    table, model = without_shared(columnar.prepare(frame, shipped()), shipped())
    pairs = candidates(table, model)
    return table, pairs, tables(table, pairs, model), truth


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample")
    generate(path, seed=5150, records=12_000, format="flat", processes=1)
    return path


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    return _world(folder)


def _precision(world: World, model: MatchModel) -> float:
    table, pairs, _, truth = world
    labels = cluster_all(table, pairs, weigh_all(table, pairs, lowest(model)), model)
    return measures(truth, labels)[0].precision


def test_the_witness_says_what_the_truth_says(world: World) -> None:
    table, pairs, model, _ = world
    told = estimate(table, pairs, model)
    assert told.witnesses > 1000
    assert told.by_cut[0] < told.by_cut[-1]
    for cut, p in zip(CUTS, told.by_cut, strict=True):
        assert p == pytest.approx(_precision(world, replace(model, cut_mb=cut)), abs=0.02)


def test_a_model_that_believes_too_much_is_found_out(world: World) -> None:
    table, pairs, model, _ = world
    credulous = replace(model, rates=balanced({**model.rates, "match": model.rates["match"] * 16}))
    assert _precision(world, replace(credulous, cut_mb=CUTS[0])) < 0.9, "else there is nothing to find out"
    chosen = best_cut(table, pairs, credulous)
    assert chosen.cut_mb > best_cut(table, pairs, model).cut_mb
    assert _precision(world, chosen) >= 0.95


def test_the_witness_is_heard_on_every_order_alike(world: World) -> None:
    table, _, model, _ = world
    shuffled = table.rows(np.random.default_rng(1).permutation(len(table)))
    assert estimate(shuffled, candidates(shuffled, model), model) == estimate(table, candidates(table, model), model)


def test_without_birth_dates_the_cut_is_a_cautious_one(folder: Path) -> None:
    world = _world(folder, births=False)
    table, pairs, model, _ = world
    chosen = best_cut(table, pairs, model)
    assert (chosen.cut_mb, chosen.provenance["witnesses"]) == (UNWITNESSED, 0)
    assert _precision(world, chosen) >= 0.95


def test_a_model_for_records_it_has_not_seen_keeps_to_even_odds() -> None:
    assert cautious(replace(shipped(), cut_mb=-2500)).cut_mb == 0
    assert cautious(replace(shipped(), cut_mb=1500)).cut_mb == 1500
