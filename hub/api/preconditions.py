"""Conditional requests (RFC 9110, RFC 6585): nobody changes what somebody else changed since they read it.

tag = etag_of(content)          of the representation, to be sent as ``ETag``
unchanged(request, tag)         whether a reader has it already: answer 304
require(request, tag)           before a change: raises ``Problem`` (428 without If-Match, 412 for another tag)
"""

from __future__ import annotations

import re
from hashlib import blake2b

from rest_framework.request import Request

from hub.api.problems import Problem

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def etag_of(content: bytes) -> str:
    """A strong entity tag of these bytes, in its quotes."""
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def unchanged(request: Request, tag: str) -> bool:
    """Whether If-None-Match names the tag (weakly) or everything."""
    return _names(request.headers.get("If-None-Match", ""), tag, weak=True)


def require(request: Request, tag: str) -> None:
    """Let a change pass that was made of the representation under this tag; raises ``Problem``."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem(
            "precondition-required",
            "Read it first, and send the ETag of the answer in If-Match: it may have been changed meanwhile.",
        )
    if not _names(given, tag, weak=False):
        raise Problem(
            "precondition-failed",
            "It was changed since it was read: read it again, and send the new ETag in If-Match.",
            headers={"ETag": tag},
        )


def allow(request: Request, tag: str) -> None:
    """As ``require`` for a request that has If-Match; one without it passes."""
    if "If-Match" in request.headers:
        require(request, tag)


def versions(request: Request) -> frozenset[int] | None:
    """The versions that If-Match names by the tags of a golden profile, which begin with theirs; None where any will
    do."""
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    strong = (found[2].partition("-")[0] for found in _TAG.finditer(given) if not found[1])
    return frozenset(int(text) for text in strong if text.isascii() and text.isdigit() and len(text) < 10)


def changed() -> Problem:
    """What is answered where it is another by now."""
    return Problem(
        "precondition-failed",
        "It was changed since it was read: read it again, and send the new ETag in If-Match.",
    )


def _names(header: str, tag: str, *, weak: bool) -> bool:
    if header.strip() == "*":
        return True
    return any(f'"{found[2]}"' == tag and (weak or not found[1]) for found in _TAG.finditer(header))
