"""Where the hub is on a network, its doors answer over https alone."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from hub.api import problems

_DOORS = ("/api/", "/oauth/")


class HttpsAlone:
    """Middleware. People are redirected (``SECURE_SSL_REDIRECT``); a client that sends its secrets in clear is told,
    because a redirect would work and hide it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure() and request.path_info.startswith(_DOORS):
            detail = "The hub answers over https alone: change the address, and exchange what was sent in clear."
            return problems.response("forbidden", detail)
        return self.get_response(request)
