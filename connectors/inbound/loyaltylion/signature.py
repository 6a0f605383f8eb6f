"""LoyaltyLion signs the raw body: ``x-loyaltylion-hmac-sha256`` = base64(HMAC-SHA256(body, secret)).

The secret is the site's, or the OAuth client's for webhooks that an app registered.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.signatures import header, signed_by_hmac


def verify(headers: Mapping[str, str], raw_body: bytes, secret: str, url: str) -> bool:
    """Whether LoyaltyLion sent this body; ``url`` is not signed."""
    return signed_by_hmac(secret, raw_body, header(headers, "x-loyaltylion-hmac-sha256"))
