"""Secrets that the hub must be able to read again: what it signs webhooks with, and what vendors sign theirs with.

They stand in the main database as AES-256-GCM ciphertext, as what is personal does (``hub.sealing``), under one key of
the installation that lives in the key store: whoever has the main database, or its backup, has none of them. A
rotation of master keys wraps that one key anew. What the hub need not read again (passwords, clients' secrets) is
hashed instead and never comes here.
"""

from __future__ import annotations

from hub.keyring import lasting_key
from hub.sealing import Unreadable, seal, unseal

__all__ = ["Unreadable", "keep", "shown"]

_KEY = "secrets"


def keep(text: str, *, of: str) -> bytes:
    """``text`` sealed, to be stored. ``of`` names its owner, such as ``endpoint we_…``, and is bound to it: moved to
    another owner's row it cannot be read."""
    return seal(lasting_key(_KEY), text.encode(), _bound(of))


def shown(blob: bytes | memoryview, *, of: str) -> str:
    """What ``keep`` sealed for this owner; raises ``Unreadable``."""
    return unseal(lasting_key(_KEY), bytes(blob), _bound(of)).decode()


def _bound(of: str) -> bytes:
    return b"secret of " + of.encode()
