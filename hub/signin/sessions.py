"""How long a session lasts: until its person signs out, does nothing for a while, or began it too long ago."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout, signals
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from hub.models import User

BEGAN, SEEN = "began", "seen"
_PAGES = ("/admin/", "/stewardship/")

# So often at most a session is written for being used.
_NOTED_SECONDS = 60.0


def watch() -> None:
    """To be called when the application starts."""
    signals.user_logged_in.connect(_began, dispatch_uid="session")


def _began(*, request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session[BEGAN] = request.session[SEEN] = time.time()


class SessionTimes:
    """Middleware after Django's own of sessions and authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._look(request)
            if wanted := _second_factor(request):
                return wanted
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        session, now = request.session, time.time()
        began, seen = session.get(BEGAN, 0.0), session.get(SEEN, 0.0)
        if not began:  # by force_login of a command, or from before this was kept
            session[BEGAN] = session[SEEN] = now
        elif now - began > settings.HUB_SESSION_SECONDS or now - seen > settings.HUB_SESSION_IDLE_SECONDS:
            logout(request)
        elif now - seen > _NOTED_SECONDS and not _by_itself(request):
            session[SEEN] = now


def _second_factor(request: HttpRequest) -> HttpResponse | None:
    """Where every account must have a second factor, whoever has none is led to where one is set up, and no further."""
    user = request.user
    if settings.HUB_SECOND_FACTOR != "required" or not isinstance(user, User) or user.second_factor:
        return None
    if not request.path_info.startswith(_PAGES):
        return None
    there = reverse("admin:second_factor")
    return None if request.path_info in (there, reverse("admin:logout")) else redirect(there)


def _by_itself(request: HttpRequest) -> bool:
    """Whether a page asked, and no person: the heartbeat of a review that lies open."""
    path = request.path_info
    return path.startswith("/stewardship/reviews/") and path.endswith("/hold")
