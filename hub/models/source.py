"""Source systems and the records they sent, each version kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub import secrets
from hub.ids import source_code_validator


class SourceSystem(models.Model):
    """One instance of a system that sends records: two shops are two source systems.

    ``scope`` is the legal controller or brand group. Records are compared within one scope only.
    """

    class Kind(models.TextChoices):
        CRM = "crm", "CRM"
        LOYALTY = "loyalty", "Loyalty"
        ECOMMERCE = "ecommerce", "Ecommerce"
        POS = "pos", "Point of sale"
        ERP = "erp", "ERP"
        MARKETING = "marketing", "Marketing"
        OTHER = "other", "Other"

    id = models.SmallAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True, validators=[source_code_validator])
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    connector = models.CharField(max_length=40, blank=True, help_text="Name of the mapping its payloads need.")
    scope = models.CharField(max_length=40, default="main")
    region = models.CharField(max_length=8, blank=True)
    webhook_secret = models.BinaryField(default=b"", blank=True, help_text="Of its vendor's signatures: sealed.")
    webhook_secret_before = models.BinaryField(default=b"", blank=True, help_text="The one that it replaced: sealed.")
    webhook_secret_until = models.DateTimeField(null=True, blank=True, help_text="How long that one counts still.")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def take_secret(self, text: str, *, now: datetime, overlap: timedelta = timedelta()) -> None:
        """Put ``text`` in place of the secret that its webhooks are signed with; nothing is saved. The present one goes
        on counting for ``overlap``, so that a vendor can be told of the new one without losing a webhook."""
        keeps = bool(self.webhook_secret) and overlap > timedelta()
        self.webhook_secret_before = self.webhook_secret if keeps else b""
        self.webhook_secret_until = now + overlap if keeps else None
        self.webhook_secret = secrets.keep(text, of=self._secret_of) if text else b""

    def secrets_at(self, now: datetime) -> list[str]:
        """The secrets that a vendor may sign with at that instant: the newest first, none, or two of them."""
        held = [self.webhook_secret]
        if self.webhook_secret_until is not None and now < self.webhook_secret_until:
            held.append(self.webhook_secret_before)
        return [secrets.shown(blob, of=self._secret_of) for blob in held if blob]

    @property
    def _secret_of(self) -> str:
        return f"source {self.code}"


class SourceRecord(models.Model):
    """The present version of one source record.

    A version orders by ``(occurred_at, content_hash)``: the later one stands, whatever the order of
    arrival. ``canonical`` is the nested canonical record as UTF-8 JSON, sealed under the record's key. A deleted
    record keeps its row, so that an older version that arrives late does not bring it back.
    """

    # The database checks no reference of a hot table, and needs no index where a unique constraint begins with it.
    address = models.BinaryField(
        max_length=16, unique=True, help_text="Keyed hash of source system and source id: see hub.keyring."
    )
    system = models.ForeignKey(
        SourceSystem, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="records"
    )
    kind = models.CharField(max_length=12)
    occurred_at = models.DateTimeField()
    content_hash = models.BinaryField(max_length=16)
    canonical = models.BinaryField()
    deleted = models.BooleanField(default=False)
    message = models.ForeignKey(
        "hub.InboxMessage", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    first_seen_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"source record {self.pk}"


class RecordVersion(models.Model):
    """Every version of a source record that was ever current or came too late to be."""

    record = models.ForeignKey(
        SourceRecord, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="versions"
    )
    occurred_at = models.DateTimeField()
    content_hash = models.BinaryField(max_length=16)
    message = models.ForeignKey("hub.InboxMessage", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "occurred_at", "content_hash"], name="record_version_once")
        ]


class Prepared(models.Model):
    """A record made comparable under one match model. ``rev`` is a hash of what ``data``, sealed, holds.

    Edges name the ``rev`` of both sides and count only while both are current. ``gone`` and ``moved`` are what T3
    has still to look at: kept here, a crash between two transactions loses no news of a key. A deleted record keeps
    its row, with ``rev`` 0 and no data, until they are settled.
    """

    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    model = models.ForeignKey("hub.MatchModelVersion", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    rev = models.BigIntegerField()
    key_data = models.BigIntegerField(help_text="Fingerprint of names, birth date and strong ids.")
    data = models.BinaryField()
    keys = ArrayField(models.BigIntegerField(), default=list, help_text="Its blocking keys.")
    gone = ArrayField(models.BigIntegerField(), default=list, help_text="Keys that its present version lost.")
    moved = ArrayField(models.BigIntegerField(), default=list, help_text="Moved across their cap: looked at once more.")
    moved_rules = ArrayField(models.SmallIntegerField(), default=list, help_text="The rule of each.")
    pk = models.CompositePrimaryKey("record_id", "model_id")
