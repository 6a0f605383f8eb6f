"""Who did what, and who saw what. Ids only: no personal data."""

import os
import re
from typing import Any

from django.db import models

from hub import chain

_PLAIN = re.compile(r"[A-Za-z0-9_.:*/+\[\]-]{0,120}", re.ASCII)


def _salt() -> bytes:
    return os.urandom(16)


class CommitmentField(models.BinaryField):
    """Made of what the entry says when it is added, whoever adds it; refuses words that are no ids."""

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes:
        entry: Any = model_instance
        if add:
            _check([entry.actor, entry.action, entry.subject, entry.detail])
            words = chain.said(chain.moment(entry.at), entry.actor, entry.action, entry.subject, entry.detail)
            entry.commitment = chain.commitment(bytes(entry.salt), words)
        return bytes(entry.commitment)


def _check(value: Any) -> None:
    """Ids, codes, names of fields and numbers pass; what people type, addresses and texts do not."""
    if isinstance(value, dict):
        _check([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif isinstance(value, str) and not _PLAIN.fullmatch(value):
        raise ValueError("An audit entry holds ids, codes and numbers: this text may be about a person.")
    elif not isinstance(value, (str, int, bool, type(None))):
        raise TypeError(f"An audit entry cannot hold a {type(value).__name__}.")


class AuditEntry(models.Model):
    """One thing that was done or seen. Only added, never changed: the database refuses the rest.

    ``actor`` is ``user:ID``, ``client:ID``, ``command:ACCOUNT`` (of the machine) or ``system``. The sealer gives
    ``position`` and ``hash`` after commit (see ``hub.chain``). A redacted entry has lost its subject, detail and
    salt, and keeps its place by its commitment.
    """

    at = models.DateTimeField()
    actor = models.TextField(help_text="user:ID, client:ID, command:ACCOUNT or system.")
    action = models.CharField(max_length=60)
    subject = models.TextField()
    detail = models.JSONField(default=dict)
    salt = models.BinaryField(max_length=16, null=True, default=_salt)
    commitment = CommitmentField(max_length=32)
    position = models.BigIntegerField(null=True, unique=True, help_text="In the chain; given after commit.")
    hash = models.BinaryField(max_length=32, null=True)
    redacted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="audit_subject"),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(position=None)),
        ]

    def __str__(self) -> str:
        return f"audit entry {self.pk}"
