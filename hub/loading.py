"""Loading files through the inbox: any size, any number of times, bad rows aside.

A file is read as a stream by a process of its own; its records are stored piece by piece, each in one transaction
with the row that says how far the load has come, so that a load that was killed goes on where it was. A database
that goes away is waited for.
"""

from __future__ import annotations

import csv
import io
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

from django.db import connections, transaction

from hub.errors import ERASED, Refused
from hub.files import Piece, Rejected, Work, read_ahead
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.ports import ring
from hub.sql import SERVER_AWAY, count, rows
from hub.stages.ingest import Sealed, sealed_sheaf, store_sealed
from matching.spreadsheets import guarded

PATIENCE_SECONDS = 120.0
SHOWN_REJECTS = 5
# Resolved by the command itself between two looks at how many wait.
HAND = 5000


@dataclass
class Outcome:
    """Counts of one load, those of earlier runs of it included. ``records`` includes ``duplicates``; ``shown`` are
    the first few rejects."""

    records: int = 0
    duplicates: int = 0
    rejects: int = 0
    resumed: int = 0
    shown: list[Rejected] = field(default_factory=list)
    unknown_columns: set[str] = field(default_factory=set)


class RejectsFile:
    """The rows that were refused, as CSV, written as they come. Without a path nothing is written."""

    HEADER = ("file", "line", "source_id", "reason")

    def __init__(self, path: Path | None, *, length: int = 0) -> None:
        """``length`` is how much of the file is of an earlier run that this one goes on with; the rest is of rows
        that will come again."""
        self._file: BinaryIO | None = None
        if path is None:
            return
        kept = length if length and path.exists() and path.stat().st_size >= length else 0
        self._file = path.open("r+b" if kept else "wb")
        self._file.truncate(kept)
        self._file.seek(kept)
        if not kept:
            self.add([self.HEADER])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, found: Iterable[Sequence[Any]]) -> int:
        """Write rows; the length of the file after them."""
        if self._file is None:
            return 0
        text = io.StringIO()
        csv.writer(text).writerows([guarded(c) if isinstance(c, str) else c for c in row] for row in found)
        self._file.write(text.getvalue().encode())
        self._file.flush()
        return self._file.tell()


@dataclass(frozen=True, slots=True)
class Count:
    """How far one file is in, as ``LoadProgress`` keeps it."""

    rows: int = 0
    records: int = 0
    duplicates: int = 0
    rejects: int = 0
    rejects_bytes: int = 0


class Load:
    """One file being loaded. What is not ``remembered`` begins anew after a kill."""

    def __init__(self, work: Work, *, remembered: bool = True) -> None:
        """Begin, or go on where an earlier run was ended. Raises ``Refused``."""
        work.check()
        self.work = work
        self.remembered = remembered
        self.fingerprint = work.fingerprint() if remembered else b""
        self.run = secrets.randbits(62)
        self.count: Count = patiently(self._take_over) if remembered else Count()
        self.resumed_at = self.count.rows

    def _take_over(self) -> Count:
        (found,) = rows(
            """
            INSERT INTO hub_loadprogress (fingerprint, run, rows, records, duplicates, rejects, rejects_bytes,
                                          updated_at)
            VALUES (%b::bytea, %s, 0, 0, 0, 0, 0, now())
            ON CONFLICT (fingerprint) DO UPDATE SET run = EXCLUDED.run, updated_at = now()
            RETURNING rows, records, duplicates, rejects, rejects_bytes
            """,
            self.fingerprint,
            self.run,
        )
        return Count(*found)

    def sealed(self, piece: Piece) -> dict[str, Sealed]:
        """The messages of a piece, by source system. What was erased, or is of a forgotten customer, joins the
        piece's rejects."""
        found = {
            code: sealed_sheaf(sheaf, source=self.work.sources[code]) for code, sheaf in sorted(piece.sheaves.items())
        }
        piece.rejects += [
            Rejected(self.work.file.name, piece.sheaves[code].lines[i], piece.sheaves[code].source_ids[i],
                     str(ERASED["detail"]))
            for code, messages in found.items()
            for i in messages.forgotten
        ]  # fmt: skip
        piece.rejects.sort(key=lambda reject: reject.line)
        return found

    def store(self, piece: Piece, sealed: Mapping[str, Sealed], *, rejects_bytes: int) -> None:
        """Store the ``sealed`` messages of a piece in one transaction with the count."""
        with transaction.atomic():
            held = self._held() if self.remembered else self.count
            if held.rows == self.count.rows:
                held = self._stored(piece, sealed, held, rejects_bytes)
            # Otherwise the piece was committed, and only the answer was lost with the connection.
        self.count = held

    def _held(self) -> Count:
        found = rows(
            """
            SELECT run, rows, records, duplicates, rejects, rejects_bytes FROM hub_loadprogress
            WHERE fingerprint = %b::bytea FOR UPDATE
            """,
            self.fingerprint,
        )
        if not found or found[0][0] != self.run:
            raise Refused("Another process loads the same file: let it finish, or stop it and load again.")
        return Count(*found[0][1:])

    def _stored(self, piece: Piece, sealed: Mapping[str, Sealed], held: Count, rejects_bytes: int) -> Count:
        records = new = 0
        for code, messages in sorted(sealed.items()):
            records += len(messages.payloads)
            new += store_sealed(messages, source_pk=self.work.sources[code].pk, lane=Lane.BULK)
        then = Count(
            held.rows + piece.rows,
            held.records + records,
            held.duplicates + records - new,
            held.rejects + len(piece.rejects),
            rejects_bytes,
        )
        if self.remembered:
            count(
                """
                UPDATE hub_loadprogress SET rows = %s, records = %s, duplicates = %s, rejects = %s, rejects_bytes = %s,
                                            updated_at = now()
                WHERE fingerprint = %b::bytea
                """,
                then.rows, then.records, then.duplicates, then.rejects, then.rejects_bytes, self.fingerprint,
            )  # fmt: skip
        return then


