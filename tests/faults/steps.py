"""Stopping a worker at a chosen step of the three transactions, without sleeping and hoping.

Triggers in the installation's database take an advisory lock, shared. Where the test holds it, whoever comes to that
step waits there, and ``pg_locks`` tells who. Between two transactions the worker waits for the lock on the match
model, with which each begins.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import psycopg

from hub.embedded import processes

KEY = 4711
MODEL = "hashtextextended('match model', 0)"
# (step, table, event, row condition): the trigger fires at the end of the statement or at the row.
TRIGGERS = {
    "in the claim": ("hub_inboxmessage", "UPDATE", "OLD.lease_token IS NULL AND NEW.lease_token IS NOT NULL"),
    "at the beginning of T1": ("hub_sourcerecord", "INSERT", ""),
    "at the end of T1": ("hub_blockingkey", "INSERT", ""),
    "in T2": ("hub_edge", "INSERT", ""),
    "in the middle of T3": ("hub_crosswalk", "UPDATE", ""),
    "at the end of T3": ("hub_inboxmessage", "UPDATE", "OLD.status = 0 AND NEW.status = 1"),
    "before the events are numbered": ("hub_outboxevent", "UPDATE", ""),
}
# The step at which the worker is stopped first; let go from there, it stops again where the next transaction begins.
BETWEEN = {
    "between the claim and T1": "in the claim",
    "between T1 and T2": "at the end of T1",
    "between T2 and T3": "in T2",
}
STEPS = [*TRIGGERS, *BETWEEN]


def install(database_url: str) -> None:
    """Put the triggers into a database; while no test holds a lock, they cost next to nothing."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            f"""
            CREATE OR REPLACE FUNCTION fault_step() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock_shared({KEY}, TG_ARGV[0]::int); RETURN NULL; END $$
            """
        )
        for number, (table, event, condition) in enumerate(TRIGGERS.values()):
            how = f"FOR EACH ROW WHEN ({condition})" if condition else "FOR EACH STATEMENT"
            connection.execute(
                f"CREATE TRIGGER fault_{number} AFTER {event} ON {table} {how} EXECUTE FUNCTION fault_step({number})"
            )


@dataclass(frozen=True)
class Stopped:
    """A worker that waits: its process, and the database session that waits for it."""

    process: int
    session: int


class Barrier:
    """A context manager: while it is open nobody passes the step. ``stopped`` waits for the first who came to it."""

    def __init__(self, database_url: str, step: str) -> None:
        self._url = database_url
        self._between = step in BETWEEN
        self._number = list(TRIGGERS).index(BETWEEN.get(step, step))
        self.step = step

    def __enter__(self) -> Barrier:
        self._own = psycopg.connect(self._url, autocommit=True)
        self._own.execute("SELECT pg_advisory_lock(%s, %s)", [KEY, self._number])
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()

    def stopped(self, *, seconds: float = 30.0) -> Stopped:
        """The worker that waits at the step."""
        found = self._waiter(
            "classid::bigint = %s AND objid::bigint = %s AND objsubid = 2", [KEY, self._number], seconds
        )
        if self._between:
            self._let_through_to_the_next()
            where = f"objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = {MODEL}"
            found = self._waiter(where, [], seconds, pid=found.session)
        return found

    def _let_through_to_the_next(self) -> None:
        # Queued before the worker goes on: it has the model's lock now or will ask for it after us.
        queue = psycopg.connect(self._url, autocommit=True)
        held = threading.Event()

        def ask() -> None:
            queue.execute(f"SELECT pg_advisory_lock({MODEL})")
            held.set()

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        pid = queue.info.backend_pid

        def in_line() -> bool:
            waits = "SELECT 1 FROM pg_locks WHERE pid = %s AND locktype = 'advisory' AND NOT granted"
            return held.is_set() or self._own.execute(waits, [pid]).fetchone() is not None

        if not processes.wait_for(in_line, seconds=20):
            raise AssertionError("the test does not get in line")
        self._own.execute("SELECT pg_advisory_unlock(%s, %s)", [KEY, self._number])
        if not held.wait(20):
            raise AssertionError("the model's lock does not come free")
        self._own.close()
        self._own = queue

    def _waiter(self, where: str, parameters: list[Any], seconds: float, *, pid: int | None = None) -> Stopped:
        found: list[tuple[int, str]] = []

        def came() -> bool:
            found[:] = self._own.execute(
                f"""
                SELECT l.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                WHERE l.locktype = 'advisory' AND NOT l.granted AND a.application_name LIKE 'concord worker %%'
                      AND {where} AND (%s::int IS NULL OR l.pid = %s) ORDER BY l.waitstart
                """,
                [*parameters, pid, pid],
            ).fetchall()
            return bool(found)

        if not processes.wait_for(came, seconds=seconds):
            raise AssertionError(f"nobody came to the step {self.step!r} within {seconds:.0f} s")
        session, name = found[0]
        return Stopped(process=int(name.rpartition(" ")[2]), session=session)
