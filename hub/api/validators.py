"""Validators of answers that have no version of their own: a hash of what is told."""

from __future__ import annotations

import re
from hashlib import blake2b

from django.http import HttpResponse
from rest_framework.request import Request

_TAG = re.compile(r'"[^"]*"')


def tag_of(content: bytes) -> str:
    """The ETag, in its quotes."""
    return f'"{blake2b(content, digest_size=9).hexdigest()}"'


def met(if_none_match: str, tag: str) -> bool:
    """Whether what the caller has is what it would be told (RFC 9110, 13.1.2: by weak comparison)."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)


def validated(request: Request, content: bytes) -> HttpResponse:
    """``content``, or 304 where the caller has it."""
    tag = tag_of(content)
    if met(request.headers.get("If-None-Match", ""), tag):
        answer = HttpResponse(status=304)
        del answer["Content-Type"]  # there is no content
    else:
        answer = HttpResponse(content, content_type="application/json")
    answer["ETag"], answer["Cache-Control"] = tag, "private, no-cache"
    return answer
