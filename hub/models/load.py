"""How far a load has come, and what it keeps the workers from."""

from django.db import models


class LoadProgress(models.Model):
    """One file on its way into the inbox, so that a load that was killed goes on after its last committed rows.

    The row is written in the transaction that stores the messages, and goes when all of them are resolved.
    ``run`` is whoever loads it now: two cannot at once.
    """

    fingerprint = models.BinaryField(max_length=16, unique=True, help_text="Of the file's content, source and mapping.")
    run = models.BigIntegerField()
    rows = models.BigIntegerField(default=0, help_text="Of the file, stored or refused.")
    records = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejects = models.BigIntegerField(default=0)
    rejects_bytes = models.BigIntegerField(default=0, help_text="Length of the rejects file after these rows.")
    updated_at = models.DateTimeField()


class LaneHold(models.Model):
    """One lane that the workers leave alone, because a loader resolves what waits in it by itself.

    The loader renews ``until`` every few seconds; when it dies, the hold runs out and the workers go on.
    """

    lane = models.SmallIntegerField(primary_key=True)
    holder = models.BigIntegerField(help_text="A random number: who holds it.")
    until = models.DateTimeField()
