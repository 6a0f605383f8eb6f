"""Cells that no spreadsheet takes for a formula, and that are read again as they were."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import flatcolumns, flatfiles
from matching.spreadsheets import guarded, plain

_CELLS = st.text(alphabet=st.sampled_from("=+-@'\t\r\n ＝＋０19ab|%\u200b"), max_size=8) | st.text(max_size=20)


@given(_CELLS)
def test_a_guarded_cell_is_read_as_it_was(text: str) -> None:
    assert plain(guarded(text)) == text


@given(_CELLS)
def test_nothing_begins_like_a_formula_but_numbers(text: str) -> None:
    cell = guarded(text)
    assert cell[:1] not in tuple("=@\t\r\n＝＋－＠|%")
    if cell[:1] in ("+", "-"):
        assert set(cell[1:]) <= set("0123456789 ().")


@pytest.mark.parametrize("text", [
    "=HYPERLINK(\"http://evil.example\",\"x\")", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)", "\t=1",
    "\r=1", "＝1+1", " =1+1", "'=1", "''=1", "+A1", "-A1", "%0A-3+3", "|calc",
])  # fmt: skip
def test_what_is_dangerous_is_guarded_and_comes_back(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert plain(guarded(text)) == text


@pytest.mark.parametrize("text", ["+44 20 7946 0991", "-5", "+49 (0)30 1234", "", "O'Neil", "'s-Hertogenbosch", "a=1"])
def test_what_is_harmless_stays(text: str) -> None:
    assert guarded(text) == text
    assert plain(text) == text


def test_both_readers_of_files_give_the_values_that_were_written(tmp_path: Path) -> None:
    said = ["=1", "'=1", "+44 20 7946 0991", "@x", "-", "'s-Hertogenbosch"]
    file = tmp_path / "crm.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["source_id", "given_name"])
        writer.writerows([[f"{n}", guarded(text)] for n, text in enumerate(said)])
    assert [row["given_name"] for _, row in flatfiles.rows(file) if isinstance(row, dict)] == said
    codes, values = flatcolumns.read_columns(file).cells["given_name"]
    assert [values[code] for code in codes] == said
