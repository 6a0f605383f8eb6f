"""Set-based SQL through Django's own connection, in psycopg's binary protocol.

Django's cursor binds on the client as text; arrays of bytes and integers are several times cheaper in
binary, and a statement that is run for every batch is worth preparing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
import psycopg
from django.db import connections
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg.adapt import Dumper
from psycopg.pq import Format

P = ParamSpec("P")
R = TypeVar("R")
# What says that the server is away, not that the statement is wrong.
SERVER_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, DjangoOperationalError)


class _Packed(bytes):
    """An array in PostgreSQL's binary form (array_recv): psycopg packs its elements one by one in Python, which
    costs more than the statement."""


class _Bigints(_Packed):
    pass


class _Texts(_Packed):
    pass


class _Bytes(_Packed):
    pass


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


# Array type and element type: pg_type.dat of PostgreSQL.
for _kind, _oid in ((_Bigints, 1016), (_Texts, 1009), (_Bytes, 1001)):
    psycopg.adapters.register_dumper(_kind, type(f"{_kind.__name__}Dumper", (_PackedDumper,), {"oid": _oid}))
_ELEMENT = np.dtype([("size", ">i4"), ("value", ">i8")])
_HEADER = struct.Struct(">iiIii")
_EMPTY = struct.Struct(">iiI")
_SIZE = struct.Struct(">i")


def _bigints(values: Sequence[int] | np.ndarray) -> _Bigints:
    if not len(values):
        return _Bigints(_EMPTY.pack(0, 0, 20))
    packed = np.empty(len(values), dtype=_ELEMENT)
    packed["size"] = 8
    packed["value"] = np.asarray(values, dtype=np.int64)
    return _Bigints(_HEADER.pack(1, 0, 20, len(values), 1) + packed.tobytes())


def _texts(values: Sequence[str]) -> _Texts:
    return _Texts(_joined([value.encode() for value in values], 25))


def _bytes(values: Sequence[bytes]) -> _Bytes:
    return _Bytes(_joined(values, 17))


def _joined(values: Sequence[bytes], element: int) -> bytes:
    if not values:
        return _EMPTY.pack(0, 0, element)
    parts = [_HEADER.pack(1, 0, element, len(values), 1)]
    size = _SIZE.pack
    for value in values:
        parts += (size(len(value)), value)
    return b"".join(parts)


_PACK: dict[type, Callable[[Any], _Packed]] = {int: _bigints, str: _texts, bytes: _bytes}

_PACK_AS: dict[str, Callable[[Any], _Packed]] = {"int8[]": _bigints, "text[]": _texts, "bytea[]": _bytes}


def _param(value: Any) -> Any:
    """Long lists of one type packed; whatever else psycopg adapts."""
    if isinstance(value, np.ndarray):
        return _bigints(value)
    if type(value) is list and value and (pack := _PACK.get(type(value[0]))):
        try:
            return pack(value)
        except (TypeError, AttributeError):
            return value  # with nulls among them
    return value


def unpacked(data: bytes | None) -> np.ndarray:
    """The int64 array that came as ``array_send(array_agg(bigint))``; empty for a null."""
    if data is None:
        return np.empty(0, dtype=np.int64)
    return np.frombuffer(data, dtype=_ELEMENT, offset=_HEADER.size)["value"].astype(np.int64)


@contextmanager
def _cursor(using: str = "default") -> Iterator[psycopg.Cursor[Any]]:
    """A cursor on Django's connection, which Django hears about: it renews a connection that it knows to be dead."""
    connection = connections[using]
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    try:
        with psycopg.Cursor(connection.connection) as cursor:
            yield cursor
    except (psycopg.OperationalError, psycopg.InterfaceError):
        connection.errors_occurred = True
        raise


