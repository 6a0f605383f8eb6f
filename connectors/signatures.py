"""Signatures by shared secret: what vendors' webhooks are let in by."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def header(headers: Mapping[str, str], name: str) -> str:
    """The header's value whatever the case of its name; empty where it is absent."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def hmac_sha256_base64(secret: str, message: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode("ascii")


def same(expected: str, given: str) -> bool:
    """Compare without telling by the time taken how much was right; an empty signature is never right."""
    return bool(given) and hmac.compare_digest(expected.encode(), given.strip().encode("utf-8", "replace"))


def signed_by_hmac(secret: str, message: bytes, given: str) -> bool:
    """Whether ``given`` is base64(HMAC-SHA256(message, secret)); false without a secret."""
    return bool(secret) and same(hmac_sha256_base64(secret, message), given)
