"""Statements of consent as rows: written, read, and packed for another process."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from hub import keyring
from hub.ids import new_id
from hub.sealing import STATEMENT, seal, unseal
from hub.sql import columns, count, rows
from matching.consent import Statement
from matching.jsontext import dumps, loads

_CLEAR = ("purpose", "channel", "state", "brand", "jurisdiction", "legal_basis", "text_version")
_TIMES = ("captured_at", "effective_from", "effective_to")
NOWHERE = b""


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """A statement of one record: what is stored in clear, and ``rest``, JSON of all else that was said. ``token`` is
    empty for one of the whole person; ``fingerprint`` is 16 bytes by which a repeat is known."""

    public_id: str
    record: int
    fingerprint: bytes
    statement: Statement
    token: bytes
    rest: bytes
    actor: str = ""

    def stored(self, key: bytes) -> tuple[Any, ...]:
        """The values of ``COLUMNS`` up to ``recorded_at``."""
        s = self.statement
        return (self.public_id, self.record, self.fingerprint, s.captured_at, s.effective_from, s.effective_to,
                s.purpose, s.channel, s.state, s.brand, s.jurisdiction, s.legal_basis, s.text_version,
                s.double_opt_in, self.token, seal(key, self.rest, STATEMENT), self.actor)  # fmt: skip

    def packed(self) -> tuple[Any, ...]:
        """What ``unpacked`` makes a ``Held`` of again, of plain values only."""
        s = self.statement
        times = [t.isoformat() if t else "" for t in (s.captured_at, s.effective_from, s.effective_to)]
        return (self.record, self.token, s.id, s.purpose, s.channel, s.contact_point, s.brand, s.state, *times,
                s.jurisdiction, s.legal_basis, s.double_opt_in)  # fmt: skip


COLUMNS = (
    "public_id", "record_id", "fingerprint", "captured_at", "effective_from", "effective_to", "purpose", "channel",
    "state", "brand", "jurisdiction", "legal_basis", "text_version", "double_opt_in", "point", "sealed", "actor",
    "recorded_at",
)  # fmt: skip


def row_of(record: int, said: Mapping[str, Any], *, key: bytes, otherwise: datetime, actor: str = "") -> Row:
    """The row of a statement as a canonical record holds it, for a record and its key. ``otherwise`` is when it was
    captured where it does not say."""
    text = {name: str(said.get(name) or "") for name in _CLEAR}
    times = {name: _instant(said.get(name)) for name in _TIMES}
    statement = Statement(
        id=new_id("cs"),
        contact_point=str(said.get("contact_point") or ""),
        captured_at=times["captured_at"] or otherwise,
        effective_from=times["effective_from"],
        effective_to=times["effective_to"],
        double_opt_in=str(said.get("double_opt_in") or "").lower() in ("true", "1", "t", "yes", "y"),
        **text,
    )
    rest = dumps({name: value for name, value in said.items() if name not in _CLEAR and name not in _TIMES})
    told = dumps([[text[name] for name in _CLEAR], [str(times[name] or "") for name in _TIMES[1:]],
                  statement.captured_at.isoformat()])  # fmt: skip
    # Keyed, because whoever has the hash of an e-mail address can try addresses.
    fingerprint = blake2b(told + rest, key=key, digest_size=16).digest()
    token = point_token(statement.point) if statement.point else NOWHERE
    return Row(statement.id, record, fingerprint, statement, token, rest, actor)


def point_token(point: str) -> bytes:
    """16 bytes by which a contact point (``matching.contactpoints.point_key``) is found."""
    return keyring.blind(point, use="contact point")


def add(found: Sequence[Row], keys: Mapping[int, bytes]) -> int:
    """Write statements, sealed by the keys of their records, in the present transaction; how many were not held."""
    if not found:
        return 0
    names = ", ".join(COLUMNS)
    return count(
        f"""
        INSERT INTO hub_consentstatement ({names})
        SELECT n.*, now()
        FROM unnest(%b::text[], %b::bigint[], %b::bytea[], %b::timestamptz[], %b::timestamptz[], %b::timestamptz[],
                    %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::boolean[],
                    %b::bytea[], %b::bytea[], %b::text[]) AS n
        ON CONFLICT (record_id, fingerprint) DO NOTHING
        """,
        *columns((row.stored(keys[row.record]) for row in found), len(COLUMNS) - 1),
    )


def ids_of(found: Sequence[Row]) -> list[tuple[str, int]]:
    """(public id, record id) under which statements that were added are held, by record."""
    return rows(
        """
        SELECT s.public_id, s.record_id FROM hub_consentstatement s
        JOIN unnest(%b::bigint[], %b::bytea[]) AS n(record, fingerprint)
             ON s.record_id = n.record AND s.fingerprint = n.fingerprint ORDER BY s.record_id
        """,
        *columns(((row.record, row.fingerprint) for row in found), 2),
    )


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A statement as it is held: the record that it was said of, when the hub heard it, who wrote it where no source
    did, and what else was said."""

    record: int
    statement: Statement
    token: bytes
    recorded_at: datetime
    actor: str
    rest: Mapping[str, Any]

    @property
    def grants(self) -> bool:
        """Whether it grants something at a contact point, so that a withdrawal there would matter."""
        return bool(self.token) and self.statement.state == "granted"


