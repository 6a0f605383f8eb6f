"""Set-based SQL through Django's own connection, in psycopg's binary protocol.

Django's cursor binds on the client as text; arrays of bytes and integers are several times cheaper in
binary, and a statement that is run for every batch is worth preparing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from django.db.utils import OperationalError as DjangoOperationalError

# What says that the server is away, not that the statement is wrong.
SERVER_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, DjangoOperationalError)


@contextmanager
def _cursor() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor on Django's connection, which Django hears about: it renews a connection that it knows to be dead."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    try:
        with psycopg.Cursor(connection.connection) as cursor:
            yield cursor
    except (psycopg.OperationalError, psycopg.InterfaceError):
        connection.errors_occurred = True
        raise


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run one statement in the present transaction and give its rows (none for a plain write)."""
    with _cursor() as cursor:
        cursor.execute(sql, params, prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []


def count(sql: str, *params: Any) -> int:
    """Run one statement and give the number of rows that it wrote."""
    with _cursor() as cursor:
        cursor.execute(sql, params, prepare=True)
        return cursor.rowcount


def columns(items: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into ``width`` lists, as ``unnest`` wants them."""
    turned: list[list[Any]] = [list(column) for column in zip(*items, strict=True)]
    return turned or [[] for _ in range(width)]


def lock_once(name: str) -> None:
    """Hold the advisory lock of this name until the transaction ends."""
    rows("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", name)


# How psycopg's binary COPY frames its rows: PostgreSQL's documentation of COPY, "Binary Format".
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TAIL = b"\xff\xff"


def _framed(fields: Sequence[tuple[str, str]]) -> np.dtype[Any]:
    """One row of a binary COPY whose fields have fixed widths and no nulls: count of fields, then size and value."""
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in fields:
        parts += [(f"{name}_size", ">i4"), (name, kind)]
    return np.dtype(parts)


def copy_array(statement: str, fields: Sequence[tuple[str, str]], columns: Sequence[np.ndarray | int]) -> None:
    """``COPY … FROM STDIN (FORMAT BINARY)`` of columns of integers: ``fields`` are (name, big-endian dtype such as
    ``>i8`` for a bigint), ``columns`` arrays of one length or single values."""
    length = max(len(c) for c in columns if isinstance(c, np.ndarray))
    framed = np.empty(length, dtype=_framed(fields))
    framed["fields"] = len(fields)
    for (name, kind), column in zip(fields, columns, strict=True):
        framed[f"{name}_size"] = np.dtype(kind).itemsize
        framed[name] = column
    with _cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_COPY_HEAD + framed.tobytes() + _COPY_TAIL)


def copy_rows(statement: str, types: Sequence[str], written: Iterable[Sequence[Any]]) -> None:
    """``COPY … FROM STDIN (FORMAT BINARY)`` of rows of any ``types`` (names of PostgreSQL)."""
    with _cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in written:
            copy.write_row(row)


def read_array(query: str, fields: Sequence[tuple[str, str]]) -> np.ndarray:
    """The rows of a query whose columns are integers of fixed width and never null, as one structured array with the
    names and (big-endian) types of ``fields``."""
    with _cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:  # type: ignore[arg-type]
        data = b"".join(bytes(block) for block in copy)
    return np.frombuffer(data[len(_COPY_HEAD) : -len(_COPY_TAIL)], dtype=_framed(fields))