def rows(sql: str, *params: Any, using: str = "default") -> list[tuple[Any, ...]]:
    """Run one statement in the present transaction and give its rows (none for a plain write). ``using`` names the
    database: the key store is another one, and its transactions are its own."""
    with _cursor(using) as cursor:
        cursor.execute(sql, [_param(p) for p in params], prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []


def rows_at_once(sql: str, *params: Any, using: str = "default") -> list[tuple[Any, ...]]:
    """The rows of a statement that only reads, and not within a transaction: prepared, and without asking first whether
    the connection still lives, which together are most of what a short question costs. Where anything fails, it is
    closed and the error raised: ask the long way.

    Django's connections prepare nothing, ``prepare`` or not, and for what is run over large arrays that is well: a
    plan that was made while a table was small outlives it.
    """
    connection = connections[using]
    connection.ensure_connection()
    session = connection.connection
    assert session is not None
    try:
        session.prepare_threshold = 0
        with psycopg.Cursor(session) as cursor:
            cursor.execute(sql, [_param(p) for p in params], prepare=True, binary=True)
            return cursor.fetchall()
    except psycopg.Error:
        connection.close()  # dead, or with a plan that a migration made useless
        raise
    finally:
        session.prepare_threshold = None


def count(sql: str, *params: Any, using: str = "default") -> int:
    """Run one statement and give the number of rows that it wrote; ``using`` as in ``rows``."""
    with _cursor(using) as cursor:
        cursor.execute(sql, [_param(p) for p in params], prepare=True)
        return cursor.rowcount


def columns(items: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into ``width`` lists, as ``unnest`` wants them."""
    turned: list[list[Any]] = [list(column) for column in zip(*items, strict=True)]
    return turned or [[] for _ in range(width)]


def slices(groups: Iterable[Sized]) -> Iterator[tuple[int, int]]:
    """First and last place of each group in one flat array, counted from 1: ``unnest`` would flatten an array of
    arrays, so that they travel as one and are cut by the statement."""
    first = 1
    for group in groups:
        yield first, first + len(group) - 1
        first += len(group)


def lock_once(name: str, *, using: str = "default") -> None:
    """Hold the advisory lock of this name until the transaction ends."""
    rows("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", name, using=using)


def without_waiting() -> None:
    """Have the present transaction not wait for the disk at its end: for what is done again when it is lost."""
    rows("SELECT set_config('synchronous_commit', 'off', true)")


_ALONG_INDEXES = "SELECT " + ", ".join(
    f"set_config('enable_{way}', 'off', true)"
    for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort", "material")
)


def along_indexes() -> None:
    """Have the planner go along indexes, row by row, for the rest of the transaction: where that is right whatever the
    statistics say. A young table has none, and those of one that was analysed at the wrong moment mislead."""
    rows(_ALONG_INDEXES)


_UNDONE = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


def again(work: Callable[P, R]) -> Callable[P, R]:
    """``work``, a function that is one transaction, done once more (four times at most) where PostgreSQL undid it to
    end a deadlock. Within another transaction, which is undone with it, that is left to whoever began that one."""

    @wraps(work)
    def patient(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(4):
            try:
                return work(*args, **kwargs)
            except (*_UNDONE, DjangoOperationalError) as error:
                undone = isinstance(error, _UNDONE) or isinstance(error.__cause__, _UNDONE)
                if not undone or connections["default"].in_atomic_block:
                    raise
        return work(*args, **kwargs)

    return patient


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
    pack = [(place, _PACK_AS[kind]) for place, kind in enumerate(types) if kind in _PACK_AS]
    with _cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in written:
            fields = [*row]
            for place, packed in pack:
                fields[place] = packed(fields[place])
            copy.write_row(fields)


def read_array(query: str, names: Sequence[str], *params: Any) -> np.ndarray:
    """The rows of a query whose columns are whole numbers and never null, as one structured array (int64) with these
    names, which are those of the query's columns. A million rows take a third of a second."""
    packed = ", ".join(f"array_send(array_agg({name}::bigint))" for name in names)
    columns_read = [unpacked(data) for data in rows(f"SELECT {packed} FROM ({query}) found", *params)[0]]
    out = np.empty(len(columns_read[0]), dtype=[(name, np.int64) for name in names])
    for name, column in zip(names, columns_read, strict=True):
        out[name] = column
    return out
