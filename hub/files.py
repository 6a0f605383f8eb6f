"""Files on their way to the inbox: read as a stream, by a process of their own, in pieces that are ready to be stored.

Nothing here touches the database, so that reading and storing go on side by side.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hub.crew import can_fork
from hub.errors import Refused
from hub.models import SourceSystem
from hub.ports import mapping_names
from hub.stages.ingest import Sheaf, dedupe_key, kept_bytes, sort_out
from matching import consentrows, flatfiles
from matching.canonical import FLAT_COLUMNS
from matching.cells import RecordError
from matching.flatnested import nested_rows

AT_ONCE = 2000
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
_NOBODY = "source_system: is missing; add the column or use --source CODE"


@dataclass(frozen=True, slots=True, repr=False)
class Rejected:
    """A row that was refused. No value of the row but its id is kept."""

    file: str
    line: int
    source_id: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class Work:
    """One file, and how it is to be read. ``source`` is for rows that name none; ``sources`` are all that may be
    named, by code. ``consents``: its rows are statements of a consent ledger."""

    file: Path
    source: str | None
    mapping: str
    sources: Mapping[str, SourceSystem]
    consents: bool = False

    def check(self) -> None:
        """Raise ``Refused`` for what no row could be read by."""
        if self.mapping and self.mapping not in mapping_names():
            raise Refused(f"There is no mapping {self.mapping}. Known: {', '.join(mapping_names())}.")
        if self.mapping and not self.source:
            raise Refused("--map needs --source: the payloads do not say which source system they are from.")

    def fingerprint(self) -> bytes:
        """16 bytes of what the file holds and how it is read, wherever it lies and whatever it is called."""
        try:
            with self.file.open("rb") as raw:
                content = hashlib.file_digest(raw, lambda: hashlib.blake2b(digest_size=16)).digest()
        except IsADirectoryError:
            raise Refused(f"{self.file.name}: is a folder; name the files in it") from None
        said = f"{self.source or ''}\0{'consents' if self.consents else self.mapping}\0".encode()
        return hashlib.blake2b(said + content, digest_size=16).digest()


@dataclass(slots=True, repr=False)
class Piece:
    """``rows`` of a file, one after the other: what can be stored, by source code, and what cannot."""

    rows: int = 0
    sheaves: dict[str, Sheaf] = field(default_factory=dict)
    rejects: list[Rejected] = field(default_factory=list)
    unknown_columns: set[str] = field(default_factory=set)


def pieces(work: Work, *, skip: int = 0) -> Iterator[Piece]:
    """The file after its first ``skip`` rows. Raises ``Refused`` where it cannot be read at all."""
    try:
        found = islice(flatfiles.rows(work.file), skip, None)
        while chunk := list(islice(found, AT_ONCE)):
            yield _piece(work, chunk)
    except flatfiles.FileError as error:
        raise Refused(str(error)) from error


def _piece(work: Work, chunk: list[tuple[int, dict[str, Any] | str]]) -> Piece:
    piece = Piece(rows=len(chunk))
    flat: list[tuple[int, dict[str, Any]]] = []
    name = work.file.name
    for line, row in chunk:
        if isinstance(row, str):
            piece.rejects.append(Rejected(name, line, "", row))
        elif work.consents:
            _add_statement(work, piece, line, row)
        elif work.mapping:
            _add_payload(work, piece, line, row, work.source or "")
        elif any(isinstance(row.get(key), (dict, list)) for key in _NESTED):
            _add_payload(work, piece, line, row, str(row.get("source_system") or work.source or ""))
        else:
            flat.append((line, row))
    if flat:
        _add_flat(work, piece, flat)
    piece.rejects.sort(key=lambda reject: reject.line)
    return piece


def _add_payload(work: Work, piece: Piece, line: int, payload: dict[str, Any], code: str) -> None:
    """A vendor's payload or a nested record."""
    named = str(payload.get("source_id") or payload.get("id") or payload.get("Id") or "")[:200]
    source = _source(work, piece, line, named, code)
    if source is None:
        return
    taken, refused = sort_out([payload], source=source, mapping=work.mapping)
    for receipt in refused:
        reason = str((receipt.problem or {}).get("detail", "cannot be taken"))
        reason = reason.removeprefix("consents[0].") if work.consents else reason
        piece.rejects.append(Rejected(work.file.name, line, named, reason))
    sheaf = piece.sheaves.setdefault(code, Sheaf())
    for item in taken:
        # A file of records is resolved as a whole; a ledger's withdrawals go ahead of its grants.
        ahead = work.consents and item.withdraws
        sheaf.add(line, item.record.source_id, item.part, item.payload, item.mapping, item.dedupe, ahead=ahead)


