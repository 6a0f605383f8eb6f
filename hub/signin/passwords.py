"""What a password may not be made of: the person's own names, and words that whoever attacks a hub tries first."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Kept in docs/security/hardening.md too.
WORDS = ("concord", "password", "customer", "steward", "qwerty", "letmein", "welcome", "admin")
_SHORTEST_NAME = 4


class OwnWords:
    """Django's validator by likeness lets a short name with a number behind it pass."""

    def validate(self, password: str, user: Any = None) -> None:
        said = password.casefold()
        names = (
            [str(getattr(user, field, "") or "") for field in ("username", "first_name", "last_name")] if user else []
        )
        own = [name.casefold() for name in names if len(name) >= _SHORTEST_NAME]
        if any(word in said for word in (*WORDS, *own)):
            raise ValidationError(self.get_help_text(), code="password_own_words")

    def get_help_text(self) -> str:
        return _("Your password must not contain your names, nor words such as concord, password or customer.")
