"""The consent ledger: statements are added, never changed."""

from django.db import models

from hub.ids import PublicIdField


class ConsentStatement(models.Model):
    """What was said once of one source record. ``hub.ledger`` writes and reads it."""

    class State(models.TextChoices):
        GRANTED = "granted", "Granted"
        WITHDRAWN = "withdrawn", "Withdrawn"
        PENDING = "pending", "Pending"  # double opt-in awaited
        UNKNOWN = "unknown", "Unknown"

    public_id = PublicIdField("cs")
    record = models.ForeignKey(
        "hub.SourceRecord", on_delete=models.CASCADE, db_constraint=False, db_index=False,
        related_name="consent_statements",
    )  # fmt: skip
    fingerprint = models.BinaryField(max_length=16, help_text="Keyed hash of the statement: the same one is kept once.")
    purpose = models.TextField()
    channel = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices)
    brand = models.TextField(blank=True)
    jurisdiction = models.TextField(blank=True)
    legal_basis = models.TextField(blank=True)
    text_version = models.TextField(blank=True, help_text="Of the wording that was agreed to.")
    double_opt_in = models.BooleanField(default=False)
    captured_at = models.DateTimeField()
    effective_from = models.DateTimeField(null=True)
    effective_to = models.DateTimeField(null=True)
    point = models.BinaryField(max_length=16, help_text="Blind token of the contact point; empty: the whole person.")
    sealed = models.BinaryField(
        help_text="Contact point, proof, source and what else was said, under the record's key."
    )
    actor = models.TextField(blank=True, help_text="Who wrote it into the hub, where no source system sent it.")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "fingerprint"], name="consent_statement_once")]
        indexes = [models.Index(fields=["point"], name="consent_point", condition=~models.Q(point=b""))]

    def __str__(self) -> str:
        return self.public_id


class Suppression(models.Model):
    """A withdrawal that outlives the erasure of who said it: by blind token, so that their contact point is not
    written to when it comes again as somebody new."""

    point = models.BinaryField(max_length=16, help_text="Blind token of the contact point.")
    statement = models.CharField(max_length=40, help_text="Public id of the statement, which is gone.")
    purpose = models.TextField()
    channel = models.TextField()
    brand = models.TextField(blank=True)
    captured_at = models.DateTimeField()
    effective_from = models.DateTimeField(null=True)
    effective_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["point", "statement"], name="suppression_once")]

    def __str__(self) -> str:
        return self.statement
