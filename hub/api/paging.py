"""Cursors: opaque to clients, so that what they are made of can change."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from rest_framework.request import Request

from hub.api.doors import query_text
from hub.api.problems import Problem

_CURSOR = re.compile(r"[A-Za-z0-9_-]{2,40}")


def cursor_for(place: int) -> str:
    """The cursor after which the next page begins; ``place`` is a row's id."""
    return urlsafe_b64encode(f"p{place}".encode()).decode().rstrip("=")


def cursor_after(request: Request, name: str = "cursor") -> int:
    """The place that the request's cursor names, 0 without one; raises ``Problem``."""
    text = query_text(request, name)
    if not text:
        return 0
    try:
        if not _CURSOR.fullmatch(text):
            raise ValueError
        plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        if plain[:1] != "p" or not plain[1:].isdigit() or int(plain[1:]) >= 2**63:
            raise ValueError
    except ValueError:
        detail = f"The {name} is none of ours: take `next` as it came."
        raise Problem("invalid-request", detail, field=name) from None
    return int(plain[1:])