def sources() -> dict[str, SourceSystem]:
    """The source systems that records may come from, by code."""
    return {source.code: source for source in patiently(lambda: list(SourceSystem.objects.filter(active=True)))}


def take_in(
    load: Load,
    *,
    skip: int = 0,
    rejects: RejectsFile | None = None,
    outcome: Outcome,
    progress: Callable[[int], None] = lambda number: None,
) -> None:
    """Bring what is left of a file into the inbox, in the bulk lane; ``skip`` leaves out its first rows.

    ``progress`` is called with a number of further rows.
    """
    for piece in read_ahead(load.work, skip=skip + load.count.rows):
        sealed = patiently(lambda piece=piece: load.sealed(piece))  # type: ignore[misc]
        length = rejects.add((r.file, r.line, r.source_id, r.reason) for r in piece.rejects) if rejects else 0
        patiently(
            lambda piece=piece, sealed=sealed, length=length: load.store(piece, sealed, rejects_bytes=length)  # type: ignore[misc]
        )
        outcome.shown += piece.rejects[: SHOWN_REJECTS - len(outcome.shown)]
        outcome.unknown_columns |= piece.unknown_columns
        ring(Lane.BULK)
        progress(piece.rows)
    outcome.records += load.count.records
    outcome.duplicates += load.count.duplicates
    outcome.rejects += load.count.rejects
    outcome.resumed += load.resumed_at


def finish(loads: Iterable[Load]) -> None:
    """Forget how far the loads came, now that all is resolved: a file that is loaded again is read again."""
    done = [load.fingerprint for load in loads if load.remembered]
    patiently(lambda: rows("DELETE FROM hub_loadprogress WHERE fingerprint = ANY(%b::bytea[])", done))


def patiently(job: Callable[[], Any]) -> Any:
    """Do the job, waiting up to two minutes for a database that went away."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return job()
        except SERVER_AWAY:
            connections.close_all()
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def wait_until_resolved(*, work: Callable[[int], int], progress: Callable[[int], None] = lambda waiting: None) -> int:
    """Wait until nothing that is in the inbox now waits, lending a hand; how many dead letters there are.

    ``work`` resolves what is due in this process, up to about the number given, so that a hub without a worker gets
    there too.
    """
    last = patiently(lambda: rows("SELECT coalesce(max(id), 0) FROM hub_inboxmessage")[0][0])
    while True:
        waiting, dead = patiently(lambda: _counts(last))
        progress(waiting)
        if not waiting:
            patiently(lambda: work(HAND))  # events are numbered and handed on
            return int(dead)
        if not patiently(lambda: work(HAND)):
            time.sleep(0.2)


def _counts(last: int) -> tuple[int, int]:
    (found,) = rows(
        """
        SELECT (SELECT count(*) FROM hub_inboxmessage WHERE status = 0 AND id <= %s),
               (SELECT count(*) FROM hub_inboxmessage WHERE status = 3 AND id <= %s)
        """,
        last,
        last,
    )
    return found[0], found[1]
