"""Which golden records are under restriction: kept, and neither released nor used (GDPR Art. 18).

A golden record is restricted while one of its members is: its values cannot be told from those of the others, so that
none is released. To a client it answers 451; lists, searches and exports pass over it; events about it keep their
place and lose what they say; nothing may be sent to the customer.
"""

from __future__ import annotations

from collections.abc import Collection

from hub.sql import rows

# In a statement that reads ``hub_goldenrecord g``.
NOT_RESTRICTED = """NOT EXISTS (SELECT 1 FROM hub_restriction rs JOIN hub_crosswalk rc ON rc.record_id = rs.record_id
                                WHERE rs.lifted_at IS NULL AND rc.golden_id = g.id)"""


def restricted(golden_ids: Collection[int]) -> frozenset[int]:
    """Those of these golden records (database ids) that have a restricted member."""
    if not golden_ids:
        return frozenset()
    found = rows(
        """
        SELECT DISTINCT c.golden_id FROM hub_restriction r JOIN hub_crosswalk c ON c.record_id = r.record_id
        WHERE r.lifted_at IS NULL AND c.golden_id = ANY(%b::bigint[])
        """,
        sorted(golden_ids),
    )
    return frozenset(row[0] for row in found)
