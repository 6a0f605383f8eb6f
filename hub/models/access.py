"""Who may do what: people with roles, and channels and systems with OAuth2 clients."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from oauth2_provider.settings import oauth2_settings


class User(AbstractUser):
    """A person who signs in. Roles are Django groups; see ``hub.roles``."""

    single_key_shortcuts = models.BooleanField(
        default=True, help_text="Single-letter keys on the review page (WCAG 2.1.4 asks that they can be switched off)."
    )


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
