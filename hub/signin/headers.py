"""Headers that every answer has beside those of Django and of the content security policy."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Nothing of a browser's devices is needed here: whatever slips into a page finds them shut.
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
                    "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb")
)  # fmt: skip
_PAGES = ("/admin/", "/stewardship/")


class AnswerHeaders:
    """Middleware: no other site embeds or reads an answer, and no cache keeps a page of the desk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        if request.path_info.startswith(_PAGES):
            # Also what says no, and a page that forgot: personal data stay in no browser and no proxy.
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer
