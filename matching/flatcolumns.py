"""Flat files read by the column: what ``matching.flatfiles`` reads row by row, at a fraction of the cost.

A well-formed CSV or Parquet file goes through Arrow's reader. Whatever Arrow will not take (a row of another length,
another encoding, NDJSON) is read row by row, so that both ways give the same rows and the same rejects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matching import flatfiles
from matching.flatfiles import FileError, Reject
from matching.spreadsheets import plain

_BLOCK = 1 << 24


@dataclass(frozen=True)
class RawColumns:
    """``cells[name]`` are (codes, distinct values), code -1 for no value; ``lines`` the line of each row."""

    cells: dict[str, tuple[np.ndarray, list[Any]]]
    lines: np.ndarray
    rejects: list[Reject]


def read_columns(path: Path) -> RawColumns:
    """Every row of a file that can be read, by the column. Raises ``FileError``."""
    kind = flatfiles.kind_of(path)
    table = None
    if kind != "ndjson":
        table = flatfiles.parquet_file(path).read() if kind == "parquet" else _csv(path)
    return (_of_arrow(path, table) if table is not None else None) or _by_row(path)


def _csv(path: Path) -> Any:
    """An Arrow table of texts, or None where the file needs the patient reader."""
    import pyarrow as pa
    from pyarrow import csv

    names, delimiter = flatfiles.csv_header(path)
    if not names or len(set(names)) != len(names) or not all(names):
        return None
    try:
        return csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=names, skip_rows=1, block_size=_BLOCK, encoding="utf8"),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowException:
        return None


def _of_arrow(path: Path, table: Any) -> RawColumns | None:
    """The columns of an Arrow table; None where texts hold what the patient reader knows better
    (NUL, apostrophes of spreadsheets)."""
    cells: dict[str, tuple[np.ndarray, list[Any]]] = {}
    text = True
    for name in table.column_names:
        cells[name], is_text = _column(table.column(name))
        text &= is_text
    rows = np.arange(table.num_rows)
    if text:
        # A line of nothing but delimiters is no record.
        said = np.zeros(len(rows), dtype=bool)
        for codes, values in cells.values():
            if said.all():
                break
            said |= np.array([*(bool(v.strip()) for v in values), False])[codes]
        rows = rows[said]
        cells = {name: (codes[rows], values) for name, (codes, values) in cells.items()}
    if not len(rows):
        raise FileError(f"{path.name}: has a header and no rows; there is nothing to do")
    csv_file = flatfiles.kind_of(path) == "csv"
    if csv_file and any("\x00" in value for _, values in cells.values() for value in values):
        return None
    if csv_file:
        for name, (codes, values) in cells.items():
            if any(value[:1] == "'" for value in values):
                freed = [plain(value) for value in values]
                if len(set(freed)) < len(values):
                    return None  # two cells became one value
                cells[name] = codes, freed
    first = 2 if csv_file else 1
    return RawColumns(cells, rows + first, [])


def _column(column: Any) -> tuple[tuple[np.ndarray, list[Any]], bool]:
    import pyarrow as pa

    try:
        encoded = column.combine_chunks().dictionary_encode()
    except pa.ArrowException:
        return coded(column.to_pylist()), False
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    text = pa.types.is_string(column.type)
    # Arrow makes one scalar of each value for a list; of texts numpy makes the list at once.
    values = encoded.dictionary.to_numpy(zero_copy_only=False).tolist() if text else encoded.dictionary.to_pylist()
    return (codes, values), text


def _by_row(path: Path) -> RawColumns:
    rows: list[dict[str, Any]] = []
    lines, rejects = [], []
    for line, row in flatfiles.rows(path):
        if isinstance(row, str):
            rejects.append(Reject(path.name, line, row))
        else:
            rows.append(row)
            lines.append(line)
    names = dict.fromkeys(name for row in rows for name in row)
    cells = {name: coded([row.get(name) for row in rows]) for name in names}
    return RawColumns(cells, np.array(lines, dtype=np.int64), rejects)


def coded(cells: Sequence[Any]) -> tuple[np.ndarray, list[Any]]:
    """Codes and distinct values of raw cells. Equal values of two types (1, 1.0, True) stay two values."""
    known: dict[Any, int] = {}
    values: list[Any] = []
    codes = np.empty(len(cells), dtype=np.int32)
    for row, cell in enumerate(cells):
        if cell is None:
            codes[row] = -1
            continue
        key = cell if type(cell) is str else (type(cell), repr(cell))
        code = known.get(key)
        if code is None:
            code = known[key] = len(values)
            values.append(cell)
        codes[row] = code
    return codes, values
