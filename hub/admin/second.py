"""Where people set up their second factor, or take it away. Their password is asked for each time."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from hub import audit, secrets
from hub.models import User
from hub.signin import factor, tries
from hub.signin.forms import too_often

_PENDING = "second_factor"


@sensitive_post_parameters()
def show(request: HttpRequest, context: dict[str, Any]) -> TemplateResponse:
    """``context`` is the administration's frame. The page's four states: none set up, one being set up, its recovery
    codes shown once, and one set up."""
    user = request.user
    assert isinstance(user, User)
    own: dict[str, Any] = {"title": _("Second factor"), "problem": "", "recovery": []}
    if request.method == "POST":
        own |= _done(request, user, request.POST.get("do", ""))
    key = _pending(request, user)
    own |= {"on": bool(user.second_factor), "left": len(user.recovery)}
    if key and not user.second_factor:
        own |= {"key": " ".join(key[i : i + 4] for i in range(0, len(key), 4)), "link": factor.link(key, user)}
    return TemplateResponse(request, "hub/second_factor.html", {**context, **own},
                            status=422 if own["problem"] else 200)  # fmt: skip


def _done(request: HttpRequest, user: User, what: str) -> dict[str, Any]:
    """What there is to say after it."""
    keys = tries.keys_of(request, user.get_username())
    if wait := tries.begin(keys, now=timezone.now()):
        return {"problem": too_often(wait)}
    if what == "confirm":
        return _confirmed(request, user, keys)
    if not user.check_password(request.POST.get("password", "")[:1000]):
        return {"problem": _("That is not your password.")}
    tries.succeeded(keys)
    if what == "begin":
        blob = secrets.keep(factor.new_key(), of=_of(user))
        request.session[_PENDING] = base64.b64encode(blob).decode()
    elif what == "remove":
        factor.take_away(user)
        _note(request, user, "user.second_factor_removed")
    return {}


def _confirmed(request: HttpRequest, user: User, keys: Any) -> dict[str, Any]:
    key = _pending(request, user)
    code = request.POST.get("code", "").strip()
    codes = factor.set_up(user, key, code, now=timezone.now()) if key else None
    if codes is None:
        return {"problem": _("That is not the code of now: check the clock of your device.")}
    tries.succeeded(keys)
    request.session.pop(_PENDING, None)
    _note(request, user, "user.second_factor_set")
    return {"recovery": codes}


def _note(request: HttpRequest, user: User, action: str) -> None:
    """Other sessions of this person end; this one goes on."""
    update_session_auth_hash(request, user)
    audit.note(action, actor=audit.user(user), subject=audit.user(user))


def _pending(request: HttpRequest, user: User) -> str:
    try:
        return secrets.shown(base64.b64decode(request.session.get(_PENDING, "")), of=_of(user))
    except (secrets.Unreadable, binascii.Error):
        return ""


def _of(user: User) -> str:
    return f"pending second factor of user {user.pk}"
