"""How far the audit's chain reached, noted in the key store: entries that were cut off its end are missed there."""

from __future__ import annotations

from django.db import transaction

from hub import chain
from hub.audit import SYSTEM, note
from hub.keystore.router import ALIAS
from hub.sql import rows

# What this process noted last.
_noted: list[tuple[int, bytes]] = [(0, chain.GENESIS)]


def held() -> tuple[int, bytes]:
    """Position and hash of the last chained entry; (0, ``GENESIS``) where there is none."""
    found = rows("SELECT position, hash FROM hub_auditentry WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1")
    return found[0] if found else (0, chain.GENESIS)


def noted() -> tuple[int, bytes] | None:
    """What the key store says; None where nothing was noted yet."""
    found = rows("SELECT position, hash FROM keystore_audithead", using=ALIAS)
    return found[0] if found else None


def keep() -> int:
    """Note the end of the chain where it has grown; how much was done, as a sweep says it. A shorter chain is not
    noted."""
    position, hashed = held()
    if (position, hashed) == _noted[0]:
        return 0
    rows(
        """
        INSERT INTO keystore_audithead AS h (id, position, hash, noted_at) VALUES (1, %s, %s, now())
        ON CONFLICT (id) DO UPDATE SET position = EXCLUDED.position, hash = EXCLUDED.hash, noted_at = now()
        WHERE h.position < EXCLUDED.position
        """,
        position,
        hashed,
        using=ALIAS,
    )
    _noted[0] = position, hashed
    return 0


def after_restore() -> None:
    """Begin again from a chain that a restore put back to an earlier end. That entries are lost, and with which hash
    they ended, is told by an entry of its own."""
    before = noted()
    if before is None or rows("SELECT hash FROM hub_auditentry WHERE position = %s", before[0]) == [(before[1],)]:
        return
    position, hashed = held()
    with transaction.atomic(), transaction.atomic(using=ALIAS):
        note("audit.restored", actor=SYSTEM, subject="audit", lost_position=before[0], lost_hash=before[1].hex(),
             position=position)  # fmt: skip
        rows("UPDATE keystore_audithead SET position = %s, hash = %s, noted_at = now()", position, hashed, using=ALIAS)
    _noted[0] = 0, chain.GENESIS
