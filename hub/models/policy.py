"""Survivorship policies, and what stewards set over them."""

from django.conf import settings
from django.db import models

from hub.ids import PublicIdField


class PolicyVersion(models.Model):
    """``document`` is the text that ``matching.policy.Policy`` reads, as its author wrote it. A version never changes;
    one is active.

    While golden records are brought in line with the active one, ``swept_to`` is the last of them that is sure to be,
    and ``sweep_end`` the last that may not be: those after it were made under the active one.
    """

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    document = models.TextField()
    active = models.BooleanField(default=False)
    swept_to = models.BigIntegerField(null=True, help_text="Null: all golden records follow it, or it is not active.")
    sweep_end = models.BigIntegerField(null=True)
    activated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["active"], name="policy_active", condition=models.Q(active=True))
        ]

    def __str__(self) -> str:
        return self.name


class Pin(models.Model):
    """A value that a steward set over the rules, or one record's value that is to be ignored.

    It hangs on a source record and goes with it through merges and unmerges; it is in force until it is ended.
    ``sealed`` is JSON of value and reason under the record's key.
    """

    class Kind(models.TextChoices):
        PIN = "pin", "Pin"  # the golden record shows this value, whatever its records say
        IGNORE = "ignore", "Ignore"  # this value of this record does not count while the record says it

    public_id = PublicIdField("pin")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    record = models.ForeignKey(
        "hub.SourceRecord", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="pins"
    )
    attribute = models.CharField(max_length=120)
    sealed = models.BinaryField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    client = models.TextField(blank=True, help_text="The OAuth2 client, where no person signed in.")
    made_at = models.DateTimeField()
    until = models.DateTimeField(null=True, help_text="When the hub ends it by itself.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(blank=True, help_text="An actor as the audit names it; expired, or superseded.")

    class Meta:
        indexes = [
            models.Index(fields=["record"], name="pin_by_record"),
            models.Index(fields=["until"], name="pin_expires", condition=models.Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.public_id
