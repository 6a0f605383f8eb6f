"""Golden records: the survived view of each cluster."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from hub.ids import PublicIdField


class GoldenRecord(models.Model):
    class State(models.IntegerChoices):
        """A golden id answers for ever; this says how."""

        LIVE = 0, "live"
        RETIRED = 1, "retired"  # redirects to where its last members are
        ERASED = 2, "erased"  # gone, by an erasure

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField("gr")
    kind = models.CharField(max_length=12)
    scope = models.CharField(max_length=40)
    state = models.SmallIntegerField(choices=State.choices, default=State.LIVE)
    version = models.IntegerField(default=1)
    sequence = models.IntegerField(default=0, help_text="Of its newest event; no gaps.")
    body = models.BinaryField(help_text="The golden profile as the API sends it, UTF-8 JSON, sealed.")
    provenance = models.BinaryField(help_text="Where each value came from, UTF-8 JSON, sealed.")
    content_hash = models.BinaryField(max_length=16, help_text="Of profile, crosswalk, consents and provenance.")
    holders = ArrayField(
        models.BigIntegerField(), default=list,
        help_text="Record ids of this version, ascending: body and provenance are sealed under their joint key.",
    )  # fmt: skip
    messages = ArrayField(
        models.BigIntegerField(), default=list, help_text="Of each holder the message that this version has it from."
    )
    cause_type = models.CharField(max_length=12, default="", help_text="Of this version: see hub.flow.Cause.")
    cause_ref = models.TextField(default="")
    policy = models.IntegerField(null=True, help_text="The survivorship policy of this version.")
    last_members = ArrayField(models.BigIntegerField(), default=list, help_text="Record ids when it retired.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"], name="golden_by_state"),
            GinIndex(fields=["last_members"], name="golden_last_members", condition=models.Q(state=1)),
        ]

    def __str__(self) -> str:
        return self.public_id


class GoldenTerm(models.Model):
    """What a golden record can be found by: blind tokens of the names, e-mails, phones, identifiers of its records."""

    golden = models.ForeignKey(GoldenRecord, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    token = models.BigIntegerField()
    pk = models.CompositePrimaryKey("golden_id", "token")

    class Meta:
        indexes = [models.Index(fields=["token", "golden"], name="golden_term")]
