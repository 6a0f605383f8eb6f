"""Another session of the database, which holds what a resolver wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, connections

from hub.embedded.processes import wait_for
from hub.sql import rows


@contextmanager
def session() -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own to the test's database, rolled back at the end."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as held:
        yield held
        held.rollback()


@contextmanager
def aside(job: Callable[[], object]) -> Iterator[threading.Thread]:
    """``job`` in a thread with a connection of its own; what it raises is raised again at the end."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            job()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=60)
    if raised:
        raise raised[0]
    assert not thread.is_alive()


def somebody_waits() -> None:
    """Return once another session of this database waits for a lock."""

    def waiting() -> bool:
        found = rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(found[0][0])

    assert wait_for(waiting, seconds=20)
