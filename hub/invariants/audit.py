"""The chain of the audit: nothing was changed, taken out, put in between or reordered, and its end is where it was.

It is numbered 11, after the ten of the contract.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub import chain
from hub.audit import head
from hub.invariants.breach import Breach
from hub.sql import rows

NUMBER = 11
_PAGE = 20_000


def chain_holds() -> Iterator[Breach]:
    """11. Every chained audit entry says what its commitment holds it to, and follows the one before it. Only the
    first break is named: whatever comes after it is as doubtful."""
    noted = head.noted() or (0, chain.GENESIS)  # before the entries are read: they only become more
    position, before = 0, chain.GENESIS
    while page := rows(
        """
        SELECT position, hash, commitment, salt, redacted_at IS NOT NULL, id, at, actor, action, subject, detail
        FROM hub_auditentry WHERE position > %s ORDER BY position LIMIT %s
        """,
        position,
        _PAGE,
    ):
        for place, hashed, commitment, salt, redacted, entry, at, *words in page:
            position += 1
            subject = f"audit entry {entry}"
            if place != position:
                yield Breach(NUMBER, subject, f"It is at position {place} of the chain: {position} is missing.")
                return
            if not redacted and (
                salt is None or chain.commitment(salt, chain.said(chain.moment(at), *words)) != commitment
            ):
                yield Breach(NUMBER, subject, f"It does not say what it said when it was made (position {position}).")
                return
            before = chain.link(before, position, commitment)
            if before != hashed:
                yield Breach(NUMBER, subject, f"Its hash does not follow from those before (position {position}).")
                return
            if (position, hashed) != noted and position == noted[0]:
                yield Breach(NUMBER, subject, f"The key store noted another hash for position {position}.")
                return
    if position < noted[0]:
        yield Breach(NUMBER, "audit", f"It ends at position {position}: the key store noted {noted[0]}.")
