"""What golden records and the crosswalk were before: pointers to what made them, never copies of values."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class GoldenVersion(models.Model):
    """A version of a golden record that is not the present one: the messages that its records had their form from,
    and what caused it. In force from ``since`` until ``until``, when it was overwritten or retired.

    Its values are worked out again from these messages when somebody asks; a message whose key is gone gives none.
    """

    golden = models.ForeignKey(
        "hub.GoldenRecord", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="versions"
    )
    version = models.IntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    holders = ArrayField(models.BigIntegerField(), help_text="Ids of its records, ascending.")
    messages = ArrayField(models.BigIntegerField(), help_text="The message of each.")
    cause_type = models.CharField(max_length=12)
    cause_ref = models.TextField()
    policy = models.IntegerField(null=True)
    content_hash = models.BinaryField(max_length=16)
    end_type = models.CharField(max_length=12, default="", help_text="What retired the golden record then.")
    end_ref = models.TextField(default="")
    pk = models.CompositePrimaryKey("golden_id", "version")


class PastLink(models.Model):
    """Of which golden record a source record was, from ``since`` until ``until``. The present link is the
    crosswalk's."""

    record_id = models.BigIntegerField()
    golden_id = models.BigIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["record_id", "until"], name="past_link_of_record"),
            models.Index(fields=["golden_id", "until"], name="past_link_of_golden"),
        ]
