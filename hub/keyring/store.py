"""The keys of source records in the key store: made, read, destroyed, and remembered by the process that read them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.keyring.master import masters, unwrap, wrap
from hub.keystore.router import ALIAS
from hub.sealing import KEY_BYTES
from hub.sql import count, rows

# How many keys a process remembers, where it does not say otherwise: about 200 bytes each.
_REMEMBERED = 250_000
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """Keys by address, and the addresses whose key was destroyed: nothing may be written for them any more."""

    keys: Mapping[bytes, bytes]
    forgotten: frozenset[bytes]


class _Memory:
    """Keys read lately. The older half goes when there are too many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._young: dict[bytes, bytes] = {}
        self._old: dict[bytes, bytes] = {}

    def get(self, address: bytes) -> bytes | None:
        found = self._young.get(address)
        if found is None and (found := self._old.get(address)) is not None:
            self.put(address, found)
        return found

    def put(self, address: bytes, key: bytes) -> None:
        if len(self._young) >= self.most // 2:
            self._old, self._young = self._young, {}
        self._young[address] = key

    def drop(self, addresses: Iterable[bytes]) -> None:
        for address in addresses:
            self._young.pop(address, None)
            self._old.pop(address, None)

    def clear(self) -> None:
        self._young.clear()
        self._old.clear()


memory = _Memory(_REMEMBERED)


def remember(most: int) -> None:
    """Have this process remember so many keys: a web process, which reads customers at random, without a look into the
    key store for each of them."""
    memory.most = most


def take(addresses: Collection[bytes]) -> Taken:
    """Keys to write with, made where there are none. Asks the key store each time, so that what was destroyed a
    moment ago is known to be."""
    wanted = sorted(set(addresses))
    held: dict[bytes, bytes | None] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        held |= _read(part)
        if missing := [a for a in part if a not in held]:
            held |= _make(missing)
    return Taken(
        {a: key for a, key in held.items() if key is not None}, frozenset(a for a, key in held.items() if key is None)
    )


def _make(addresses: Sequence[bytes]) -> dict[bytes, bytes | None]:
    noise = os.urandom(KEY_BYTES * len(addresses))
    made = {a: noise[KEY_BYTES * i : KEY_BYTES * (i + 1)] for i, a in enumerate(addresses)}
    wrapped = [wrap(key, a) for a, key in made.items()]
    written = rows(
        """
        INSERT INTO keystore_key (address, wrapped, master, made_at)
        SELECT n.address, n.wrapped, n.master, now()
        FROM unnest(%b::bytea[], %b::bytea[], %b::bigint[]) AS n(address, wrapped, master)
        ON CONFLICT (address) DO NOTHING RETURNING address
        """,
        list(addresses), [w for w, _ in wrapped], [number for _, number in wrapped], using=ALIAS,
    )  # fmt: skip
    mine = {a for (a,) in written}
    for a in mine:
        memory.put(a, made[a])
    # Somebody else was faster with the others.
    return {a: made[a] for a in mine} | _read([a for a in addresses if a not in mine])


WRAPPED = "SELECT address, wrapped, master FROM keystore_key WHERE address = ANY(%b::bytea[])"


def _read(addresses: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """What the key store says of these addresses: the key, or None for a destroyed one."""
    if not addresses:
        return {}
    found: dict[bytes, bytes | None] = {}
    for a, wrapped, number in rows(WRAPPED, list(addresses), using=ALIAS):
        if wrapped is None:
            found[a] = None
            memory.drop([a])
            continue
        key = memory.get(a)
        if key is None:
            key = unwrap(wrapped, number, a)
            memory.put(a, key)
        found[a] = key
    return found


def keys(addresses: Collection[bytes]) -> dict[bytes, bytes]:
    """Keys to read with, by address; one that was destroyed or never made is left out."""
    found: dict[bytes, bytes] = {}
    unknown = []
    for a in set(addresses):
        key = memory.get(a)
        if key is None:
            unknown.append(a)
        else:
            found[a] = key
    for start in range(0, len(unknown), _AT_ONCE):
        found |= {a: k for a, k in _read(unknown[start : start + _AT_ONCE]).items() if k is not None}
    return found


def keys_of(record_ids: Collection[int]) -> dict[int, bytes]:
    """Keys to read with, by the id of a source record; one that is gone is left out."""
    if not record_ids:
        return {}
    known = rows("SELECT id, address FROM hub_sourcerecord WHERE id = ANY(%b::bigint[])", list(record_ids))
    held = keys([a for _, a in known])
    return {record_id: held[a] for record_id, a in known if a in held}


def forgotten(addresses: Collection[bytes]) -> frozenset[bytes]:
    """Those of these addresses whose key was destroyed, as the key store says now."""
    found = rows(
        "SELECT address FROM keystore_key WHERE address = ANY(%b::bytea[]) AND wrapped IS NULL", sorted(set(addresses)),
        using=ALIAS,
    )  # fmt: skip
    return frozenset(bytes(a) for (a,) in found)


def usable(addresses: Collection[bytes]) -> int:
    """How many of these addresses have a key that is not destroyed, as the key store says now."""
    found = rows(
        "SELECT count(*) FROM keystore_key WHERE address = ANY(%b::bytea[]) AND wrapped IS NOT NULL",
        sorted(set(addresses)), using=ALIAS,
    )  # fmt: skip
    return int(found[0][0])


def destroy(addresses: Collection[bytes]) -> int:
    """Destroy the keys of these addresses, and note those that never had one as destroyed too; how many there were.

    What they sealed cannot be read again by anybody. In the key store's present transaction.
    """
    wanted = sorted(set(addresses))
    number = next(iter(masters()))
    written = count(
        """
        INSERT INTO keystore_key AS k (address, wrapped, master, made_at, destroyed_at)
        SELECT n.address, NULL, %s, now(), now() FROM unnest(%b::bytea[]) AS n(address)
        ON CONFLICT (address) DO UPDATE SET wrapped = NULL, destroyed_at = now() WHERE k.destroyed_at IS NULL
        """,
        number, wanted, using=ALIAS,
    )  # fmt: skip
    memory.drop(wanted)
    return written
