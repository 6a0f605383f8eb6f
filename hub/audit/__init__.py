"""The audit: who changed what, and who saw what. What is added here is chained by the sealer, after commit.

Entries hold ids, codes and numbers. Where an id can be personal (a source system may number its customers by e-mail
address) its record's number in the hub stands for it: ``record:17``.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from hub.errors import NotFound
from hub.models import AuditEntry
from hub.sql import rows

SYSTEM = "system"


def user(person: Any) -> str:
    """The actor for a person who is signed in."""
    return f"user:{person.pk}"


def client(client_id: str) -> str:
    """The actor for a channel or a system: its public client id."""
    return f"client:{client_id}"


def command() -> str:
    """The actor for whoever runs a command: the account on the machine."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # no name for this number
        account = "unknown"
    return "command:" + re.sub(r"[^A-Za-z0-9_.-]", "_", account)[:60]


def note(action: str, *, actor: str, subject: str, at: datetime | None = None, **detail: Any) -> AuditEntry:
    """Add one entry, in the transaction of what it tells of.

    ``action`` is ``thing.done``, such as ``source.created``; ``subject`` a public id or a code. Raises ``ValueError``
    for a text that may be about a person.
    """
    return AuditEntry.objects.create(
        at=at or timezone.now(), actor=actor, action=action, subject=subject, detail=detail
    )


def redact(entry_ids: Sequence[int], *, actor: str, reason: str) -> int:
    """Take out what these entries say, for ever; their places in the chain stay. How many there were.

    ``reason`` is a code, such as the public id of a privacy request. Raises ``NotFound`` for an id that is unknown or
    was redacted before: nothing is changed then.
    """
    with transaction.atomic():
        changed = rows(
            """
            UPDATE hub_auditentry SET subject = '', detail = '{}', salt = NULL, redacted_at = now()
            WHERE id = ANY(%b::bigint[]) AND redacted_at IS NULL RETURNING id
            """,
            sorted(set(entry_ids)),
        )
        if len(changed) != len(set(entry_ids)):
            raise NotFound("Not every one of these audit entries is there to be redacted.")
        note("audit.redacted", actor=actor, subject=reason, entries=sorted(set(entry_ids)))
    return len(changed)
