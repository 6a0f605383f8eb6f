"""Shopify signs the raw body alone: ``X-Shopify-Hmac-Sha256`` = base64(HMAC-SHA256(body, app secret))."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.signatures import header, signed_by_hmac


def verify(headers: Mapping[str, str], raw_body: bytes, secret: str, url: str) -> bool:
    """Whether Shopify sent this body; ``url`` is not signed."""
    return signed_by_hmac(secret, raw_body, header(headers, "X-Shopify-Hmac-Sha256"))
