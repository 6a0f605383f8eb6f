"""Flat files of every kind, good and bad."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from matching.flatfiles import FileError, Reject, parse_columns, read, read_pairs, unknown_columns
from matching.records import CanonicalRecord


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "source_id,given_name,city\n1,Zoë,Köln\n",
        "source_id;given_name;city\n1;Zoë;Köln\n",
        "source_id\tgiven_name\tcity\r\n1\tZoë\tKöln\r\n",
        "\ufeffsource_id,given_name,city\n1,Zoë,Köln\n",
        "source_id,given_name,city\n1,Zoë,Köln\n".encode("cp1252"),
        "source_id,given_name,city\n1,Zoë,Köln\n".encode("utf-16"),
        "source_id,given_name,city\n1,Zo\x00ë,Köln\n",
    ],
    ids=["comma", "semicolon", "tab", "mark", "windows", "utf-16", "nul"],
)
def test_every_usual_csv_is_read(tmp_path: Path, content: str | bytes) -> None:
    (record,) = read(write(tmp_path, "shop.csv", content))
    assert isinstance(record, CanonicalRecord)
    assert (record.source_system, record.source_id, record.name.given) == ("shop", "1", "Zoë")
    assert record.addresses[0].city == "Köln"


def test_parquet_and_ndjson_are_read(tmp_path: Path) -> None:
    path = tmp_path / "erp.parquet"
    pq.write_table(pa.table({"source_id": [1, 2], "family_name": ["Lee", None]}), path)
    assert [r.source_id for r in read(path) if isinstance(r, CanonicalRecord)] == ["1", "2"]
    text = '{"source_system": "a", "source_id": "1", "shoe": 42}\n{"source_id": "2", "na\n[1]\n'
    lines = write(tmp_path, "x.ndjson", text)
    good, cut, listed = read(lines)
    assert isinstance(good, CanonicalRecord)
    assert good.attributes == {"shoe": 42}
    assert isinstance(cut, Reject)
    assert isinstance(listed, Reject)
    assert cut.line == 2
    assert "cut short" in cut.reason
    assert unknown_columns([lines]) == ("shoe",)


def test_bad_rows_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.csv",
        "source_id,given_name,birth_date\n1,Ann,1980-01-02\n,Bob,\n3,Cy,1980-02-31\n4,Di,1,2,3\n5,Ed,\n",
    )  # fmt: skip
    found = list(read(path))
    assert [r.source_id for r in found if isinstance(r, CanonicalRecord)] == ["1", "5"]
    rejects = [r for r in found if isinstance(r, Reject)]
    assert [r.line for r in rejects] == [3, 4, 5]
    assert all(name not in r.reason for r in rejects for name in ("Bob", "Cy", "Di", "1980"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("e.csv", "", "is empty"),
        ("h.csv", "source_id,given_name\n", "a header and no rows"),
        ("p.parquet", "PAR1 but not really", "broken Parquet"),
        ("q.parquet", "no parquet", "is no Parquet"),
        ("j.ndjson", '[{"source_id": 1}]', "one JSON array"),
        ("z.csv", b"PK\x03\x04....", "spreadsheet"),
        ("t.csv", "source_id,source_id\n1,2\n", "twice"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: str | bytes, says: str) -> None:
    with pytest.raises(FileError, match=says):
        list(read(write(tmp_path, name, content)))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        list(read(tmp_path / "none.csv"))
    with pytest.raises(FileError, match="folder"):
        list(read(tmp_path))


def test_columns_are_renamed(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "rec_id,surname,zip\n1,Lee,10001\n")
    columns = parse_columns("source_id=rec_id,family_name=surname")
    (record,) = read(path, columns)
    assert isinstance(record, CanonicalRecord)
    assert record.name.family == "Lee"
    assert unknown_columns([path], columns) == ("zip",)
    with pytest.raises(FileError, match="no canonical column"):
        parse_columns("shoe=size")
    with pytest.raises(FileError, match="no file has the column"):
        unknown_columns([path], {"city": "suburb"})


def test_a_small_file_lacking_a_column(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="lacks the column truth"):
        list(read_pairs(write(tmp_path, "t.csv", "source_id\n1\n"), ["source_id", "truth"]))
