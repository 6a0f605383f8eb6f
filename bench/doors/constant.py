"""A WSGI application that does nothing: the floor of the server. ``granian … bench.doors.constant:application``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

# As long as a golden profile.
BODY = b'{"floor":"' + b"x" * 900 + b'"}'
_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The same bytes for every request."""
    start("200 OK", _HEADERS)
    return [BODY]
