"""Salesforce signs nothing that it sends over HTTP (change events come by a subscription that we open)."""

from __future__ import annotations

from collections.abc import Mapping


def verify(headers: Mapping[str, str], raw_body: bytes, secret: str, url: str) -> bool:
    """Always false: without a vendor's signature only a token lets a payload in."""
    return False
