"""Measuring, judging and reporting, on real processes and small files; no peer needs to be installed."""

from __future__ import annotations

import csv
import re
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.__main__ import main
from bench.matching import data, measure, picture, report, runners, targets
from bench.matching.data import Absent
from bench.matching.labels import HEADER, draw
from bench.matching.runners import Result

CHECKOUT = Path(__file__).resolve().parents[3]


def result(data: str, tool: str, f1: float = 0.9, *, run: str = "a", seconds: float = 1.0, **other: object) -> Result:
    figures = {"precision": f1, "recall": f1, "f1": f1}
    made = Result(data, data, "retail", 100, 1, tool, run, "", "ok", "", seconds, 100.0, figures, figures)
    for name, value in other.items():
        setattr(made, name, value)
    return made


def pins(name: str) -> set[str]:
    text = (CHECKOUT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", text, re.MULTILINE))


def test_bench_has_what_dev_has_in_the_same_versions():
    assert pins("dev") < pins("bench")
    assert "splink" in {p.partition("==")[0] for p in pins("bench") - pins("dev")}


def test_memory_of_children_counts(tmp_path):
    child = "import time; held = bytearray(150 << 20); held[::4096] = b'x' * len(held[::4096]); time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    done = measure.run([sys.executable, "-c", parent], cwd=tmp_path, limit=30)
    assert done.error == ""
    assert 150 < done.peak_mb < 400
    assert 1 < done.seconds < 20


def test_a_tool_that_takes_too_long_is_stopped(tmp_path):
    done = measure.run([sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path, limit=0.5)
    assert done.error == "stopped after 0 s" or done.error.startswith("stopped after")
    assert done.seconds < 10


def test_a_tool_that_fails_says_why(tmp_path):
    done = measure.run([sys.executable, "-c", "raise SystemExit('no such thing')"], cwd=tmp_path, limit=30)
    assert done.error == "exit 1: no such thing"


def write(path: Path, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def test_labelled_pairs_do_not_count_where_they_are_held_out(tmp_path):
    truth = write(tmp_path / "t.csv", data.TRUTH, [("s", c, p) for c, p in zip("abcd", "1112", strict=True)])
    clusters = write(tmp_path / "c.csv", ("source_system", "source_id", "cluster_id"),
                     [("s", c, p) for c, p in zip("abcd", "7788", strict=True)])  # fmt: skip
    told = [("s", "a", "s", "b", "same"), ("s", "c", "s", "d", "different")]
    labels = write(tmp_path / "l.csv", HEADER, told)
    found = result("x", "concord-labels")
    runners.judge(found, truth, clusters, labels)
    # True pairs ab, ac, bc; found ab, cd. Without ab and cd: nothing found, ac and bc missed.
    assert (found.pairwise["precision"], found.pairwise["recall"]) == (0.5, 0.333333)
    assert (found.held_out["precision"], found.held_out["recall"]) == (1.0, 0.0)
    assert (found.largest, found.largest_true) == (2, 3)


def test_labels_are_mostly_of_pairs_near_the_cut():
    weights = np.arange(-20_000, 20_000, 10)
    chosen = draw(weights, 1_000, 500, seed=3)
    near = np.abs(weights[chosen] - 1_000) < 6_000
    assert len(set(chosen.tolist())) == 500
    assert 0.7 < near.mean() < 1
    assert (draw(weights, 1_000, 500, seed=3) == chosen).all()
    assert len(draw(weights[:7], 0, 500, seed=3)) == 7


def test_absent_data_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv(data.FOLDER, str(tmp_path))
    monkeypatch.setattr(data, "STATE", tmp_path / "state")
    fake = next(d for d in data.catalogue([], []) if d.name == "fake")
    with pytest.raises(Absent, match=f"set {data.FOLDER}"):
        data.prepare(fake, 1)


def test_neither_order_nor_identifiers_tell_the_truth(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "STATE", tmp_path)
    febrl = next(d for d in data.catalogue([], []) if d.name == "febrl3")
    made = data.prepare(febrl, 1)
    with made.truth.open(encoding="utf-8") as file:
        persons = [row["truth"] for row in csv.DictReader(file)]
    with made.records.open(encoding="utf-8") as file:
        head = next(csv.reader(file))
    neighbours = sum(a == b for a, b in pairwise(persons))
    assert made.rows == len(persons) == 5000
    assert len(set(persons)) == 2000
    assert neighbours < 20
    assert head[:2] == ["source_system", "source_id"]
    assert "rec_id" not in head


def test_one_miss_misses_the_row_and_silence_reaches_nothing():
    good, bad, silent = (targets.Check("F1", value, 0.9) for value in (0.95, 0.85, None))
    assert targets.verdict([good, good]) == "reached"
    assert targets.verdict([good, bad, silent]) == "missed"
    assert targets.verdict([good, silent]) == "not measured"
    assert targets.verdict([]) == "not measured"


@pytest.mark.parametrize(("run", "said"), [("a", "reached"), ("b", "not measured")])
def test_times_are_compared_within_one_run_alone(run, said):
    results = [result("sample-100k", "concord", seconds=3), result("sample-100k", "splink", seconds=10, run=run)]
    row = next(t for t in targets.TARGETS if t.row.startswith("100k"))
    assert targets.verdict(row.checks(results)) == said


def test_f1_is_drawn_for_each_generator_that_was_measured(tmp_path):
    tools = ("concord", "splink")
    results = [result(f"sample-{rows}", tool, rows=rows) for rows in (10_000, 100_000) for tool in tools]
    assert not picture.draw([result("febrl3", "concord")], tmp_path / "none.png")
    assert picture.draw(results, tmp_path / "one.png")
    assert picture.draw([*results, result("second-10k", "concord", rows=10_000)], tmp_path / "two.png")
    one, two = (width_of(tmp_path / name) for name in ("one.png", "two.png"))
    assert two > 1.8 * one


def width_of(png: Path) -> int:
    """Of a PNG in pixels, as its first chunk says (ISO/IEC 15948, 11.2.1)."""
    return int.from_bytes(png.read_bytes()[16:20])


def test_the_page_says_what_was_missed_and_left_out():
    left = result("sample-100k", "recordlinkage", status="left out", reason="too large")
    text = report.page([result("sample-10k", "concord", 0.5), left], pictured=False)
    assert "| retail 10k, 100k, 1M, no labels, F1 | **missed** | F1 sample-10k: 0.500 (≥ 0.935)" in text
    assert "- sample-100k · recordlinkage · left out: too large" in text
    assert "nan" not in text


@pytest.mark.parametrize(
    "question",
    [["nonsense"], ["resolution", "--records", "ten"], ["matching", "--only", "x"], ["matching", "--data", "x"],
     ["matching", "--sizes", "ten"]],
)  # fmt: skip
def test_a_question_without_an_answer_is_refused(question, capsys):
    try:
        code: object = main(question)
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert len(capsys.readouterr().err) > 20


def test_a_run_is_kept_taken_up_and_drawn(tmp_path, monkeypatch, capsys):
    from bench.matching import cli

    monkeypatch.setattr(data, "STATE", tmp_path)
    monkeypatch.setattr(runners, "RESULTS", tmp_path / "results")
    question = ["--data", "febrl3", "--only", "recordlinkage"]
    assert cli.run(question) == 0
    first = runners.kept()
    assert first[0].ok
    assert first[0].pairwise["f1"] > 0.99
    assert cli.run([*question, "--resume"]) == 0
    assert runners.kept() == first
    assert "recordlinkage" in capsys.readouterr().out
    assert report.write(first, tmp_path / "pages")[0].endswith("matching.md")
