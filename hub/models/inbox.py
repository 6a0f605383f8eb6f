"""The inbox: what was received, kept until it is resolved or dead-lettered."""

from django.db import models

from hub.ids import PublicIdField
from hub.models.source import SourceSystem


class Lane(models.IntegerChoices):
    """How urgent a message is; a worker empties the lower number first."""

    INTERACTIVE = 0, "Interactive"  # a till, a checkout or a steward waits for it
    EVENT = 1, "Event"  # a vendor's webhook
    BULK = 2, "Bulk"  # a file or a batch

    @property
    def ahead(self) -> "Lane":
        """The next more urgent one, for a message that carries a withdrawal of consent."""
        return Lane(max(self - 1, 0))


class InboxMessage(models.Model):
    class Status(models.IntegerChoices):
        """Where a message is."""

        ACCEPTED = 0, "accepted"  # acknowledged and waiting
        RESOLVED = 1, "resolved"  # its record is in a golden record
        REJECTED = 2, "rejected"  # refused with a reason; nothing of it was taken
        DEAD_LETTER = 3, "dead_letter"  # given up after retries; can be replayed

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField("msg")
    system = models.ForeignKey(SourceSystem, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    address = models.BinaryField(max_length=16, help_text="Of the source record that it is about.")
    mapping = models.CharField(max_length=40, default="", blank=True, help_text="Empty: canonical JSON.")
    part = models.SmallIntegerField(default=0, help_text="Which record of the payload, counted from 0.")
    payload = models.BinaryField(help_text="Sealed under the key of the record at this address.")
    dedupe = models.BinaryField(max_length=16, null=True, help_text="Hash of source and payload; null: no source time.")
    lane = models.SmallIntegerField(choices=Lane.choices, default=Lane.BULK)
    status = models.SmallIntegerField(choices=Status.choices, default=Status.ACCEPTED)
    received_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    record = models.ForeignKey("hub.SourceRecord", on_delete=models.SET_NULL, null=True, db_constraint=False)
    attempts = models.SmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True, help_text="Fencing token: who writes must still hold it.")
    problem = models.JSONField(null=True)
    trace = models.BinaryField(max_length=25, null=True, help_text="The request's traceparent: see hub.trace.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dedupe"], name="inbox_once")]
        indexes = [
            models.Index(fields=["lane", "id"], name="inbox_waiting", condition=models.Q(status=0)),
            models.Index(fields=["status", "id"], name="inbox_dead", condition=models.Q(status=3)),
        ]

    def __str__(self) -> str:
        return self.public_id


class IdempotencyKey(models.Model):
    """The answer to a request that named a key, so that a retry gets the same answer.

    ``fingerprint`` is a hash of method, route and body: the same key with another body is refused.
    """

    client = models.TextField()
    key = models.TextField(help_text="A keyed hash of it: senders make keys of what is personal.")
    fingerprint = models.BinaryField(max_length=32)
    status = models.SmallIntegerField(null=True, help_text="HTTP status of the answer; null while under way.")
    body = models.BinaryField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]
