"""The report of what blocking rules bring and cost, on files with known answers."""

from __future__ import annotations

import json
from hashlib import blake2b
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from hypothesis import given, settings

from matching.block import _parts, keys
from matching.bulk import prepare
from matching.normalise import normalise
from matching.pairs import candidates, report
from matching.records import CanonicalRecord
from tests.unit.matching.make import MODEL, many

HEADER = "source_system,source_id,given_name,family_name,email,birth_date\n"
ROWS = (
    "crm,1,Ann,Meyer,ann@example.org,1984-03-12\n"
    "pos,2,Ann,Meyer,,1984-03-12\n"
    "shop,3,Zoe,Lang,ann@example.org,\n"
    "shop,4,Bob,Jones,bob@example.org,1970-02-03\n"
)


def run(capsys: pytest.CaptureFixture[str], *args: Any) -> tuple[int, Any, str]:
    code = 0
    try:
        call_command("blocking", *map(str, args), "--json")
    except SystemExit as end:
        code = int(end.code or 0)
    out = capsys.readouterr()
    lines = out.out.strip().splitlines()
    return code, json.loads(lines[-1]) if lines else None, out.err


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    records, truth = tmp_path / "records.csv", tmp_path / "truth.csv"
    records.write_text(HEADER + ROWS)
    truth.write_text("source_system,source_id,truth\ncrm,1,a\npos,2,a\nshop,3,a\nshop,4,b\n")
    return records, truth


def test_what_each_rule_brings_and_what_is_found(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = run(capsys, files[0], "--truth", files[1])
    rules = {r["rule"]: r for r in found["rules"]}
    assert code == 0
    assert (rules["email"]["pairs"], rules["email"]["true_pairs"], rules["email"]["true_alone"]) == (1, 1, 1)
    assert rules["family+birth"]["pairs"] == 1
    assert rules["family+birth"]["alone"] == 0, "names and birth date bring the same pair"
    assert (found["pairs"], found["found"], found["true_pairs"]) == (2, 2, 3)
    assert found["recall"] == pytest.approx(2 / 3)


def test_without_a_truth_nothing_is_said_of_it(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, found, _ = run(capsys, files[0])
    assert (found["pairs"], found["recall"]) == (2, None)


def test_the_table_is_for_people(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("blocking", str(files[0]), "--truth", str(files[1]))
    out = capsys.readouterr().out
    assert "family+birth" in out
    assert "0.6667 of the 3 pairs of one customer are among them" in out
    assert "example.org" not in out


def test_a_key_over_its_cap_is_counted_and_brings_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crowd = tmp_path / "crowd.csv"
    crowd.write_text("source_id,birth_date\n" + "".join(f"{n},1984-03-12\n" for n in range(30)))
    _, found, _ = run(capsys, crowd)
    birth = next(r for r in found["rules"] if r["rule"] == "birth")
    assert (birth["keys"], birth["suppressed"], birth["pairs"], found["pairs"]) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source_system,source_id\ncrm,1\n", "lacks the column truth"),
        ("source_system,source_id,truth\ncrm,1,a\n", "says nothing of 3 of the records"),
    ],
)
def test_a_truth_that_does_not_say_is_refused(
    files: tuple[Path, Path], text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files[1].write_text(text)
    code, _, err = run(capsys, files[0], "--truth", files[1])
    assert code == 2
    assert says in err


def test_an_unknown_model_is_refused(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, files[0], "--model", "nobody-1")
    assert code == 2
    assert "nobody-1" in err


@settings(max_examples=60)
@given(many(most=10))
def test_the_report_agrees_with_the_candidates(records: list[CanonicalRecord]) -> None:
    table = prepare(records, MODEL)
    truth = np.arange(len(records)) // 3
    found = report(table, MODEL, truth)
    pairs = set(zip(*(side.tolist() for side in candidates(table, MODEL)), strict=True))
    true = {(a, b) for a, b in combinations(range(len(records)), 2) if truth[a] == truth[b]}
    assert (found.pairs, found.found, found.true_pairs) == (len(pairs), len(pairs & true), len(true))
    assert sum(r.alone for r in found.rules) <= found.pairs
    assert sum(r.true_alone for r in found.rules) <= found.found


@settings(max_examples=60)
@given(many(most=4))
def test_a_key_is_the_hash_of_scope_and_rule_and_values(records: list[CanonicalRecord]) -> None:
    for record in records:
        prepared = normalise(record, MODEL)
        values, wanted = _parts(prepared), set()
        for index, rule in enumerate(MODEL.rule_names):
            for texts in product(*(values.get(part, ()) for part in rule.split("+"))):
                data = f"shop/person\x1e{rule}\x1e{chr(0x1F).join(texts)}".encode()
                digest = blake2b(data, digest_size=8).digest()
                wanted.add((index, int.from_bytes(digest, "big", signed=True)))
        assert keys(prepared, MODEL, "shop/person") == sorted(wanted)
