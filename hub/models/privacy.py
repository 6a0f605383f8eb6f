"""Privacy requests: what a customer asked for, by when it is due, and who has done what of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.ids import PublicIdField


class PrivacyRequest(models.Model):
    """One request of a customer about a golden record, or about one source record alone.

    ``records`` are the source records that it is about. An erasure takes them out again, with ``reference``: what
    is left says that a request was met, when and by whom, and not whose it was.
    """

    class Kind(models.TextChoices):
        """The rights of GDPR Art. 15 to 20; other laws' rights map to the nearest."""

        ACCESS = "access", "Access"  # a copy of what is held (Art. 15)
        PORTABILITY = "portability", "Portability"  # the same, for another controller's machine (Art. 20)
        RECTIFICATION = "rectification", "Rectification"  # a value is wrong (Art. 16)
        RESTRICTION = "restriction", "Restriction"  # kept, and used for nothing (Art. 18)
        ERASURE = "erasure", "Erasure"  # gone for good (Art. 17)

    class State(models.TextChoices):
        """Where it is. It only moves downwards in this list."""

        RECEIVED = "received", "Received"  # filed; nothing done yet
        IN_PROGRESS = "in_progress", "In progress"  # the hub is at its own part
        WAITING = "waiting_for_targets", "Waiting for targets"  # the hub's part is done, others' is not
        DONE = "done", "Done"  # every step is done or acknowledged
        REFUSED = "refused", "Refused"  # with a reason that the customer is told (Art. 12(4))

    public_id = PublicIdField("pr")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.RECEIVED)
    golden = models.ForeignKey(
        "hub.GoldenRecord", on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    of_record = models.BooleanField(default=False, help_text="About one source record alone, not about the customer.")
    records = ArrayField(models.BigIntegerField(), default=list)
    address = models.BinaryField(
        max_length=16, default=b"", help_text="Of the one source record that it is about, which need not be held yet."
    )
    jurisdiction = models.CharField(max_length=8)
    reference = models.BinaryField(default=b"", help_text="What the filer calls it; sealed.")
    reason = models.BinaryField(default=b"", help_text="Why it was refused or takes longer; sealed.")
    filed_by = models.TextField(help_text="user:ID, client:ID, source:CODE or system.")
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    extended_at = models.DateTimeField(null=True, help_text="When the customer was told that it takes longer.")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"], name="privacy_request_by_state"),
            models.Index(fields=["due_at"], name="privacy_request_due", condition=models.Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return self.public_id


class PrivacyStep(models.Model):
    """One thing to be done for a request: by the hub (``target`` empty), by a source system (its code), by a receiver
    (``we_…``) or by whoever answers the customer (``requester``)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"

    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="steps", db_index=False)
    place = models.SmallIntegerField()
    step = models.CharField(max_length=20)
    target = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    at = models.DateTimeField(null=True, help_text="When it was done.")
    by = models.TextField(blank=True)
    proof = models.BinaryField(default=b"", help_text="What the target said of it; sealed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "place"], name="privacy_step_place")]


class Restriction(models.Model):
    """A source record whose values are kept and neither released nor processed, until it is lifted.

    It hangs on records, as judgements and pins do, so that merges and unmerges carry it along: a golden record is
    restricted while one of its members is.
    """

    record = models.ForeignKey("hub.SourceRecord", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="restrictions")
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "record"], name="restriction_once")]


class LedgerPosition(models.Model):
    """Up to where this database has followed the erasure ledger, which is in the key store: one row.

    ``store`` tells which key store that was, so that another one, or an older one, is noticed.
    """

    position = models.BigIntegerField()
    store = models.BinaryField(max_length=16)
