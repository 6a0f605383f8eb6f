"""Loading files through the inbox: any size, any number of times, bad rows aside.

A file is read as a stream, its records are acknowledged in batches, and a record that is held already makes
no second version. A database that goes away is waited for: the batch under way is sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connections

from hub import pipeline
from hub.errors import InvalidRecord, Refused, UnknownSource
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.ports import mapping_names
from hub.sql import SERVER_AWAY, rows
from hub.stages.ingest import flat_to_nested
from matching import flatfiles
from matching.canonical import FLAT_COLUMNS

CHUNK = 1000
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be sent: ``payload`` is canonical JSON, or a vendor's payload where a mapping is named."""

    file: str
    line: int
    source: str
    payload: Mapping[str, Any]


@dataclass
class Outcome:
    """Counts of one load. ``rejects`` are (file, line, source id or "", reason): no other value of the row."""

    records: int = 0
    duplicates: int = 0
    rejects: list[tuple[str, int, str, str]] = field(default_factory=list)
    unknown_columns: set[str] = field(default_factory=set)


def read_files(files: Iterable[Path], *, source: str | None, mapping: str, outcome: Outcome) -> Iterator[Row]:
    """The rows of the files; what cannot be read is added to ``outcome.rejects``. Raises ``Refused`` for a file
    that cannot be read at all."""
    if mapping and mapping not in mapping_names():
        raise Refused(f"There is no mapping {mapping}. Known: {', '.join(mapping_names())}.")
    if mapping and not source:
        raise Refused("--map needs --source: the payloads do not say which source system they are from.")
    for file in files:
        try:
            for line, row in flatfiles.rows(file):
                yield from _row(file, line, row, source, mapping, outcome)
        except flatfiles.FileError as error:
            raise Refused(str(error)) from error


def _row(
    file: Path, line: int, row: dict[str, Any] | str, source: str | None, mapping: str, outcome: Outcome
) -> Iterator[Row]:
    if isinstance(row, str):
        outcome.rejects.append((file.name, line, "", row))
    elif mapping:
        yield Row(file.name, line, source or "", row)
    else:
        code = str(row.get("source_system") or source or "")
        if not code:
            reason = "source_system: is missing; add the column or use --source CODE"
            outcome.rejects.append((file.name, line, _named(row), reason))
            return
        nested = any(isinstance(row.get(key), (dict, list)) for key in _NESTED)
        if not nested:
            outcome.unknown_columns |= row.keys() - set(FLAT_COLUMNS)
        try:
            yield Row(file.name, line, code, row if nested else flat_to_nested(row, source_system=code))
        except InvalidRecord as error:
            outcome.rejects.append((file.name, line, _named(row), str(error)))


# What only the nested form holds as objects or lists.
_NESTED = (
    "name",
    "organisation",
    "emails",
    "phones",
    "addresses",
    "identifiers",
    "consents",
    "relations",
    "attributes",
)


def load(
    found: Iterable[Row], *, mapping: str, outcome: Outcome, progress: Callable[[int], None] = lambda number: None
) -> None:
    """Send all rows through the inbox in the bulk lane."""
    sources: dict[str, SourceSystem] = {}
    chunk: dict[str, list[Row]] = {}
    held = 0
    for row in found:
        chunk.setdefault(row.source, []).append(row)
        held += 1
        if held >= CHUNK:
            _send(chunk, mapping, sources, outcome)
            progress(held)
            chunk, held = {}, 0
    _send(chunk, mapping, sources, outcome)
    progress(held)


def _send(chunk: Mapping[str, list[Row]], mapping: str, sources: dict[str, SourceSystem], outcome: Outcome) -> None:
    for code, of_one in sorted(chunk.items()):
        try:
            source = sources.get(code) or _source(code)
        except UnknownSource as error:
            outcome.rejects += [(r.file, r.line, _id(r), str(error)) for r in of_one]
            continue
        sources[code] = source
        receipts = patiently(
            lambda source=source, of_one=of_one: pipeline.receive(  # type: ignore[misc]
                source=source, payloads=[r.payload for r in of_one], lane=Lane.BULK, mapping=mapping
            )
        )
        for receipt in receipts:
            row = of_one[receipt.index]
            if receipt.status == "rejected":
                problem = receipt.problem or {}
                outcome.rejects.append((row.file, row.line, _id(row), str(problem.get("detail", "cannot be taken"))))
            else:
                outcome.records += 1
                outcome.duplicates += receipt.status == "duplicate"


def _id(row: Row) -> str:
    return _named(row.payload)


def _named(payload: Mapping[str, Any]) -> str:
    return str(payload.get("source_id") or payload.get("id") or payload.get("Id") or "")[:200]


def _source(code: str) -> SourceSystem:
    found: SourceSystem | None = patiently(lambda: SourceSystem.objects.filter(code=code, active=True).first())
    if found is None:
        raise UnknownSource(
            f"There is no source system {code[:40]}: create it with `create_source {code[:40]} --kind KIND`."
        )
    return found


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


def wait_until_resolved(*, work: Callable[[], int], progress: Callable[[int], None] = lambda waiting: None) -> int:
    """Wait until nothing that is in the inbox now waits, lending a hand; how many dead letters there are.

    ``work`` resolves what is due in this process, so that a hub without a worker gets there too.
    """
    last = patiently(lambda: rows("SELECT coalesce(max(id), 0) FROM hub_inboxmessage")[0][0])
    while True:
        patiently(work)
        waiting, dead = patiently(lambda: _counts(last))
        progress(waiting)
        if not waiting:
            return int(dead)
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
