"""Sealing: what is personal is stored as AES-256-GCM ciphertext (NIST SP 800-38D), under the key of its source record.

A sealed value is a format byte, a random nonce of 96 bits and the ciphertext with its tag. ``what`` says what kind of
value it is and is authenticated with it, so that a value cannot be passed off as one of another kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
PAYLOAD, CANONICAL, PREPARED = b"payload", b"canonical", b"prepared"
GOLDEN, PROVENANCE, EVENT = b"golden", b"provenance", b"event"
STATEMENT, PIN, REASON, REQUEST = b"statement", b"pin", b"reason", b"request"

_FORMAT = b"\x01"
_NONCE_BYTES = 12


class Unreadable(Exception):
    """The value cannot be read: it was sealed under another key, is of another kind, or was tampered with."""


def seal(key: bytes, data: bytes, what: bytes) -> bytes:
    """``data`` sealed under a key of 32 bytes; 29 bytes longer."""
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, data, what)


def unseal(key: bytes, sealed: bytes, what: bytes) -> bytes:
    """What was sealed; raises ``Unreadable``."""
    if sealed[:1] != _FORMAT:
        raise Unreadable("The value is not sealed in a form that this version knows.")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], what)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("The value was not sealed under this key.") from error


def joint(keys: Iterable[bytes]) -> bytes:
    """The one key that several give together, whatever their order: gone as soon as one of them is."""
    return blake2b(b"".join(sorted(keys)), digest_size=KEY_BYTES, person=b"concord joint").digest()


def blinded(key: bytes, text: str, *, use: str, size: int = 16) -> bytes:
    """``size`` bytes that stand for ``text`` in look-ups by equality and say nothing without the key. ``use`` keeps
    the tokens of one use from those of another."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size, key=key, person=use.encode()[:16]).digest()
