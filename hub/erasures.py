"""The erasure ledger, in the key store: what was forgotten, in which order, and nothing that says of whom.

An entry is written in the key store's transaction that destroys the keys. The main database says how far it has
followed (``hub_ledgerposition``); one that comes back from a backup is behind, and one whose key store came back from
an older backup is ahead.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from hub import keyring
from hub.keystore.router import ALIAS
from hub.sql import count, lock_once, rows
from matching.jsontext import dumps

_COLUMNS = "position, request_id, at, whole, addresses, golden_ids, withdrawals"


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One erasure: the addresses of the source records, the golden ids that are gone since, and whether a customer was
    forgotten or one record alone (``whole``). ``withdrawals`` are rows of the suppression list: they must outlive those
    who said so, also in a database that comes back from a backup."""

    position: int
    request_id: str
    at: datetime
    whole: bool
    addresses: tuple[bytes, ...]
    golden_ids: tuple[str, ...]
    withdrawals: tuple[tuple[Any, ...], ...]


def write(
    request_id: str,
    *,
    at: datetime,
    addresses: Collection[bytes],
    golden_ids: Collection[str],
    whole: bool,
    identities: Collection[bytes] = (),
    words: Collection[bytes] = (),
    withdrawals: Sequence[Sequence[Any]] = (),
) -> Entry:
    """Destroy the keys of these addresses and note it, in one transaction of the key store. From its end on nothing
    that they sealed can be read by anybody.

    ``identities`` are blind tokens by which the customer would be known again, none where one record alone is
    forgotten; ``words`` addresses of keys that sealed what people typed about it. A repeat gives the first entry.
    """
    with transaction.atomic(using=ALIAS):
        lock_once("erasure ledger", using=ALIAS)
        held = of_request(request_id)
        if held is not None:
            return held
        entry = Entry(
            end() + 1, request_id, at, whole, tuple(sorted(addresses)), tuple(sorted(golden_ids)),
            tuple(map(tuple, withdrawals)),
        )  # fmt: skip
        keyring.destroy([*entry.addresses, *words])
        rows(
            f"INSERT INTO keystore_erasure ({_COLUMNS}) VALUES (%s, %s, %s, %s, %b::bytea[], %b::text[], %s::jsonb)",
            entry.position, entry.request_id, entry.at, entry.whole, list(entry.addresses), list(entry.golden_ids),
            dumps(entry.withdrawals).decode(), using=ALIAS,
        )  # fmt: skip
        count(
            """
            INSERT INTO keystore_forgottenidentity AS f (token, before)
            SELECT token, %s FROM unnest(%b::bytea[]) AS n(token) ORDER BY token
            ON CONFLICT (token) DO UPDATE SET before = greatest(f.before, EXCLUDED.before)
            """,
            at, sorted(set(identities)), using=ALIAS,
        )  # fmt: skip
    return entry


def end() -> int:
    """The position of the last entry; 0 where nothing was ever erased."""
    return int(rows("SELECT coalesce(max(position), 0) FROM keystore_erasure", using=ALIAS)[0][0])


def of_request(request_id: str) -> Entry | None:
    """The entry that a privacy request led to."""
    found = rows(f"SELECT {_COLUMNS} FROM keystore_erasure WHERE request_id = %s", request_id, using=ALIAS)
    return _entry(*found[0]) if found else None


def after(position: int, *, limit: int = 1000) -> list[Entry]:
    """The entries behind a position, in order."""
    found = rows(
        f"SELECT {_COLUMNS} FROM keystore_erasure WHERE position > %s ORDER BY position LIMIT %s",
        position, limit, using=ALIAS,
    )  # fmt: skip
    return [_entry(*row) for row in found]


def _entry(
    position: int, request_id: str, at: datetime, whole: bool, addresses: Sequence[bytes], golden_ids: Sequence[str],
    withdrawals: Sequence[Sequence[Any]],
) -> Entry:  # fmt: skip
    kept = tuple(tuple(row) for row in withdrawals)
    return Entry(position, request_id, at, whole, tuple(addresses), tuple(golden_ids), kept)


def newest_identity() -> datetime | None:
    """Until when source times concern a forgotten identity; None where none was forgotten."""
    found: datetime | None = rows("SELECT max(before) FROM keystore_forgottenidentity", using=ALIAS)[0][0]
    return found


def forgotten_since(tokens: Collection[bytes]) -> dict[bytes, datetime]:
    """Those of these blind tokens by which a forgotten customer was known, and when that one was forgotten."""
    found = rows(
        "SELECT token, before FROM keystore_forgottenidentity WHERE token = ANY(%b::bytea[])", list(tokens), using=ALIAS
    )
    return {bytes(token): before for token, before in found}


def name() -> bytes:
    """16 bytes that tell this key store from any other."""
    return keyring.blind("which key store", use="ledger")


def applied() -> tuple[int, bytes | None]:
    """How far the main database has followed the ledger, and which key store's that was; (0, None) at first."""
    found = rows("SELECT position, store FROM hub_ledgerposition")
    return found[0] if found else (0, None)


def follow(position: int) -> None:
    """Note in the present transaction that the main database has followed the ledger up to here."""
    rows(
        """
        INSERT INTO hub_ledgerposition AS p (id, position, store) VALUES (1, %s, %b::bytea)
        ON CONFLICT (id) DO UPDATE SET position = greatest(p.position, EXCLUDED.position), store = EXCLUDED.store
        """,
        position,
        name(),
    )


def of_address(address: bytes) -> str | None:
    """The privacy request by which the record at this address was erased."""
    found = rows(
        "SELECT request_id FROM keystore_erasure WHERE addresses @> %s ORDER BY position LIMIT 1",
        [address], using=ALIAS,
    )  # fmt: skip
    return str(found[0][0]) if found else None
