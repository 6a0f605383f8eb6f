"""What the key store holds: keys, and the ledger of what was forgotten. ``keystore_secret`` has no model: emptying the
tables in a test must not change it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Key(models.Model):
    """The key of one source record. ``wrapped`` is null once it was destroyed: what it sealed is gone for ever."""

    address = models.BinaryField(primary_key=True, max_length=16)
    wrapped = models.BinaryField(null=True, help_text="AES-256-GCM: nonce, then ciphertext with its tag.")
    master = models.IntegerField(help_text="Which master key wrapped it: 32 bits of its hash.")
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)


class AuditHead(models.Model):
    """How far the chain of the audit reached, and with which hash, noted where the main database has no say: so that
    a chain that was cut short, or written anew from some point on, is seen. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    noted_at = models.DateTimeField()


class Erasure(models.Model):
    """One entry of the erasure ledger: what was forgotten, by what can be compared and not read.

    Written in the transaction that destroys the keys, so that there is neither without the other. ``position`` has no
    gaps: entries are added one at a time. A main database, also one that comes back from a backup, follows the ledger.
    """

    position = models.BigIntegerField(primary_key=True)
    request_id = models.CharField(max_length=40, help_text="The privacy request, pr_…, that asked for it.")
    at = models.DateTimeField()
    whole = models.BooleanField(help_text="A customer was forgotten, not one source record alone.")
    addresses = ArrayField(models.BinaryField(), help_text="Of the source records, 16 bytes each.")
    golden_ids = ArrayField(models.TextField(), help_text="Golden ids that are gone since.")
    withdrawals = models.JSONField(default=list, help_text="Rows of the suppression list, by blind tokens.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request_id"], name="erasure_of_request_once")]


class ForgottenIdentity(models.Model):
    """By what a forgotten customer would be known again: a blind token of an identifier, a contact point, or a name
    with a birth date. A record with one of them that is older than ``before`` is not taken in."""

    token = models.BinaryField(primary_key=True, max_length=16)
    before = models.DateTimeField()
