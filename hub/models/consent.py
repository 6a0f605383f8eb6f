"""The consent ledger: statements are added, never changed."""

from django.db import models

from hub.ids import PublicIdField


class ConsentStatement(models.Model):
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
    fingerprint = models.BinaryField(max_length=16, help_text="Hash of the statement: the same one is kept once.")
    purpose = models.TextField()
    channel = models.TextField()
    contact_point = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    brand = models.TextField(blank=True)
    jurisdiction = models.TextField(blank=True)
    legal_basis = models.TextField(blank=True)
    proof = models.TextField(blank=True)
    captured_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "fingerprint"], name="consent_statement_once")]
