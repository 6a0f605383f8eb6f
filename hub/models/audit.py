"""Who did what, and who saw what. Ids only: no personal data."""

from django.db import models


class AuditEntry(models.Model):
    at = models.DateTimeField()
    actor = models.TextField(help_text="user:ID, client:ID or system.")
    action = models.CharField(max_length=60)
    subject = models.TextField()
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="audit_subject")]
