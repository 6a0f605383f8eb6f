"""The master keys, which wrap every key that is stored, and the lasting keys of the installation itself."""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from hashlib import blake2b

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hub.keystore.router import ALIAS
from hub.sealing import KEY_BYTES
from hub.sql import count, rows

_NONCE_BYTES = 12


@lru_cache(maxsize=1)
def masters() -> dict[int, AESGCM]:
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


def wrap(key: bytes, bound_to: bytes) -> tuple[bytes, int]:
    """The key wrapped by the newest master key, and that one's number."""
    number, master = next(iter(masters().items()))
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + master.encrypt(nonce, key, bound_to), number


def unwrap(wrapped: bytes, number: int, bound_to: bytes) -> bytes:
    master = masters().get(number)
    if master is None:
        raise ImproperlyConfigured("HUB_MASTER_KEY lacks a key that wrapped a part of the key store: put it back.")
    return master.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound_to)


@lru_cache(maxsize=8)
def lasting_key(name: str) -> bytes:
    """A key of 32 bytes of the installation itself, made by the first who asks for it under this name. It lives in the
    key store, wrapped, and outlives every master key."""
    wrapped, number = wrap(os.urandom(KEY_BYTES), name.encode())
    count(
        "INSERT INTO keystore_secret (name, wrapped, master) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        name, wrapped, number, using=ALIAS,
    )  # fmt: skip
    ((held, by),) = rows("SELECT wrapped, master FROM keystore_secret WHERE name = %s", name, using=ALIAS)
    return unwrap(held, by, name.encode())


def rotate(*, limit: int = 5000) -> int:
    """Wrap up to ``limit`` keys anew that an older master key wrapped, in the key store's present transaction; how
    many there were. 0 means that the older ones are not needed any more."""
    newest = next(iter(masters()))
    old = rows(
        "SELECT address, wrapped, master FROM keystore_key WHERE wrapped IS NOT NULL AND master <> %s "
        "ORDER BY address LIMIT %s FOR UPDATE",
        newest, limit, using=ALIAS,
    )  # fmt: skip
    anew = [(a, wrap(unwrap(wrapped, number, a), a)[0]) for a, wrapped, number in old]
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
        again, by = wrap(unwrap(wrapped, number, name.encode()), name.encode())
        count("UPDATE keystore_secret SET wrapped = %s, master = %s WHERE name = %s", again, by, name, using=ALIAS)
    return len(old) + len(secrets)
