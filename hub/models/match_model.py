"""Match model versions: data, never code."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class MatchModelVersion(models.Model):
    """``document`` is what ``matching.model.MatchModel`` reads. A version never changes; one is active.

    Prepared forms, keys and edges are held for the active version, whose rows every batch keeps in step, and for
    those with ``caught_up_to``: all record versions up to this id of ``RecordVersion`` are in them, but for the
    records in ``unsettled``.
    """

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    document = models.JSONField()
    active = models.BooleanField(default=False)
    caught_up_to = models.BigIntegerField(
        null=True, help_text="The last record version that its rows know of; null: it has none, or is active."
    )
    unsettled = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text="Records whose resolution was under way when it was left.",
    )
    proposed_at = models.DateTimeField(null=True, help_text="When the hub estimated it for itself.")
    chosen_for = models.IntegerField(
        null=True, help_text="How many records the hub held when a person activated it; null: nobody did."
    )
    activated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["active"], name="match_model_active", condition=models.Q(active=True))
        ]

    def __str__(self) -> str:
        return self.name
