"""What was sealed, in clear, as long as the keys of those who have part in it are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from hub.keyring.master import unwrap
from hub.keyring.store import WRAPPED, keys, keys_of, memory
from hub.keystore.router import ALIAS
from hub.sealing import Unreadable, joint, unseal
from hub.sql import rows_at_once


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
    unknown = [a for a in addresses if memory.get(a) is None]
    if unknown:  # by the same way as the statement that gave the addresses: somebody waits for it
        for a, wrapped, number in rows_at_once(WRAPPED, unknown, using=ALIAS):
            if wrapped is not None:
                memory.put(a, unwrap(wrapped, number, a))
    held = [memory.get(a) for a in addresses]
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
