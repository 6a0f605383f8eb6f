"""Ingest: a payload becomes an inbox message; a message becomes the canonical record it holds.

The payload is mapped at the door, so that the sender hears at once what is wrong with it, and again when
it is resolved, because what is kept is the payload itself: a mapping that was wrong can be corrected and
its messages replayed.
"""

from __future__ import annotations

from hub.stages.ingest.door import (
    Erased,
    Receipt,
    Received,
    dedupe_key,
    flat_to_nested,
    kept_bytes,
    opened,
    problem,
    read,
    read_stored,
    record_in,
    sort_out,
)
from hub.stages.ingest.keep import Ready, Sealed, Sheaf, make_ready, sealed, sealed_sheaf, store, store_sealed

__all__ = [
    "Erased",
    "Ready",
    "Receipt",
    "Received",
    "Sealed",
    "Sheaf",
    "dedupe_key",
    "flat_to_nested",
    "kept_bytes",
    "make_ready",
    "opened",
    "problem",
    "read",
    "read_stored",
    "record_in",
    "sealed",
    "sealed_sheaf",
    "sort_out",
    "store",
    "store_sealed",
]