_HELD = """s.record_id, s.recorded_at, s.actor, s.point, s.sealed, s.public_id, s.captured_at, s.effective_from,
    s.effective_to, s.double_opt_in, s.purpose, s.channel, s.state, s.brand, s.jurisdiction, s.legal_basis,
    s.text_version"""


def held(record_ids: Collection[int], *, keys: Mapping[int, bytes], recorded_by: datetime | None = None) -> list[Held]:
    """The statements of records whose keys are given, as they were said, those that were recorded by then. One whose
    record's key is gone cannot be read and is left out."""
    found = rows(
        f"""
        SELECT {_HELD} FROM hub_consentstatement s
        WHERE s.record_id = ANY(%b::bigint[]) AND (%s::timestamptz IS NULL OR s.recorded_at <= %s)
        ORDER BY s.captured_at, s.id
        """,
        sorted(record_ids),
        recorded_by,
        recorded_by,
    )
    return [_held(row, key) for row in found if (key := keys.get(row[0])) is not None]


def held_by(public_id: str) -> tuple[int, dict[int, bytes], list[Held]]:
    """Of a live golden record its number, the addresses of its records by their ids, and their statements; number 0
    and nothing where it is not live. One statement to the database, because channels ask for it before they write."""
    found = rows(
        f"""
        SELECT g.id, r.id, r.address, {_HELD}
        FROM hub_goldenrecord g JOIN hub_crosswalk c ON c.golden_id = g.id JOIN hub_sourcerecord r ON r.id = c.record_id
        LEFT JOIN hub_consentstatement s ON s.record_id = r.id
        WHERE g.public_id = %s AND g.state = 0 ORDER BY s.captured_at, s.id
        """,
        public_id,
    )
    addresses = {row[1]: bytes(row[2]) for row in found}
    known = keyring.keys(addresses.values())
    said = [row for row in found if row[3] is not None and addresses[row[1]] in known]
    return found[0][0] if found else 0, addresses, [_held(row[3:], known[addresses[row[1]]]) for row in said]


def _held(row: Sequence[Any], key: bytes) -> Held:
    record, recorded_at, actor, token, sealed, *parts = row
    rest = loads(unseal(key, sealed, STATEMENT))
    return Held(record, _statement(parts, rest), token, recorded_at, actor, rest)


def _statement(parts: Sequence[Any], rest: Mapping[str, Any]) -> Statement:
    public_id, captured, begins, ends, twice, *clear = parts
    purpose, channel, state, brand, jurisdiction, legal_basis, text_version = clear
    return Statement(
        public_id, purpose, channel, str(rest.get("contact_point") or ""), brand, state, captured, begins, ends,
        jurisdiction, legal_basis, twice, str(rest.get("source") or ""), str(rest.get("proof") or ""), text_version,
    )  # fmt: skip


def unpacked(packed: Sequence[Any], recorded_at: datetime) -> Held:
    """The statement that a ``Row`` was ``packed`` of, without what decides nothing."""
    record, token, name, purpose, channel, point, brand, state, *times, jurisdiction, legal_basis, twice = packed
    captured, begins, ends = (datetime.fromisoformat(t) if t else None for t in times)
    assert captured is not None
    statement = Statement(
        name, purpose, channel, point, brand, state, captured, begins, ends, jurisdiction, legal_basis, twice
    )
    return Held(record, statement, token, recorded_at, "", {})


def _instant(value: Any) -> datetime | None:
    if not value:
        return None
    moment = datetime.fromisoformat(str(value))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
