"""The trace of each request: the caller's, or one that begins here."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hub import trace


def traced(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware. A ``traceparent`` that is none is replaced: a sender's tracing must not cost it a record."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with trace.carried(trace.read(request.META.get("HTTP_TRACEPARENT")) or trace.made()):
            return get_response(request)

    return middleware
