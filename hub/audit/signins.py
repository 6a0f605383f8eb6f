"""Who signed in, and whom the desk did not let in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import signals

from hub import audit
from hub.models import User


def watch() -> None:
    """To be called when the application starts."""
    signals.user_logged_in.connect(_signed_in, dispatch_uid="audit")
    signals.user_logged_out.connect(_signed_out, dispatch_uid="audit")
    signals.user_login_failed.connect(_refused, dispatch_uid="audit")


def _signed_in(*, user: User, **_: Any) -> None:
    audit.note("user.signed_in", actor=audit.user(user), subject=audit.user(user))


def _signed_out(*, user: User | None, **_: Any) -> None:
    if user is not None:
        audit.note("user.signed_out", actor=audit.user(user), subject=audit.user(user))


def _refused(*, credentials: Mapping[str, Any], **_: Any) -> None:
    # What was typed as a name may be anything, a password too: it is told only where it is the name of somebody.
    known = User.objects.filter(username=str(credentials.get("username", ""))).first()
    audit.note("user.refused", actor=audit.SYSTEM, subject=audit.user(known) if known else "nobody")
