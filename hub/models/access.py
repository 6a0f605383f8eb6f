"""Who may do what: people with roles, and channels and systems with OAuth2 clients."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.crypto import salted_hmac
from oauth2_provider.settings import oauth2_settings


class User(AbstractUser):
    """A person who signs in. Roles are Django groups; see ``hub.roles``."""

    single_key_shortcuts = models.BooleanField(
        default=True, help_text="Single-letter keys on the review page (WCAG 2.1.4 asks that they can be switched off)."
    )
    second_factor = models.BinaryField(default=b"", blank=True, help_text="Key of one-time codes, sealed; empty: none.")
    second_step = models.BigIntegerField(default=0, help_text="Step of the last code that was used: none counts twice.")
    recovery = ArrayField(
        models.BinaryField(), default=list, blank=True, help_text="Keyed hashes of recovery codes not used yet."
    )

    def get_session_auth_hash(self) -> str:
        """What sessions are bound to: another password or another second factor ends those begun before."""
        return self._bound(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for one in super().get_session_auth_fallback_hash():
            yield self._bound(one)

    def _bound(self, base: str) -> str:
        return salted_hmac("concord.session", base + bytes(self.second_factor).hex(), algorithm="sha256").hexdigest()


class SignInTry(models.Model):
    """How often it was tried in vain to sign in to an account, or from an address or browser: see ``hub.signin``."""

    key = models.BinaryField(primary_key=True, max_length=16, help_text="Keyed hash of what it counts for.")
    tries = models.IntegerField()
    last_at = models.DateTimeField()


def everybody() -> list[str]:
    return ["*"]


class ApiClient(models.Model):
    """What an OAuth2 client may ask for: scopes, the source systems it may write for, whose customers it reaches and
    what of them it may see.

    ``sources`` holds codes, or ``*`` for all of them; ``within`` scopes of source systems, or ``*``.
    """

    application = models.OneToOneField(
        oauth2_settings.APPLICATION_MODEL, on_delete=models.CASCADE, related_name="api_client"
    )
    scopes = ArrayField(models.TextField(), default=list)
    sources = ArrayField(models.TextField(), default=list, blank=True)
    region = models.CharField(
        max_length=8, blank=True, help_text="Where it is: the release section of the policy says what it may be told."
    )
    rate = models.CharField(
        max_length=200, blank=True, help_text="Its own rate limits, such as reads=50:100; the rest are the settings'."
    )
    within = ArrayField(
        models.TextField(), default=everybody,
        help_text="Legal controllers or brand groups (scopes of source systems) whose customers it reaches; * for all.",
    )  # fmt: skip
    hidden = ArrayField(
        models.TextField(), default=list, blank=True, help_text="Attributes that it is not told, such as birth_date."
    )
    masked = ArrayField(
        models.TextField(), default=list, blank=True, help_text="Attributes of which it is told a mask, such as emails."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.application.name)

    def may_write_for(self, source_code: str) -> bool:
        return "*" in self.sources or source_code in self.sources
