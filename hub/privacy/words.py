"""Texts that people type about a request, sealed under a key of the request's own.

Not under the customer's: a proof that comes in after an erasure must stay readable for whoever accounts for it (GDPR
Art. 5(2)), while the reference, which may be a name, goes with the customer.
"""

from __future__ import annotations

from hub import keyring, sealing

# No source system can have this code: see ``hub.ids.source_code_validator``.
_SYSTEM = "_privacy"


def seal(request_id: str, text: str, what: str) -> bytes:
    """``text`` as it is stored; nothing stays nothing. ``request_id`` is ``pr_…``."""
    if not text:
        return b""
    address = keyring.address(_SYSTEM, request_id)
    return sealing.seal(keyring.take([address]).keys[address], text.encode(), _kind(what))


def read(request_id: str, blob: bytes | memoryview, what: str) -> str | None:
    """The text; None where there is none or its key is gone."""
    if not blob:
        return None
    address = keyring.address(_SYSTEM, request_id)
    key = keyring.keys([address]).get(address)
    if key is None:
        return None
    try:
        return sealing.unseal(key, bytes(blob), _kind(what)).decode()
    except sealing.Unreadable:
        return None


def _kind(what: str) -> bytes:
    return sealing.REQUEST + b":" + what.encode()
