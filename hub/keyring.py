"""The keys of source records, and the blind tokens that stand for what must be found but not be read.

    address(system, source id)  how a source record is known: a keyed hash, because a source id can be anything
    take(addresses)             keys for writing, made where there are none; says which were destroyed
    keys(addresses), keys_of(record ids), unsealed(…)   keys for reading

Each key is random, wrapped by the newest master key of ``HUB_MASTER_KEY``, and kept in the key store alone. A key that
was destroyed comes back by nothing. Keys are remembered by the process that read them, never written elsewhere.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hub.keystore.router import ALIAS
from hub.sealing import KEY_BYTES, Unreadable, blinded, joint, unseal
from hub.sql import count, rows, rows_at_once

_NONCE_BYTES = 12
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


_memory = _Memory(_REMEMBERED)


def remember(most: int) -> None:
    """Have this process remember so many keys: a web process, which reads customers at random, without a look into the
    key store for each of them."""
    _memory.most = most


def forget_all() -> None:
    """Drop what this process remembers, for a key store that was exchanged under it."""
    _memory.clear()
    lasting_key.cache_clear()
    _term_hash.cache_clear()
    _masters.cache_clear()


@lru_cache(maxsize=1)
def _masters() -> dict[int, AESGCM]:
    """The master keys by their numbers, the newest first."""
    found: dict[int, AESGCM] = {}
    for text in settings.HUB_MASTER_KEYS:
        try:
            key = base64.urlsafe_b64decode(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured("HUB_MASTER_KEY must be 32 bytes in URL-safe base64, or several with commas.")
        number = int.from_bytes(blake2b(key, digest_size=4, person=b"concord master").digest(), signed=True)
        found[number] = AESGCM(key)
    if not found:
        raise ImproperlyConfigured("Set HUB_MASTER_KEY: without it nothing personal can be stored or read.")
    return found


def _wrap(key: bytes, bound_to: bytes) -> tuple[bytes, int]:
    """The key wrapped by the newest master key, and that one's number."""
    number, master = next(iter(_masters().items()))
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + master.encrypt(nonce, key, bound_to), number


def _unwrap(wrapped: bytes, number: int, bound_to: bytes) -> bytes:
    master = _masters().get(number)
    if master is None:
        raise ImproperlyConfigured("HUB_MASTER_KEY lacks a key that wrapped a part of the key store: put it back.")
    return master.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound_to)


@lru_cache(maxsize=8)
def lasting_key(name: str) -> bytes:
    """A key of 32 bytes of the installation itself, made by the first who asks for it under this name. It lives in the
    key store, wrapped, and outlives every master key."""
    wrapped, number = _wrap(os.urandom(KEY_BYTES), name.encode())
    count(
        "INSERT INTO keystore_secret (name, wrapped, master) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        name, wrapped, number, using=ALIAS,
    )  # fmt: skip
    ((held, by),) = rows("SELECT wrapped, master FROM keystore_secret WHERE name = %s", name, using=ALIAS)
    return _unwrap(held, by, name.encode())


def _index_key() -> bytes:
    """The key of all blind tokens."""
    return lasting_key("index")


def address(system: str, source_id: str) -> bytes:
    """16 bytes by which the source record ``source_id`` of the source system with this code is known."""
    return blinded(_index_key(), f"{system}\0{source_id}", use="address")


def blind(text: str, *, use: str, size: int = 16) -> bytes:
    """``size`` bytes that stand for ``text`` in a look-up by equality; see ``hub.sealing.blinded``."""
    return blinded(_index_key(), text, use=use, size=size)


# Names and e-mails (by the letter of matching.values.search_terms) are found by their first letters, so many at least;
# numbers and ids, which people copy, are found whole.
_PREFIX = {"n": 3, "e": 3}
_NEVER = 1 << 30


def tokens(terms: Iterable[str]) -> list[int]:
    """Numbers that a customer with these search terms is found by: of each term, of a name's first word, and of the
    first letters of names and e-mails."""
    found = set()
    for term in terms:
        found.add(term)
        kind = term[0]
        if kind == "n" and " " in term:
            found.add(term.partition(" ")[0])
        if len(term) - 2 >= _PREFIX.get(kind, _NEVER):
            found.add(_first_letters(term))
    return _tokens(found)


def query_tokens(terms: Iterable[str]) -> list[int]:
    """Numbers to look for where somebody typed something that may mean these terms. Those found by the first letters
    have still to be compared with all of it."""
    wanted = {term for term in terms if term[2:]}
    wanted |= {_first_letters(term) for term in wanted if len(term) - 2 >= _PREFIX.get(term[0], _NEVER)}
    return sorted(_tokens(wanted))


def whole_tokens(terms: Sequence[str]) -> list[int]:
    """The number of each of these terms, for a look-up of the whole of it."""
    return _tokens(terms)


def _first_letters(term: str) -> str:
    return f"{term[: 2 + _PREFIX[term[0]]]}\0"


def _tokens(texts: Iterable[str]) -> list[int]:
    """Each text as ``blind`` gives it, in 64 bits. Every arrival asks for a dozen: the keyed hash is begun once."""
    begun, out = _term_hash(), []
    for text in texts:
        each = begun.copy()
        each.update(text.encode("utf-8", "surrogatepass"))
        out.append(int.from_bytes(each.digest(), signed=True))
    return out


