"""Outbox: facts, receivers, event × receiver, and each try."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from hub import secrets
from hub.ids import PublicIdField


class OutboxEvent(models.Model):
    """One fact about one golden record, written with the change itself.

    ``position`` is given after commit by the one sealer, so that a reader of the feed never skips a slow
    transaction. ``after`` lists the golden records whose earlier events must be delivered before this one.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField("evt")
    type = models.CharField(max_length=40)
    golden = models.ForeignKey(
        "hub.GoldenRecord", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="events"
    )
    subject = models.CharField(max_length=40)
    sequence = models.IntegerField()
    after = ArrayField(models.BigIntegerField(), default=list)
    time = models.DateTimeField()
    holders = ArrayField(models.BigIntegerField(), default=list, help_text="Ids of the records that data speak of.")
    data = models.BinaryField(help_text="UTF-8 JSON, sealed under the joint key of the holders where there are any.")
    position = models.BigIntegerField(null=True, unique=True)
    trace = models.BinaryField(max_length=25, null=True, help_text="The cause's traceparent: see hub.trace.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["golden", "sequence"], name="event_sequence_once")]
        indexes = [
            models.Index(fields=["id"], name="event_unsealed", condition=models.Q(position=None)),
            BrinIndex(fields=["time"], name="event_time"),  # a few bytes, for replays of a stretch of time
        ]

    def __str__(self) -> str:
        return self.public_id


# As many signatures as a delivery carries at most.
MOST_SECRETS = 5


def everywhere() -> list[str]:
    return ["*"]


class Endpoint(models.Model):
    """A receiver of webhooks. ``events`` empty: all types.

    ``within`` holds the scopes whose customers it hears of, or ``*`` for all. ``hidden``, ``masked`` and ``only`` name
    attributes as the release policy does; ``purpose`` is one of consent, or ``purpose:channel``.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"  # by a person; deliveries wait
        DISABLED = "disabled", "Disabled"  # by us: it answered 410 or failed for days

    public_id = PublicIdField("we")
    url = models.URLField(max_length=2000)
    events = ArrayField(models.TextField(), default=list, blank=True)
    description = models.TextField(blank=True)
    secret = models.BinaryField(default=b"", help_text="That its webhooks are signed with: sealed.")
    secrets_before = ArrayField(models.BinaryField(), default=list, blank=True, help_text="Those it replaced: sealed.")
    secrets_until = ArrayField(models.DateTimeField(), default=list, blank=True, help_text="How long each signs still.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    region = models.CharField(
        max_length=8, blank=True, help_text="Where it is: the release section of the policy says what it may be told."
    )
    within = ArrayField(models.TextField(), default=everywhere, blank=True)
    hidden = ArrayField(models.TextField(), default=list, blank=True)
    masked = ArrayField(models.TextField(), default=list, blank=True)
    only = ArrayField(models.TextField(), default=list, blank=True, help_text="Empty: all that is not hidden.")
    purpose = models.CharField(max_length=200, blank=True)
    position = models.BigIntegerField(default=0, help_text="Of the feed, up to which its deliveries were made.")
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(
        max_length=20, blank=True, db_default="", help_text="Why we disabled it: gone (it answered 410) or failing."
    )
    proven_at = models.DateTimeField(
        null=True, blank=True, help_text="When it first took something at its address; none: not yet."
    )
    notice_at = models.DateTimeField(
        null=True, blank=True, help_text="When people are to be told that we disabled it; none: they were."
    )
    notice_tries = models.SmallIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.public_id

    def take_secret(self, text: str, *, now: datetime, overlap: timedelta = timedelta()) -> None:
        """Put ``text`` in place of the secret that its webhooks are signed with; nothing is saved. For ``overlap`` the
        present one signs beside it, so that the receiver can change over without refusing one; without an overlap none
        of those before signs any more.

        Whoever is not sure that a rotation succeeded repeats it: the one that the receiver knows is kept then, too.
        """
        held = [(self.secret, now + overlap)] if self.secret and overlap > timedelta() else []
        if held:
            older = zip(self.secrets_before, self.secrets_until, strict=True)
            held += [(blob, until) for blob, until in older if until > now][: MOST_SECRETS - 2]
        self.secrets_before, self.secrets_until = [blob for blob, _ in held], [until for _, until in held]
        self.secret = secrets.keep(text, of=f"endpoint {self.public_id}")

    def secrets_at(self, now: datetime) -> list[str]:
        """The secrets that sign at that instant, the newest first. What cannot be read, as after a restore without the
        key store, is left out: a rotation gives such an endpoint one that can."""
        older = zip(self.secrets_before, self.secrets_until, strict=True)
        found = []
        for blob in (self.secret, *(blob for blob, until in older if now < until)):
            with suppress(secrets.Unreadable):
                found.append(secrets.shown(blob, of=f"endpoint {self.public_id}"))
        return found


class EndpointHealth(models.Model):
    """How a receiver has been doing, shared by all who deliver to it: its circuit breaker.

    No row: it never failed. A table of its own, so that whoever changes an endpoint neither waits for those that
    deliver nor undoes what they wrote.
    """

    endpoint = models.OneToOneField(
        Endpoint, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="health"
    )
    failures = models.SmallIntegerField(default=0, help_text="In a row, since the last rest.")
    rests = models.SmallIntegerField(default=0, help_text="In a row; none: the circuit is closed.")
    until = models.DateTimeField(null=True, help_text="Nothing is sent to it before then.")
    failing_since = models.DateTimeField(null=True, help_text="When the first try failed since one was taken.")


class Delivery(models.Model):
    """One event for one endpoint."""

    class State(models.IntegerChoices):
        PENDING = 0, "pending"
        DELIVERED = 1, "delivered"
        DEAD_LETTER = 2, "dead_letter"

    public_id = PublicIdField("dl")
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    golden_id = models.BigIntegerField()
    position = models.BigIntegerField()
    urgent = models.BooleanField(default=False, help_text="Goes first: what a customer allows changed.")
    previous_sequence = models.IntegerField(null=True)
    state = models.SmallIntegerField(choices=State.choices, default=State.PENDING)
    attempts = models.SmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, db_default="", help_text="Class of the last failure; empty: none yet.")
    replayed_at = models.DateTimeField(null=True, help_text="When somebody last asked for it once more.")

    class Meta:
        # By event first: whoever claims must find no other way to an endpoint's rows than those two below.
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="delivery_once")]
        indexes = [
            models.Index(fields=["endpoint", "-urgent", "position"], name="delivery_next", condition=models.Q(state=0)),
            models.Index(fields=["endpoint", "golden_id", "position"], name="delivery_order"),
            models.Index(
                fields=["golden_id", "endpoint", "position"], name="delivery_dead", condition=models.Q(state=2)
            ),
        ]


class Attempt(models.Model):
    """One try. ``error`` is a class of failure such as ``timeout``, never what the receiver said."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status_code = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=60, blank=True)
    milliseconds = models.IntegerField()
