"""Set-based SQL through Django's own connection, in psycopg's binary protocol.

Django's cursor binds on the client as text; arrays of bytes and integers are several times cheaper in
binary, and a statement that is run for every batch is worth preparing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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
