"""Reading and preparing by the column gives what reading and preparing row by row gives."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import columnar, flatfiles, frames
from matching.block import RULE_NAMES, keys
from matching.canonical import FLAT_COLUMNS, from_flat
from matching.keyparts import KeyParts
from matching.model import default, shipped
from matching.normalise import Prepared, normalise
from matching.pairs import candidates, report
from matching.prepared import order_of
from matching.records import CanonicalRecord
from matching.table import PLACE, SEVERAL, SINGLE, Table
from matching.train import shared_contacts, without_shared

MODEL = shipped().with_attributes(("shoe", "gender"))
WORDS = st.sampled_from(
    ["", "", "Ann", "ANN", "Smith", "Smith-Jones", "de la Cruz", "née Weber", "ann@example.org", "Ann@Example.org",
     "n/a", "+44 131 496 0123", "0131 496 0123", "12 High St", "High St 12", "EH1 1AA", "Edinburgh", "DE", "1984-03-12",
     "12.3.84", "Meyer GmbH", "person", "organisation", "true", "no", "2026-01-01T00:00:00Z", "xxx", "12345678901"]
)  # fmt: skip
CELLS = st.one_of(WORDS, WORDS, st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12))
COLUMNS = (*FLAT_COLUMNS, "shoe", "gender")


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, str]]:
    names = draw(st.lists(st.sampled_from(COLUMNS), unique=True, min_size=1))
    number = draw(st.integers(1, 8))
    out = []
    for n in range(number):
        row = {name: draw(CELLS) for name in names if name != "source_id"}
        out.append({"source_id": draw(st.sampled_from([str(n), f" {n} ", "0", ""])), **row})
    return out


def _texts(table: Table, row: int) -> dict[str, list[str]]:
    """What a table holds of a row, whatever its codes."""
    found: dict[str, list[str]] = {}
    for name in (*SINGLE, *SEVERAL, *sorted(n for n in table.columns if n.startswith("attribute:"))):
        values = table.values(name)
        cells = [values[c] if c >= 0 else "" for c in table.column(name)[row].tolist()]
        found[name] = cells if name in PLACE else sorted(c for c in cells if c)
    return {name: cells for name, cells in found.items() if cells}


def _by_row(path: Path) -> tuple[list[CanonicalRecord], list[tuple[int, str]]]:
    records, rejects, seen = [], [], set()
    for item in flatfiles.read(path):
        if isinstance(item, flatfiles.Reject):
            rejects.append((item.line, item.reason))
        elif item.address not in seen:
            seen.add(item.address)
            if not item.deleted:
                records.append(item)
    return records, rejects


def _check(path: Path, workers: int = 1) -> None:
    try:
        records, rejects = _by_row(path)
    except flatfiles.FileError as error:
        with pytest.raises(flatfiles.FileError, match=str(error)[:20].replace("(", ".")):
            frames.read([path])
        return
    frame = frames.read([path], workers=workers)
    repeated = "repeats the source id"
    assert [(r.line, r.reason) for r in frame.rejects if not r.reason.startswith(repeated)] == rejects
    assert list(zip(*frame.ids(), strict=True)) == [(r.source_system, r.source_id) for r in records]
    prepared = [normalise(record, MODEL) for record in records]
    ours, theirs = columnar.prepare(frame, MODEL, workers), Table.of(prepared)
    assert ours.order.tolist() == [p.order for p in prepared]
    assert [_texts(ours, n) for n in range(len(records))] == [_texts(theirs, n) for n in range(len(records))]
    wanted = _pairs_by_key(prepared)
    for table in (ours, theirs):
        left, right = candidates(table, MODEL, workers)
        assert set(zip(left.tolist(), right.tolist(), strict=True)) == wanted


def _pairs_by_key(prepared: list[Prepared]) -> set[tuple[int, int]]:
    caps = [rule.cap for rule in MODEL.rules]
    blocks: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, record in enumerate(prepared):
        for key in keys(record, MODEL, f"/{record.kind}"):
            blocks[key].append(row)
    return {pair for key, held in blocks.items() if len(held) <= caps[key[0]] for pair in combinations(held, 2)}


@settings(max_examples=150, deadline=None)
@given(rows())
def test_a_csv_file_by_the_column_and_by_the_row(data: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shop.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(data[0]))
            writer.writeheader()
            writer.writerows(data)
        _check(path)


@settings(max_examples=75, deadline=None)
@given(rows())
def test_an_ndjson_file_by_the_column_and_by_the_row(data: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shop.ndjson"
        path.write_text("".join(json.dumps(row) + "\n" for row in [*data, {"source_id": 7, "shoe": [1]}]), "utf-8")
        _check(path)


ODD = {
    "windows": "source_id;given_name;city\n1;Zoë;Köln\n2;Ann;Bonn\n".encode("cp1252"),
    "short row": b"source_id,given_name,city\n1,Ann\n2,Bob,Bonn,and more\n3,Cid,Ulm\n",
    "empty lines": b"source_id,given_name\n1,Ann\n\n,\n2,Bob\n",
    "nul": b"source_id,given_name\n1,A\x00nn\n2,Bob\n",
    "open quote": b'source_id,given_name\n1,"Ann\n2,Bob\n',
    "line in a cell": b'source_id,street\n1,"12 High Street\nFlat 2"\n2,"1 Low Road"\n',
    "wrong values": b"source_id,birth_date,updated_at,kind\n1,1990-02-31,,\n2,,yesterday,\n3,,,robot\n4,,,\n",
    "numbers": b"\xef\xbb\xbfsource_id,shoe,deleted\n1,42,1\n2,43,0\n3,,maybe\n",
    "one column": b"source_id\n1\n2\n",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD.keys())
def test_odd_files_by_the_column_and_by_the_row(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_bytes(content)
    _check(path)


def test_a_parquet_file_of_many_types(tmp_path: Path) -> None:
    import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "source_id": [1, 2, 3],
            "given_name": ["Ann", None, "Bob"],
            "birth_date": [datetime.date(1984, 3, 12), None, datetime.date(1901, 1, 2)],
            "postal_code": [10115.0, float("nan"), 20095.0],
            "shoe": [[1, 2], None, [3]],
            "gender": [True, False, None],
        }
    )
    pq.write_table(table, tmp_path / "shop.parquet")
    _check(tmp_path / "shop.parquet")


def test_several_processes_give_what_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "_AT_ONCE", 7)
    path = tmp_path / "shop.csv"
    lines = [f"{n},Ann{n % 5},Smith{n % 7},ann{n % 9}@example.org,0131 496 01{n % 90 + 10}" for n in range(60)]
    path.write_text("source_id,given_name,family_name,email,phone\n" + "\n".join(lines) + "\n", "utf-8")
    _check(path, workers=2)


def test_a_contact_point_of_many_families_is_dropped_as_if_never_said() -> None:
    records = [
        {
            "source_id": str(n),
            "family_name": f"Family{'abcdefghi'[n]}x",
            "email": "d@example.org",
            "email2": f"a{n}@a.de",
        }
        for n in range(9)
    ]

    held = [from_flat(r, source_system="shop") for r in records]
    model = default()
    table = Table.of([normalise(r, model) for r in held])
    fewer, knowing = without_shared(table, model)
    assert len(shared_contacts(table)) == 1
    again = Table.of([normalise(r, knowing) for r in held])
    assert [_texts(fewer, n) for n in range(9)] == [_texts(again, n) for n in range(9)]


def test_every_part_of_every_rule_has_its_columns() -> None:
    table = Table.of([normalise(CanonicalRecord("shop", "1"), MODEL)])
    parts = KeyParts(table)
    for rule in RULE_NAMES:
        assert all(len(column) == 1 for part in rule.split("+") for column in parts.of(part))


def test_the_report_names_what_each_rule_brings() -> None:
    records = [CanonicalRecord("shop", str(n), birth_date="1984-03-12") for n in range(3)]
    table = Table.of([normalise(r, MODEL) for r in records])
    found = {r.rule: r for r in report(table, MODEL).rules}
    assert (found["birth"].keys, found["birth"].pairs, found["birth"].alone) == (1, 3, 3)
    assert found["phone"].pairs == 0
    crowd = [CanonicalRecord("shop", str(n), birth_date="1984-03-12") for n in range(30)]
    over = {r.rule: r for r in report(Table.of([normalise(r, MODEL) for r in crowd]), MODEL).rules}
    assert (over["birth"].suppressed, over["birth"].pairs) == (1, 0)
    assert len(candidates(table, MODEL)[0]) == 3


def test_the_order_hash_is_that_of_the_record() -> None:
    assert order_of("shop", 'a"\\é') == order_of("shop", 'a"\\é') != order_of("shop", "a")
    assert np.uint64(order_of("shop", "1")) == normalise(CanonicalRecord("shop", "1"), MODEL).order
