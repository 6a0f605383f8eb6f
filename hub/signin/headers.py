"""Headers that every answer has beside those of Django and of the content security policy."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

log = logging.getLogger("hub.signin")
# Nothing of a browser's devices is needed here: whatever slips into a page finds them shut.
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
                    "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb")
)  # fmt: skip
_PAGES = ("/admin/", "/stewardship/")
_SIGN_OUT = "/admin/logout/"


class AnswerHeaders:
    """Middleware: no other site embeds or reads an answer, and no cache keeps a page of the desk. What a person was
    refused is logged, by the template of the route."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        if request.path_info.startswith(_PAGES):
            # Also what says no, and a page that forgot: personal data stay in no browser and no proxy.
            answer.headers.setdefault("Cache-Control", "no-store")
            if request.method == "POST" and request.path_info == _SIGN_OUT:
                answer.headers["Clear-Site-Data"] = '"cache", "storage"'
            if answer.status_code == 403:
                _log(request)
        return answer


def _log(request: HttpRequest) -> None:
    route = request.resolver_match.route if request.resolver_match else "-"
    user = getattr(request, "user", None)
    log.info("%s /%s 403 %s", request.method, route, f"user:{user.pk}" if user and user.pk else "nobody")
