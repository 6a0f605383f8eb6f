"""What the key store holds. ``keystore_secret`` has no model: emptying the tables in a test must not change it."""

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
