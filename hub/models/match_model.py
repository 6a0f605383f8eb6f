"""Match model versions: data, never code."""

from django.db import models


class MatchModelVersion(models.Model):
    """``document`` is what ``matching.model.MatchModel`` reads. A version never changes; one is active."""

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    document = models.JSONField()
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["active"], name="match_model_active", condition=models.Q(active=True))
        ]

    def __str__(self) -> str:
        return self.name
