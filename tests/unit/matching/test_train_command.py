"""`train --labels` end to end, without a database: learned weights, the report, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from samples import generate

COLUMNS = ("source_system_a", "source_id_a", "source_system_b", "source_id_b", "judgement")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("sample")
    generate(folder, seed=31, persons=500, format="flat", processes=1)
    return folder


def labels(folder: Path, n: int) -> Path:
    """Pairs of records that share a family name or an e-mail, with the truth as the judgement."""
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        truth = {(r["source_system"], r["source_id"]): r["truth"] for r in csv.DictReader(file)}
    blocks: dict[str, list[tuple[str, str]]] = {}
    with (folder / "records.csv").open(encoding="utf-8") as file:
        for r in csv.DictReader(file):
            for value in (r.get("family_name"), r.get("email")):
                if value:
                    blocks.setdefault(value.lower(), []).append((r["source_system"], r["source_id"]))
    pairs = sorted(
        {(min(a, b), max(a, b)) for block in blocks.values() for i, a in enumerate(block) for b in block[i + 1 :]}
    )
    chosen = np.random.default_rng(1).permutation(len(pairs))[:n].tolist()
    path = folder / f"labels-{n}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for a, b in (pairs[i] for i in chosen):
            writer.writerow([*a, *b, "same" if truth[a] == truth[b] else "different"])
    return path


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict[str, Any], str]:
    code = 0
    try:
        call_command(str(args[0]), *[str(a) for a in args[1:]], "--json")
    except SystemExit as stop:
        code = int(stop.code or 0)
    told = capsys.readouterr()
    return code, json.loads(told.out.strip().splitlines()[-1]) if told.out.strip() else {}, told.err


def test_labels_are_reported_and_taken_only_if_they_help(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, out = sample / "records.csv", tmp_path / "l-1.json"
    code, found, said = run(
        capsys, "train", "--records", records, "--labels", labels(sample, 500), "--name", "l-1", "--out", out
    )
    assert code == 0
    lesson = found["judgements"]
    assert lesson["labels"] + lesson["conflicting"] == 500
    held = lesson["held_out"]
    assert held["before"]["pairs"] == held["after"]["pairs"] == lesson["labels"]
    assert sum(b["pairs"] for b in held["after"]["bins"]) == lesson["labels"]
    low, high = held["interval"]
    assert low <= held["log_loss_difference"] <= high
    assert lesson["accepted"] == (high < 0)
    model = json.loads(out.read_text())
    assert ("learned" in model) == lesson["accepted"]
    assert model["provenance"]["judgements"]["labels"] == lesson["labels"]
    assert lesson["reason"] in said
    assert "95 % interval" in said
    clusters = tmp_path / "c.csv"
    assert run(capsys, "match", records, "--model", out, "--out", clusters)[0] == 0
    assert run(capsys, "evaluate", "--truth", sample / "truth.csv", "--clusters", clusters)[1]["f1"] > 0.8


def test_without_labels_the_report_says_what_is_expected(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, said = run(
        capsys, "train", "--records", sample / "records.csv", "--name", "u-1", "--out", tmp_path / "u-1.json"
    )
    assert code == 0
    assert found["judgements"] is None
    assert found["expected"]["pairs"] == found["pairs"] == sum(b["pairs"] for b in found["expected"]["bins"])
    assert "only judgements can tell" in said


def test_labels_of_other_records_and_few_labels_are_said(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = tmp_path / "labels.csv"
    strange.write_text(",".join(COLUMNS) + "\nno,1,no,2,same\n")
    args = ("train", "--records", sample / "records.csv", "--labels")
    code, found, said = run(capsys, *args, strange, "--name", "o-1", "--out", tmp_path / "o-1.json")
    assert (code, found["judgements"]) == (0, None)
    assert "nothing was learned" in said
    code, found, said = run(capsys, *args, labels(sample, 8), "--name", "o-2", "--out", tmp_path / "o-2.json")
    assert code == 0
    assert not found["judgements"]["accepted"]
    assert "stay as they were" in said
    strange.write_text(",".join(COLUMNS) + "\ncrm,1,pos,2,perhaps\n")
    assert run(capsys, *args, strange, "--name", "o-3", "--out", tmp_path / "o-3.json")[0] == 2
    assert not (tmp_path / "o-3.json").exists()
