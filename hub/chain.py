"""The chain of the audit, as anybody can compute it again: commitments to what entries say, linked in one order.

    commitment = SHA-256(salt ‖ what the entry says)           16 random bytes of salt for each entry
    hash       = SHA-256(hash before ‖ position ‖ commitment)  position as 8 bytes, big end first

What an entry says is one line of JSON: see ``said``. The chain stands on commitments alone, so that an entry whose
words were taken out (``redacted``) keeps its place, and nobody guesses from its commitment what it said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

GENESIS = bytes(32)


def moment(at: datetime) -> str:
    """An aware time as the chain writes it: UTC, microseconds, ``Z``.

    >>> moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000000Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def said(at: str, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> bytes:
    """An entry as one line of JSON: sorted keys, no spaces, UTF-8; ``at`` as ``moment`` writes it."""
    entry = {"at": at, "actor": actor, "action": action, "subject": subject, "detail": detail}
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(salt: bytes, words: bytes) -> bytes:
    """32 bytes that hold an entry to its ``words`` (as ``said`` gives them) and tell nothing of them."""
    return sha256(salt + words).digest()


def link(before: bytes, position: int, commitment: bytes) -> bytes:
    """The hash at ``position`` (from 1) of the chain whose hash before it is ``before``; that of the first is
    ``GENESIS``."""
    return sha256(before + position.to_bytes(8) + commitment).digest()
