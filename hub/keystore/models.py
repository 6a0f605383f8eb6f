"""What the key store holds. ``keystore_secret`` has no model: emptying the tables in a test must not change it."""

from django.db import models


class Key(models.Model):
    """The key of one source record. ``wrapped`` is null once it was destroyed: what it sealed is gone for ever."""

    address = models.BinaryField(primary_key=True, max_length=16)
    wrapped = models.BinaryField(null=True, help_text="AES-256-GCM: nonce, then ciphertext with its tag.")
    master = models.IntegerField(help_text="Which master key wrapped it: 32 bits of its hash.")
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)