def _add_statement(work: Work, piece: Piece, line: int, row: dict[str, Any]) -> None:
    """A row of a consent ledger, as a partial record."""
    piece.unknown_columns |= row.keys() - set(consentrows.COLUMNS)
    code = str(row.get("source_system") or "").strip() or work.source or ""
    try:
        _add_payload(work, piece, line, consentrows.nested_row(row), code)
    except RecordError as error:
        piece.rejects.append(Rejected(work.file.name, line, str(row.get("source_id") or "")[:200], str(error)))


def _add_flat(work: Work, piece: Piece, rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
    lines, flat = [line for line, _ in rows], [row for _, row in rows]
    piece.unknown_columns = {key for row in flat for key in row} - _COLUMNS
    for line, row, nested in zip(lines, flat, nested_rows(flat, source_system=work.source), strict=True):
        code = str(row.get("source_system") or "").strip() or work.source or ""
        source = _source(work, piece, line, str(row.get("source_id") or "")[:200], code)
        if source is None:
            continue
        if isinstance(nested, RecordError):
            named = str(row.get("source_id") or "")[:200]
            piece.rejects.append(Rejected(work.file.name, line, named, str(nested)))
            continue
        payload = kept_bytes(nested)
        key = dedupe_key(payload, source_pk=source.pk, mapping="", part=0) if "occurred_at" in nested else None
        sheaf = piece.sheaves.get(code)
        if sheaf is None:
            sheaf = piece.sheaves[code] = Sheaf()
        sheaf.add(line, nested["source_id"], 0, payload, "", key)


_COLUMNS = frozenset(FLAT_COLUMNS)


def _source(work: Work, piece: Piece, line: int, named: str, code: str) -> SourceSystem | None:
    source = work.sources.get(code)
    if source is None:
        reason = _NOBODY
        if code:
            known = f"There is no source system {code[:40]}"
            reason = f"{known}: create it with `create_source {code[:40]} --kind KIND`."
        piece.rejects.append(Rejected(work.file.name, line, named, reason))
    return source


def read_ahead(work: Work, *, skip: int = 0) -> Iterator[Piece]:
    """As ``pieces``, read by a forked process that is at most a few pieces ahead of who stores them."""
    if not can_fork():
        yield from pieces(work, skip=skip)
        return
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    reader = context.Process(target=_read, args=(work, skip, ours, theirs), name="reader", daemon=True)
    reader.start()
    theirs.close()
    try:
        while True:
            said = ours.recv()
            if said is None:
                return
            if isinstance(said, Exception):
                raise said
            yield said
    except EOFError:
        raise Refused("The process that reads the file was ended; load it again and it goes on.") from None
    finally:
        ours.close()
        reader.join(5)
        if reader.is_alive():
            reader.terminate()
            reader.join()


def _read(work: Work, skip: int, ours: Connection, theirs: Connection) -> None:
    ours.close()
    gc.disable()  # rows make no cycles, and looking for some costs a fifth of the time
    try:
        for piece in pieces(work, skip=skip):
            theirs.send(piece)
        theirs.send(None)
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # nobody listens any more
    except Exception as error:
        theirs.send(error if isinstance(error, (Refused, OSError)) else Refused(f"{work.file.name}: cannot be read."))
    finally:
        theirs.close()
        # Not the way out that would close what the parent holds open.
        os._exit(0)
