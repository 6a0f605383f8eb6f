"""What Django's middleware puts around an answer, for answers that do not go through it.

The headers are those that the middleware of the settings adds to a plain JSON answer: asked of it, not written down a
second time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import validate_host
from django.utils.module_loading import import_string

from hub.api.problems import Problem, response

Headers = tuple[tuple[str, str], ...]
# These count requests by their view, which is done elsewhere, and look for files.
_LEFT_OUT = ("django_prometheus.", "whitenoise.")
_OF_THE_ANSWER = frozenset(("content-type", "content-length", "cache-control"))


def headers_for(environ: dict[str, Any]) -> Headers | None:
    """The headers of every answer to a request like this one; None where the middleware would not let it through."""
    return _headers(
        environ.get("HTTP_HOST", ""),
        environ.get("wsgi.url_scheme", "http"),
        _proxy_says(environ),
    )


def _proxy_says(environ: dict[str, Any]) -> str:
    named = settings.SECURE_PROXY_SSL_HEADER
    return str(environ.get(named[0], "")) if named else ""


@lru_cache(maxsize=256)
def _headers(host: str, scheme: str, proxy_says: str) -> Headers | None:
    request = WSGIRequest({
        "REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/golden/-", "SERVER_NAME": "-", "SERVER_PORT": "80",
        "wsgi.url_scheme": scheme, "wsgi.input": io.BytesIO(), "HTTP_HOST": host,
        **({settings.SECURE_PROXY_SSL_HEADER[0]: proxy_says} if settings.SECURE_PROXY_SSL_HEADER else {}),
    })  # fmt: skip
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if not validate_host(name.lower().rstrip("."), settings.ALLOWED_HOSTS):
        return None
    answer = _chain()(request)
    if answer.status_code != 200:
        return None
    found = [(key, value) for key, value in answer.items() if key.lower() not in _OF_THE_ANSWER]
    # As REST framework says it of a view that answers GET alone.
    return (*found, ("Allow", "GET, HEAD, OPTIONS"))


@lru_cache(maxsize=1)
def _chain() -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(b"{}", content_type="application/json")

    chain: Callable[[HttpRequest], Any] = view
    for path in reversed(settings.MIDDLEWARE):
        if not path.startswith(_LEFT_OUT):
            chain = import_string(path)(chain)
    return chain


def refuse(environ: dict[str, Any], start: Callable[..., Any], problem: Problem) -> list[bytes]:
    """A problem, as the doors answer it."""
    answer = response(problem.code, str(problem), headers=problem.headers, **problem.extra)
    own: Iterable[tuple[str, str]] = answer.items()
    content = answer.content
    start(
        f"{answer.status_code} {answer.reason_phrase}",
        [*(headers_for(environ) or ()), *own, ("Content-Length", str(len(content)))],
    )
    return [content]