@lru_cache(maxsize=1)
def _term_hash() -> blake2b:
    return blake2b(digest_size=8, key=_index_key(), person=b"term")


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
    wrapped = [_wrap(key, a) for a, key in made.items()]
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
        _memory.put(a, made[a])
    # Somebody else was faster with the others.
    return {a: made[a] for a in mine} | _read([a for a in addresses if a not in mine])


_WRAPPED = "SELECT address, wrapped, master FROM keystore_key WHERE address = ANY(%b::bytea[])"


def _read(addresses: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """What the key store says of these addresses: the key, or None for a destroyed one."""
    if not addresses:
        return {}
    found: dict[bytes, bytes | None] = {}
    for a, wrapped, number in rows(_WRAPPED, list(addresses), using=ALIAS):
        if wrapped is None:
            found[a] = None
            _memory.drop([a])
            continue
        key = _memory.get(a)
        if key is None:
            key = _unwrap(wrapped, number, a)
            _memory.put(a, key)
        found[a] = key
    return found


def keys(addresses: Collection[bytes]) -> dict[bytes, bytes]:
    """Keys to read with, by address; one that was destroyed or never made is left out."""
    found: dict[bytes, bytes] = {}
    unknown = []
    for a in set(addresses):
        key = _memory.get(a)
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


def opened(items: Sequence[tuple[bytes, bytes]], what: bytes) -> list[bytes | None]:
    """The content of values that belong to one record each, given as (address, sealed); None for one that cannot be
    read any more."""
    held = keys({a for a, _ in items})
    return [_read_with(held.get(a), sealed, what) for a, sealed in items]


def joint_of(holders: Iterable[int], held: Mapping[int, bytes]) -> bytes | None:
    """The key of a value that these records have part in; None where one of their keys is gone."""
    found = [held.get(holder) for holder in holders]
    return None if None in found else joint(k for k in found if k is not None)


def unsealed_by(addresses: Sequence[bytes], sealed: bytes, what: bytes) -> bytes | None:
    """The content of a value sealed under the joint key of the records of these addresses; None where it cannot be
    read any more."""
    unknown = [a for a in addresses if _memory.get(a) is None]
    if unknown:  # by the same way as the statement that gave the addresses: somebody waits for it
        for a, wrapped, number in rows_at_once(_WRAPPED, unknown, using=ALIAS):
            if wrapped is not None:
                _memory.put(a, _unwrap(wrapped, number, a))
    held = [_memory.get(a) for a in addresses]
    return None if None in held else _read_with(joint(key for key in held if key is not None), sealed, what)


def unsealed(
    items: Sequence[tuple[Sequence[int], bytes]], what: bytes, *, known: Mapping[int, bytes] = MappingProxyType({})
) -> list[bytes | None]:
    """The content of values sealed under the joint key of records, each given as (record ids, sealed); None for one
    that cannot be read any more. A value without holders was never sealed. ``known`` are keys that need not be read."""
    wanted = {holder for holders, _ in items for holder in holders}
    held = {**known, **keys_of(wanted - known.keys())}
    return [_opened(holders, sealed, what, held) for holders, sealed in items]


def _opened(holders: Sequence[int], sealed: bytes, what: bytes, held: Mapping[int, bytes]) -> bytes | None:
    if not holders:
        return bytes(sealed)
    return _read_with(joint_of(holders, held), sealed, what)


def _read_with(key: bytes | None, sealed: bytes, what: bytes) -> bytes | None:
    if key is None:
        return None
    try:
        return unseal(key, bytes(sealed), what)
    except Unreadable:
        return None


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
    number = next(iter(_masters()))
    written = count(
        """
        INSERT INTO keystore_key AS k (address, wrapped, master, made_at, destroyed_at)
        SELECT n.address, NULL, %s, now(), now() FROM unnest(%b::bytea[]) AS n(address)
        ON CONFLICT (address) DO UPDATE SET wrapped = NULL, destroyed_at = now() WHERE k.destroyed_at IS NULL
        """,
        number, wanted, using=ALIAS,
    )  # fmt: skip
    _memory.drop(wanted)
    return written


def rotate(*, limit: int = 5000) -> int:
    """Wrap up to ``limit`` keys anew that an older master key wrapped, in the key store's present transaction; how
    many there were. 0 means that the older ones are not needed any more."""
    newest = next(iter(_masters()))
    old = rows(
        "SELECT address, wrapped, master FROM keystore_key WHERE wrapped IS NOT NULL AND master <> %s "
        "ORDER BY address LIMIT %s FOR UPDATE",
        newest, limit, using=ALIAS,
    )  # fmt: skip
    anew = [(a, _wrap(_unwrap(wrapped, number, a), a)[0]) for a, wrapped, number in old]
    if anew:
        count(
            "UPDATE keystore_key k SET wrapped = n.wrapped, master = %s "
            "FROM unnest(%b::bytea[], %b::bytea[]) AS n(address, wrapped) WHERE k.address = n.address",
            newest, [a for a, _ in anew], [w for _, w in anew], using=ALIAS,
        )  # fmt: skip
    secrets = rows(
        "SELECT name, wrapped, master FROM keystore_secret WHERE master <> %s FOR UPDATE", newest, using=ALIAS
    )
    for name, wrapped, number in secrets:
        again, by = _wrap(_unwrap(wrapped, number, name.encode()), name.encode())
        count("UPDATE keystore_secret SET wrapped = %s, master = %s WHERE name = %s", again, by, name, using=ALIAS)
    return len(old) + len(secrets)
