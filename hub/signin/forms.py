"""The form by which people sign in: name, password and, for those who set one up, a second factor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from hub.models import User
from hub.signin import factor, tries


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    """Says the same of an account that there is not, of a wrong password and of a wrong code."""

    code = forms.CharField(
        label=gettext_lazy("Code"), required=False, max_length=40, strip=True,
        help_text=gettext_lazy("Of your authenticator, or a recovery code, if you set one up."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["password"].validators.append(MaxLengthValidator(1000))  # of no use, and work to hash

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username", ""))
        if not (name and self.cleaned_data.get("password")) or self.request is None:
            return dict(self.cleaned_data)
        keys = tries.keys_of(self.request, name)
        if wait := tries.begin(keys, now=timezone.now()):
            raise ValidationError(too_often(wait), code="wait")
        cleaned: dict[str, Any] = super().clean()
        self._second()
        if self.get_user() is not None:
            tries.succeeded(keys)
        return cleaned

    def _second(self) -> None:
        user: User | None = self.get_user()
        if user is None or not user.second_factor:
            return
        if not factor.proves(user, self.cleaned_data.get("code", ""), now=timezone.now()):
            self.user_cache: User | None = None
            said = {get_user_model().USERNAME_FIELD: user.get_username()}
            user_login_failed.send(sender=__name__, credentials=said, request=self.request)
            raise self.get_invalid_login_error()


def too_often(wait: timedelta) -> str:
    seconds = max(1, round(wait.total_seconds()))
    if seconds < 60:
        return _("Too many attempts. Try again in %(n)d seconds.") % {"n": seconds}
    return _("Too many attempts. Try again in %(n)d minutes.") % {"n": -(-seconds // 60)}
