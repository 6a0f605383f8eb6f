"""The audit as a file that can be checked without the hub: one JSON object a line.

    {"concord_audit": 1, "first", "last", "entries", "before", "hash", "how"}     the head
    {"position", "at", "actor", "action", "subject", "detail", "salt", "commitment", "hash"}    one line an entry
    {"position", "at", "actor", "action", "redacted_at", "commitment", "hash"}    whose words were taken out

``before`` is the hash before the first entry, ``hash`` that of the last: a file that was cut short does not reach it.
Hashes, commitments and salts are hexadecimal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from hub import chain
from hub.errors import NotFound, Refused
from hub.sql import rows

_PAGE = 20_000
HOW = (
    "commitment = SHA-256(salt + line), where line is UTF-8 JSON of at, actor, action, subject, detail with sorted "
    "keys and no spaces; hash = SHA-256(hash before + position as 8 bytes, big end first + commitment). The first hash "
    "before is 32 zero bytes. `manage.py audit verify FILE` does it, without a database."
)


class BrokenChain(Refused):
    """The file is not what the hub wrote."""

    code = "broken-chain"


def export(out: IO[str], *, since: datetime | None = None, until: datetime | None = None) -> int:
    """Write the shortest unbroken run of the chain that holds every entry with ``since <= at < until``; how many
    entries it has. Raises ``NotFound`` where there are none."""
    first, last = rows(
        """
        SELECT min(position), max(position) FROM hub_auditentry
        WHERE position IS NOT NULL AND (%s::timestamptz IS NULL OR at >= %s) AND (%s::timestamptz IS NULL OR at < %s)
        """,
        since, since, until, until,
    )[0]  # fmt: skip
    if first is None:
        raise NotFound("No chained audit entry is of this time.")
    ends = dict(rows("SELECT position, hash FROM hub_auditentry WHERE position IN (%s, %s)", first - 1, last))
    head = {
        "concord_audit": 1, "first": first, "last": last, "entries": last - first + 1,
        "before": ends.get(first - 1, chain.GENESIS).hex(), "hash": ends[last].hex(), "how": HOW,
    }  # fmt: skip
    _write(out, head)
    for entry in _entries(first, last):
        _write(out, entry)
    return int(last - first + 1)


def _entries(first: int, last: int) -> Iterator[dict[str, Any]]:
    while page := rows(
        """
        SELECT position, at, actor, action, subject, detail, salt, commitment, hash, redacted_at FROM hub_auditentry
        WHERE position BETWEEN %s AND %s ORDER BY position LIMIT %s
        """,
        first,
        last,
        _PAGE,
    ):
        for position, at, actor, action, subject, detail, salt, commitment, hashed, redacted_at in page:
            entry = {"position": position, "at": chain.moment(at), "actor": actor, "action": action}
            if redacted_at is None:
                entry |= {"subject": subject, "detail": detail, "salt": salt.hex()}
            else:
                entry["redacted_at"] = chain.moment(redacted_at)
            yield entry | {"commitment": commitment.hex(), "hash": hashed.hex()}
        first = page[-1][0] + 1


def _write(out: IO[str], line: dict[str, Any]) -> None:
    out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def verify(file: Path) -> dict[str, Any]:
    """Check an exported file; its head, without ``how``. Needs no database. Raises ``BrokenChain``, which names the
    first line that breaks."""
    with file.open(encoding="utf-8") as lines:
        head = _line(next(lines, ""), 1)
        if head.get("concord_audit") != 1:
            raise BrokenChain("Line 1 is not the head of an exported audit.")
        number, before = int(head["first"]) - 1, bytes.fromhex(head["before"])
        if number == 0 and before != chain.GENESIS:
            raise BrokenChain("Line 1: the first entry of all follows nothing, but the head says that it does.")
        for at, text in enumerate(lines, start=2):
            number += 1
            before = _follows(_line(text, at), at, number, before)
    if number != head["last"] or before.hex() != head["hash"]:
        raise BrokenChain(f"The file ends at position {number}: the head says {head['last']} and another hash.")
    return {key: value for key, value in head.items() if key != "how"}


def _line(text: str, at: int) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise BrokenChain(f"Line {at} is not a JSON object.")
    return read


def _follows(entry: dict[str, Any], at: int, number: int, before: bytes) -> bytes:
    """The hash of ``entry``, which must be at position ``number``; raises ``BrokenChain``."""
    try:
        if entry["position"] != number:
            raise BrokenChain(f"Line {at}: position {number} is missing, {entry['position']} is in its place.")
        commitment = bytes.fromhex(entry["commitment"])
        if "redacted_at" not in entry:
            words = chain.said(*(entry[key] for key in ("at", "actor", "action", "subject", "detail")))
            if chain.commitment(bytes.fromhex(entry["salt"]), words) != commitment:
                raise BrokenChain(f"Line {at} (position {number}) does not say what its commitment holds it to.")
        hashed = chain.link(before, number, commitment)
        if hashed.hex() != entry["hash"]:
            raise BrokenChain(f"Line {at} (position {number}) does not follow from the line before.")
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenChain(f"Line {at} lacks what an entry has: {type(error).__name__}.") from error
    return hashed


def is_held(head: dict[str, Any]) -> bool:
    """Whether the hub's own chain has, where a verified file ends, the hash that it ends with."""
    found = rows("SELECT hash FROM hub_auditentry WHERE position = %s", head["last"])
    return bool(found) and found[0][0].hex() == head["hash"]
