"""What every page beside the administration's own asks first, and the frame that all of them share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from hub.models import User
from hub.roles import may

View = Callable[..., HttpResponse]


def needs(permission: str) -> Callable[[View], View]:
    """Let in who holds ``permission``; send others to sign in, or say no."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_login(request)
            if not may(request.user, permission):
                raise PermissionDenied
            answer = view(request, *args, **kwargs)
            # Personal data: nothing of it stays in a browser's or a proxy's cache.
            answer["Cache-Control"] = "no-store"
            return answer

        return guarded

    return wrap


def _to_login(request: HttpRequest) -> HttpResponse:
    if asked_by_htmx(request):
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = reverse("admin:login")
        return answer
    return redirect_to_login(request.get_full_path(), reverse("admin:login"))


def who(request: HttpRequest) -> User:
    """The person that ``needs`` let in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def asked_by_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def page(request: HttpRequest, template: str, *, title: str, **context: Any) -> HttpResponse:
    """A whole page in the administration's frame."""
    frame = admin.site.each_context(request)
    return render(request, template, {**frame, "title": title, "desk_title": title, "is_fullwidth": "1", **context})
