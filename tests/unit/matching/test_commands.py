"""`match`, `train` and `evaluate --clusters` end to end, without a database (pytest-django forbids it here)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from samples import generate


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict[str, Any]]:
    """Exit code and the JSON object on the last line."""
    code = 0
    try:
        call_command(str(args[0]), *[str(a) for a in args[1:]], "--json")
    except SystemExit as stop:
        code = int(stop.code or 0)
    out = capsys.readouterr().out.strip()
    return code, json.loads(out.splitlines()[-1]) if out else {}


def test_a_file_is_matched_its_model_saved_and_used_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(tmp_path, seed=15, persons=150, format="flat", processes=1)
    file, model = tmp_path / "records.csv", tmp_path / "model.json"
    first, again = tmp_path / "first.csv", tmp_path / "again.csv"
    code, found = run(capsys, "match", file, "--out", first, "--save-model", model)
    assert code == 0
    assert set(found) >= {
        "records", "pairs", "clusters", "largest_cluster", "seconds", "peak_memory_mb", "model", "unknown_columns",
        "rejects",
    }  # fmt: skip
    assert run(capsys, "match", file, "--out", again, "--model", model)[0] == 0
    assert first.read_text() == again.read_text()
    code, measured = run(capsys, "evaluate", "--truth", tmp_path / "truth.csv", "--clusters", first)
    assert code == 0
    assert measured["f1"] == measured["pairwise"]["f1"] > 0.8
    assert measured["bcubed"]["precision"] > 0.9
    code, trained = run(capsys, "train", "--records", file, "--name", "t-1", "--out", tmp_path / "t-1.json")
    assert (code, trained["records"]) == (0, found["records"])
    assert run(capsys, "train", "--records", file, "--name", "t-1", "--out", tmp_path / "t-1.json")[0] == 2


def test_labels_join_and_keep_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["source_system,source_id,given_name,family_name,birth_date,email"]
    rows += ["a,1,Alice,Whitfield,1984-03-12,al@example.org", "b,2,Alice,Whitfield,1984-03-12,al@example.org"]
    rows += ["c,3,Bob,Jones,1950-01-02,bob@example.org"]
    file, out, labels = tmp_path / "r.csv", tmp_path / "c.csv", tmp_path / "l.csv"
    file.write_text("\n".join(rows))
    assert run(capsys, "match", file, "--out", out, "--model", "person-2")[1]["clusters"] == 2
    header = "source_system_a,source_id_a,source_system_b,source_id_b,judgement\n"
    labels.write_text(f"{header}a,1,b,2,different\n")
    assert run(capsys, "match", file, "--out", out, "--model", "person-2", "--labels", labels)[1]["clusters"] == 3
    labels.write_text(f"{header}a,1,c,3,same\n")
    assert run(capsys, "match", file, "--out", out, "--model", "person-2", "--labels", labels)[1]["clusters"] == 1


def test_rejects_are_counted_and_refusals_leave_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "r.csv", tmp_path / "c.csv"
    file.write_text("source_id,given_name\n1,Ann\n,Bob\n1,Ann\n2,\x00\n")
    code, found = run(capsys, "match", file, "--out", out)
    assert (code, found["records"], found["rejects"]) == (1, 2, 2)
    out.unlink()
    for wrong in (("--model", "none"), ("--columns", "shoe=size"), ("--labels", tmp_path / "none.csv")):
        assert run(capsys, "match", file, "--out", out, *wrong)[0] == 2
    assert run(capsys, "match", tmp_path / "none.csv", "--out", out)[0] == 2
    assert run(capsys, "match", file, "--out", tmp_path / "no" / "c.csv")[0] == 2
    assert not out.exists()
