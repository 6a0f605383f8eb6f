"""S/4HANA signs nothing: its events carry keys only, and the records are fetched by us."""

from __future__ import annotations

from collections.abc import Mapping


def verify(headers: Mapping[str, str], raw_body: bytes, secret: str, url: str) -> bool:
    """Always false: without a vendor's signature only a token lets a payload in."""
    return False
