"""Rows in PostgreSQL's binary COPY format, made by whoever has the values and written by whoever has the connection.

The format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS; of each type, its ``send``
function. What is made is kept in files without a name, which are gone with the processes that hold them open.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.db import connection

_START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_count = struct.Struct(">h").pack
_size = struct.Struct(">i").pack
int2 = struct.Struct(">h").pack
int4 = struct.Struct(">i").pack
int8 = struct.Struct(">q").pack
TRUE, FALSE = b"\x01", b"\x00"
_AT_ONCE = 1 << 20


def microseconds(moment: datetime) -> int:
    """A time as PostgreSQL keeps it: microseconds since 2000-01-01 UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def row(*fields: bytes | None) -> bytes:
    """One row; None is a null."""
    parts = [_count(len(fields))]
    for field in fields:
        if field is None:
            parts.append(_NULL)
        else:
            parts += (_size(len(field)), field)
    return b"".join(parts)


_NO_KEYS = struct.pack(">iiI", 0, 0, 20)
NO_SMALLINTS = struct.pack(">iiI", 0, 0, 21)
_ARRAY = struct.Struct(">iiIii").pack
_ELEMENT = struct.Struct(">iq").pack


def bigints(values: Sequence[int]) -> bytes:
    """An array of bigints."""
    if not values:
        return _NO_KEYS
    return _ARRAY(1, 0, 20, len(values), 1) + b"".join([_ELEMENT(8, value) for value in values])


def fixed(*columns: tuple[str, np.ndarray | int]) -> bytes:
    """Rows whose fields all have one size, column by column: (numpy type such as ``>i8``, values or one value)."""
    rows = max((len(values) for _, values in columns if isinstance(values, np.ndarray)), default=0)
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for place, (kind, _) in enumerate(columns):
        layout += [(f"size{place}", ">i4"), (f"field{place}", kind)]
    packed = np.empty(rows, dtype=layout)
    packed["count"] = len(columns)
    for place, (kind, values) in enumerate(columns):
        packed[f"size{place}"] = np.dtype(kind).itemsize
        packed[f"field{place}"] = values
    return packed.tobytes()


@dataclass(frozen=True, slots=True)
class Extent:
    """A stretch of a ``Spool``."""

    spool: int
    start: int
    length: int


class Spools:
    """Files without a name, one for each process that writes: what one wrote any other may read, by its extent.

    To be made before the processes are.
    """

    def __init__(self, number: int) -> None:
        self._files = [tempfile.TemporaryFile() for _ in range(number)]  # noqa: SIM115 - closed by ``close``

    def add(self, spool: int, data: bytes) -> Extent:
        """Append to a spool; only one process may write to each."""
        file = self._files[spool].fileno()
        start = os.fstat(file).st_size
        view = memoryview(data)
        while view:
            view = view[os.pwrite(file, view, start + len(data) - len(view)) :]
        return Extent(spool, start, len(data))

    def read(self, extent: Extent) -> bytes:
        return os.pread(self._files[extent.spool].fileno(), extent.length, extent.start)

    def parts(self, extent: Extent) -> Iterator[bytes]:
        """The extent in pieces of at most a megabyte."""
        for start in range(extent.start, extent.start + extent.length, _AT_ONCE):
            length = min(_AT_ONCE, extent.start + extent.length - start)
            yield self.read(Extent(extent.spool, start, length))

    def close(self) -> None:
        for file in self._files:
            file.close()


def copy(table: str, columns: Sequence[str], data: Iterable[bytes]) -> int:
    """Copy rows into a table in the present transaction; how many there were."""
    with connection.cursor() as cursor:
        raw = cursor.cursor
        with raw.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as into:
            into.write(_START)
            for part in data:
                into.write(part)
            into.write(_END)
        return int(raw.rowcount)
