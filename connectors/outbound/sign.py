"""Standard Webhooks 1.0.0: the three headers that tell a receiver who sent a body and when."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
_KEY_BYTES = 32


class BadSecretError(ValueError):
    """A webhook secret is `whsec_` and the base64 of at least 24 bytes."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def new_secret() -> str:
    """A fresh secret: ``whsec_`` and base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")


def key_of(secret: str) -> bytes:
    """The key in a secret; raises ``BadSecretError``, which does not quote it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecretError from None
    if len(key) < 24 or not secret.startswith(PREFIX):
        raise BadSecretError
    return key


def signature(key: bytes, *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and base64 of HMAC-SHA256 over ``{id}.{timestamp}.{body}``; ``timestamp`` in whole seconds."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def headers(*, keys: Sequence[bytes], webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt. Several keys, while a secret rotates: the receiver takes whichever it knows."""
    signatures = [signature(key, webhook_id=webhook_id, timestamp=timestamp, body=body) for key in keys]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
