"""What brings candidates together, and what comparing them gave."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class BlockingKey(models.Model):
    """One key of one record. ``key`` is a 64-bit hash of scope, rule and value.

    The record's own list of them is in ``Prepared.keys``: the table answers who else has a key.
    """

    model = models.ForeignKey("hub.MatchModelVersion", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    key = models.BigIntegerField()
    record = models.ForeignKey("hub.SourceRecord", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    pk = models.CompositePrimaryKey("model_id", "key", "record_id")


class SuppressedKey(models.Model):
    """A key whose block is larger than its rule's cap: it brings no candidates and carries no edge."""

    model = models.ForeignKey("hub.MatchModelVersion", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    key = models.BigIntegerField()
    rule = models.SmallIntegerField()
    since = models.DateTimeField()
    pk = models.CompositePrimaryKey("model_id", "key")


class Edge(models.Model):
    """The match weight of two record versions, in milli-bits; ``a`` is the lower record id.

    It counts while both ``rev``s are current and at least one of ``keys``, the blocking keys that the two
    versions share, is not suppressed.
    """

    model = models.ForeignKey("hub.MatchModelVersion", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    a = models.ForeignKey(
        "hub.SourceRecord", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    b = models.ForeignKey(
        "hub.SourceRecord", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    a_rev = models.BigIntegerField()
    b_rev = models.BigIntegerField()
    weight = models.IntegerField()
    conflict = models.CharField(max_length=20, blank=True, help_text="The hard conflict that forbids joining the two.")
    keys = ArrayField(models.BigIntegerField())
    pk = models.CompositePrimaryKey("model_id", "a_id", "b_id", "a_rev", "b_rev")

    class Meta:
        indexes = [models.Index(fields=["b", "model"], name="edge_other_end")]
