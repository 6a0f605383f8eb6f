"""Reading flat files (CSV, NDJSON, Parquet), row by row: a canonical record or a reject with its reason.

Nothing in a file stops the rest of it: a row that cannot be taken becomes a ``Reject``. A file that cannot be
read at all raises ``FileError``. Neither ever shows a value of the file.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from matching.canonical import FLAT_COLUMNS, from_flat
from matching.cells import RecordError
from matching.records import CanonicalRecord
from matching.spreadsheets import plain

csv.field_size_limit(2**24)
_SNIFFED = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_KNOWN = frozenset(FLAT_COLUMNS)
_ROWS_AT_ONCE = 20_000


class FileError(ValueError):
    """The file cannot be read: the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was left out: ``line`` counts from 1 (the row's number in Parquet); no value is shown."""

    file: str
    line: int
    reason: str
    source_id: str = ""


def read(path: str | Path, columns: Mapping[str, str] | None = None) -> Iterator[CanonicalRecord | Reject]:
    """Every row of a file. ``columns`` maps a canonical column to the file's own name for it.

    A file without a ``source_system`` column is of the system that its name says. Raises ``FileError``.
    """
    path = Path(path)
    renamed = {theirs: ours for ours, theirs in (columns or {}).items()}
    system = path.stem
    for line, row in rows(path):
        if isinstance(row, str):
            yield Reject(path.name, line, row)
            continue
        if renamed:
            row = {renamed.get(key, key if key not in (columns or {}) else f"{key}_"): v for key, v in row.items()}
        try:
            yield from_flat(row, source_system=system)
        except RecordError as error:
            said = row.get("source_id")
            yield Reject(path.name, line, str(error), str(said)[:200] if isinstance(said, (str, int)) else "")


def parse_columns(text: str | None) -> dict[str, str]:
    """``canonical=theirs,…`` as a mapping. Raises ``FileError``.

    >>> parse_columns('family_name=surname,city=suburb')
    {'family_name': 'surname', 'city': 'suburb'}
    """
    out: dict[str, str] = {}
    for part in filter(None, (text or "").split(",")):
        ours, equals, theirs = (p.strip() for p in part.partition("="))
        if not equals or not theirs:
            raise FileError("--columns is written canonical=theirs,canonical=theirs,…")
        if ours not in _KNOWN:
            raise FileError(f"--columns: {ours} is no canonical column; known are {', '.join(FLAT_COLUMNS)}")
        if ours in out:
            raise FileError(f"--columns names {ours} twice")
        out[ours] = theirs
    return out


def unknown_columns(paths: Iterable[str | Path], columns: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Columns of the files that are no canonical ones, sorted; their values are kept as attributes.

    Raises ``FileError`` where the files lack what ``columns`` names.
    """
    theirs = set((columns or {}).values())
    found: set[str] = set()
    for path in paths:
        found |= set(header(Path(path)))
    missing = theirs - found
    if missing:
        raise FileError(f"no file has the column {', '.join(sorted(missing))} that --columns names")
    return tuple(sorted((found - theirs - _KNOWN) | {f"{c}_" for c in found & set(columns or {}) - theirs}))


def header(path: Path) -> list[str]:
    """Names of a file's columns; of NDJSON all keys that occur. Raises ``FileError``."""
    kind = kind_of(path)
    if kind == "parquet":
        return list(parquet_file(path).schema_arrow.names)
    if kind == "ndjson":
        return sorted({key for _, row in rows(path) if isinstance(row, dict) for key in row})
    with _open(path) as text:
        return [name.strip() for name in next(_csv(text, path), [])]


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line number and row, or in the row's place why it cannot be read. Raises ``FileError``."""
    kind = kind_of(path)
    empty = True
    for item in {"parquet": _parquet_rows, "ndjson": _json_rows, "csv": _csv_rows}[kind](path):
        empty = False
        yield item
    if empty:
        raise FileError(f"{path.name}: has a header and no rows; there is nothing to do")


def kind_of(path: Path) -> str:
    """``csv``, ``ndjson`` or ``parquet``, by what the file begins with. Raises ``FileError``."""
    try:
        with path.open("rb") as raw:
            start = raw.read(4096)
    except IsADirectoryError:
        raise FileError(f"{path.name}: is a folder; name the files in it") from None
    except OSError as error:
        raise FileError(f"{path.name}: cannot be read ({error.strerror}); check the path") from None
    if start.startswith(b"PAR1"):
        return "parquet"
    if not start.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise FileError(f"{path.name}: is empty; there is nothing to do")
    if path.suffix.lower() in (".ndjson", ".jsonl", ".json") or start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "ndjson"
    if path.suffix.lower() == ".parquet":
        raise FileError(f"{path.name}: is no Parquet file, though its name says so; write it again")
    if start.startswith((b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise FileError(f"{path.name}: is packed or a spreadsheet; save it as CSV, NDJSON or Parquet")
    return "csv"


def _open(path: Path) -> TextIO:
    """The file as text: UTF-8 or UTF-16 by its mark, UTF-8 where all of it is, else Windows-1252."""
    with path.open("rb") as raw:
        start = raw.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return path.open(encoding="utf-16", newline="", errors="replace")
        raw.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := raw.read(_SNIFFED):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return path.open(encoding="cp1252", newline="", errors="replace")
    return path.open(encoding="utf-8-sig", newline="")


def _csv(text: TextIO, path: Path) -> Iterator[list[str]]:
    first = text.readline()
    while first and not first.strip("\x00 \t\r\n"):
        first = text.readline()
    delimiter = _delimiter(first)

    def lines() -> Iterator[str]:
        yield first.replace("\x00", "")
        for line in text:
            yield line.replace("\x00", "") if "\x00" in line else line

    reader = csv.reader(lines(), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield []


def _delimiter(line: str) -> str:
    counts = {d: line.count(d) for d in _DELIMITERS}
    return max(_DELIMITERS, key=lambda d: counts[d])


def csv_header(path: Path) -> tuple[list[str], str]:
    """The names of a CSV file's columns, and what divides them; no names where the header is no plain first line."""
    with _open(path) as text:
        first = text.readline()
    delimiter = _delimiter(first)
    if not first.strip() or "\x00" in first or first.count('"') % 2:
        return [], delimiter
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter))], delimiter


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with _open(path) as text:
        reader = _csv(text, path)
        names = [name.strip() for name in next(reader, [])]
        twice = {n for n in names if n and names.count(n) > 1}
        if twice:
            raise FileError(f"{path.name}: has the column {', '.join(sorted(twice))} twice; keep one of each")
        for line, cells in enumerate(reader, 2):
            if len(cells) > len(names) and any(c.strip() for c in cells[len(names) :]):
                yield line, f"has {len(cells)} values for {len(names)} columns: a delimiter or quote is amiss"
            elif any(c.strip() for c in cells):
                if any(c[:1] == "'" for c in cells):
                    cells = [plain(c) for c in cells]
                yield line, dict(zip(names, cells, strict=False))


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with _open(path) as text:
        start = text.read(1)
        if start == "[":
            raise FileError(f"{path.name}: is one JSON array; write one object a line (NDJSON)")
        text.seek(0)
        for line, piece in enumerate(text, 1):
            if not piece.strip("\ufeff\x00 \t\r\n"):
                continue
            try:
                row = json.loads(piece.lstrip("\ufeff"))
            except (ValueError, RecursionError):
                yield line, "is no complete JSON object: the line is cut short or broken"
                continue
            yield line, row if isinstance(row, dict) else "is JSON, but no object"


def parquet_file(path: Path) -> Any:
    """The open Parquet file. Raises ``FileError``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise FileError(f"{path.name}: is a broken Parquet file; write it again") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    line = 0
    for batch in parquet_file(path).iter_batches(batch_size=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            line += 1
            yield line, row


def read_pairs(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """Rows of a small file that must have the columns ``needed`` (truth, clusters, labels), as texts.

    Raises ``FileError`` naming a missing column, or the line that cannot be read.
    """
    missing = [name for name in needed if name not in header(path)]
    if missing:
        raise FileError(f"{path.name}: lacks the column {', '.join(missing)}; it needs {', '.join(needed)}")
    for line, row in rows(path):
        if isinstance(row, str):
            raise FileError(f"{path.name}, line {line}: {row}")
        yield {name: str(row.get(name) if row.get(name) is not None else "").strip() for name in needed}


__all__ = ["FileError", "Reject", "header", "parse_columns", "read", "read_pairs", "unknown_columns"]
