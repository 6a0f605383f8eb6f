"""Flat files as columns: each distinct value once, so that a million rows are cleaned by their distinct values.

    Frame
      ├─ source_system, source_id, kind, …: Column (codes of distinct texts)
      ├─ attributes{name: Column of raw values}
      └─ rejects: rows that were left out, each with its reason

What a frame holds of a row is what ``matching.canonical.from_flat`` makes of it, by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from matching.canonical import FLAT_COLUMNS, from_flat
from matching.cells import RecordError, flat_values
from matching.distinct import numbered
from matching.flatcolumns import read_columns
from matching.flatfiles import Reject
from matching.parallel import each
from matching.prepared import order_of


@dataclass(frozen=True)
class Column:
    """``codes`` (int32) name ``values``; -1 where a row has none."""

    codes: np.ndarray
    values: list[Any]

    @classmethod
    def missing(cls, rows: int) -> Column:
        return cls(np.full(rows, -1, dtype=np.int32), [])

    @classmethod
    def concat(cls, columns: Sequence[Column]) -> Column:
        """One column of the rows of all; a value of two columns is there twice."""
        if len(columns) == 1:
            return columns[0]
        shift, codes, values = 0, [], []
        for column in columns:
            codes.append(np.where(column.codes < 0, -1, column.codes + shift).astype(np.int32))
            values += column.values
            shift += len(column.values)
        return cls(np.concatenate(codes), values)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: np.ndarray) -> Column:
        return Column(self.codes[rows], self.values)

    def mapped(self, function: Callable[[Any], Any]) -> Column:
        """The column of ``function`` of each distinct value; None and ``""`` are no value."""
        return recoded(self.codes, [function(value) for value in self.values])

    def text(self, row: int) -> Any:
        code = int(self.codes[row])
        return self.values[code] if code >= 0 else None


def recoded(codes: np.ndarray, values: Sequence[Any]) -> Column:
    """``codes`` of ``values`` as a column in which equal values are one and None and ``""`` are none."""
    to = np.full(len(values) + 1, -1, dtype=np.int32)
    known: dict[Any, int] = {}
    distinct: list[Any] = []
    for old, value in enumerate(values):
        if value is None or value == "":
            continue
        key = value if type(value) is str else (type(value), repr(value))
        new = known.setdefault(key, len(distinct))
        if new == len(distinct):
            distinct.append(value)
        to[old] = new
    return Column(to[codes], distinct)


@dataclass(frozen=True)
class Frame:
    """The live rows of flat files. ``order`` is the tie-break hash of each (uint64)."""

    columns: Mapping[str, Column]
    attributes: Mapping[str, Column]
    order: np.ndarray
    rejects: list[Reject] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.order)

    def column(self, name: str) -> Column:
        return self.columns.get(name) or Column.missing(len(self))

    def only_ids(self) -> Frame:
        """The frame without what was written of its records, once that is in a table."""
        kept = {name: self.columns[name] for name in ("source_system", "source_id")}
        return Frame(kept, {}, self.order, self.rejects)

    def ids(self) -> tuple[list[str], list[str]]:
        """Source system and source id of every row."""
        found = []
        for name in ("source_system", "source_id"):
            column = self.columns[name]
            found.append(np.array(column.values, dtype=object)[column.codes].tolist() if len(self) else [])
        return found[0], found[1]


def read(files: Iterable[str | Path], columns: Mapping[str, str] | None = None, workers: int = 1) -> Frame:
    """The live rows of all files. Of rows with one source id the first counts. Raises ``FileError``."""
    parts = [_checked(Path(file), columns or {}) for file in files]
    names = sorted({name for part in parts for name in part.attributes})
    whole = {name: Column.concat([p.columns[name] for p in parts]) for name in FLAT_COLUMNS}
    attributes = {
        name: Column.concat([p.attributes.get(name) or Column.missing(len(p.lines)) for p in parts]) for name in names
    }
    order = _orders(whole["source_system"], whole["source_id"], workers)
    rejects = [reject for part in parts for reject in part.rejects]
    first = np.zeros(len(order), dtype=bool)
    first[np.unique(order, return_index=True)[1]] = True
    file_of = np.repeat(np.arange(len(parts)), [len(p.lines) for p in parts])
    for row in np.flatnonzero(~first).tolist():
        reason = "repeats the source id of an earlier row; the earlier row counts"
        part = parts[file_of[row]]
        line = int(part.lines[row - int(np.searchsorted(file_of, file_of[row]))])
        rejects.append(Reject(part.name, line, reason, whole["source_id"].text(row)))
    deleted = whole.pop("deleted")
    gone = np.array([*(bool(v) for v in deleted.values), False])[deleted.codes]
    live = np.flatnonzero(first & ~gone)
    return Frame(
        {name: column[live] for name, column in whole.items()},
        {name: column[live] for name, column in attributes.items()},
        order[live],
        rejects,
    )


def _orders(system: Column, ids: Column, workers: int) -> np.ndarray:
    systems, texts = system.values, ids.values

    def some(rows: slice) -> np.ndarray:
        pairs = zip(system.codes[rows].tolist(), ids.codes[rows].tolist(), strict=True)
        return np.fromiter((order_of(systems[s], texts[i]) for s, i in pairs), np.uint64)

    step = max(50_000, -(-len(ids) // max(workers, 1)))
    parts = each(some, [slice(start, start + step) for start in range(0, len(ids), step)], workers)
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)


@dataclass(frozen=True)
class _Part:
    """The rows of one file that can be taken, their line numbers, and the rejects."""

    name: str
    columns: dict[str, Column]
    attributes: dict[str, Column]
    lines: np.ndarray
    rejects: list[Reject]


def _checked(path: Path, renamed: Mapping[str, str]) -> _Part:
    raw = read_columns(path)
    cells, lines = dict(raw.cells), raw.lines
    theirs = {theirs: ours for ours, theirs in renamed.items()}
    cells = {theirs.get(name, f"{name}_" if name in renamed else name): column for name, column in cells.items()}
    found = {name: Column(*cells[name]) for name in cells}
    good = np.ones(len(lines), dtype=bool)
    columns = {}
    for name in FLAT_COLUMNS:
        column = found.pop(name, None) or Column.missing(len(lines))
        values, wrong = flat_values(name, column.values)
        if wrong:
            good &= ~np.isin(column.codes, wrong)
        # When a record was written is no evidence: it has to be a time, and is not kept.
        columns[name] = Column.missing(len(lines)) if name == "updated_at" else recoded(column.codes, values)
    columns["source_system"] = _named(columns["source_system"], path.stem)
    columns["kind"] = _named(columns["kind"], "person")
    good &= columns["source_id"].codes >= 0
    rejects = raw.rejects + [
        _reject(path, int(lines[row]), {n: Column(*c).text(row) for n, c in cells.items()})
        for row in np.flatnonzero(~good).tolist()
    ]
    rows = np.flatnonzero(good)
    return _Part(
        path.name,
        {name: column[rows] for name, column in columns.items()},
        {name: column[rows] for name, column in found.items()},
        lines[rows],
        sorted(rejects, key=lambda r: r.line),
    )


def _named(column: Column, default: str) -> Column:
    """The column with ``default`` where a row has none."""
    if (column.codes >= 0).all():
        return column
    codes = np.where(column.codes < 0, len(column.values), column.codes)
    return recoded(codes, [*column.values, default])


def _reject(path: Path, line: int, row: dict[str, Any]) -> Reject:
    """Why the row cannot be taken, in the words of the record's own reader."""
    said = row.get("source_id")
    known = str(said)[:200] if isinstance(said, (str, int)) else ""
    try:
        from_flat(row, source_system=path.stem)
    except RecordError as error:
        return Reject(path.name, line, str(error), known)
    raise AssertionError("a row was refused that its reader takes")


def distinct(columns: Sequence[Column]) -> tuple[np.ndarray, list[np.ndarray]]:
    """For each row the number of its combination of values, and each combination's code in every column."""
    numbers = columns[0].codes.astype(np.int64) + 1
    for column in columns[1:]:
        numbers = numbered(numbers)[0] * (len(column.values) + 1) + column.codes + 1
    numbers = numbered(numbers)[0]
    count = int(numbers.max(initial=-1)) + 1
    example = np.empty(count, dtype=np.int64)
    example[numbers] = np.arange(len(numbers))
    return numbers, [column.codes[example] for column in columns]
