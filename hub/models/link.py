"""Which golden record a source record is in, and what stewards said about pairs."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from hub.ids import PublicIdField


class Crosswalk(models.Model):
    """(source system, source id) → golden record. Its row is also the lock of its record."""

    record = models.OneToOneField("hub.SourceRecord", on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    golden = models.ForeignKey(
        "hub.GoldenRecord", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="members"
    )
    linked_at = models.DateTimeField(null=True)


class Judgement(models.Model):
    """What a steward decided about two source records. Rows are superseded or retracted, never changed.

    In force while it is the newest of its pair, not retracted, and the key data of both records are what
    was judged. ``a`` is the lower record id.
    """

    class Verdict(models.TextChoices):
        SAME = "same", "Same"  # one person: must link
        DIFFERENT = "different", "Different"  # two persons: cannot link
        UNSURE = "unsure", "Unsure"  # looked at, left as it is; does not come back until key data change

    public_id = PublicIdField("jd")
    a = models.ForeignKey("hub.SourceRecord", on_delete=models.CASCADE, related_name="+", db_index=False)
    b = models.ForeignKey("hub.SourceRecord", on_delete=models.CASCADE, related_name="+")
    judgement = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.BinaryField(default=b"", help_text="Typed by a person: sealed under the joint key of both records.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    client = models.TextField(blank=True, help_text="The OAuth2 client, where no person signed in.")
    created_at = models.DateTimeField()
    a_key_data = models.BigIntegerField()
    b_key_data = models.BigIntegerField()
    review = models.ForeignKey("hub.Review", on_delete=models.SET_NULL, null=True, related_name="judgements")
    retracted_at = models.DateTimeField(null=True)
    retracted_by = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["a", "b", "-id"], name="judgement_pair")]

    def __str__(self) -> str:
        return self.public_id


class Review(models.Model):
    """A pair of golden records that a steward should look at, and the records that raised it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"  # waits for a steward
        DECIDED = "decided", "Decided"  # a judgement answered it
        OBSOLETE = "obsolete", "Obsolete"  # the records changed: the question is gone

    public_id = PublicIdField("rv")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    golden_a = models.ForeignKey("hub.GoldenRecord", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    golden_b = models.ForeignKey("hub.GoldenRecord", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    record_a = models.ForeignKey("hub.SourceRecord", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    record_b = models.ForeignKey("hub.SourceRecord", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    weight = models.IntegerField(help_text="Match weight of the two clusters, in milli-bits.")
    conflict = models.CharField(max_length=60, blank=True, help_text="The hard conflict that kept them apart.")
    priority = models.IntegerField(default=0)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["golden_a", "golden_b"], name="review_open_once", condition=models.Q(state="open")
            )
        ]
        indexes = [
            models.Index(fields=["-priority", "id"], name="review_queue", condition=models.Q(state="open")),
            models.Index(fields=["golden_b"], name="review_other_end", condition=models.Q(state="open")),
        ]

    def __str__(self) -> str:
        return self.public_id


class NativeLink(models.Model):
    """The golden id that a record would have without any judgement, where it has another one; ``golden_id`` may be of
    a golden record that was never written. Most records have no row: see ``matching.assign``."""

    record = models.OneToOneField("hub.SourceRecord", on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    golden_id = models.BigIntegerField(db_index=True)


class SpareId(models.Model):
    """A golden id that no record would have without judgements: ``lent`` to a cluster that only judgements make, or
    else one that is live by judgement only and would redirect by its ``members`` (record ids). Of those that redirect
    anyway, ``GoldenRecord.last_members`` says the same."""

    golden = models.OneToOneField("hub.GoldenRecord", on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    lent = models.BooleanField()
    members = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [GinIndex(fields=["members"], name="spare_id_members")]
