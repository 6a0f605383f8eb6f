"""Square signs the address it calls and the body together.

``x-square-hmacsha256-signature`` = base64(HMAC-SHA256(notification URL + raw body, signature key)).
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.signatures import header, signed_by_hmac


def verify(headers: Mapping[str, str], raw_body: bytes, secret: str, url: str) -> bool:
    """Whether Square sent this body to ``url``, the public address exactly as registered with Square."""
    return signed_by_hmac(secret, url.encode() + raw_body, header(headers, "x-square-hmacsha256-signature"))
