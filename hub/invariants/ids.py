"""Invariant 7: a golden id answers for ever, and whatever names one names one that is known."""

from __future__ import annotations

from collections.abc import Iterator

from hub.invariants.breach import Breach
from hub.sql import rows


def answer_for_ever() -> Iterator[Breach]:
    """7. A golden id is live, redirects to a live one, or is gone; events name none that is unknown.

    A redirect is the way from the last members of a retired id to where they are now. So it takes one step and
    cannot loop; it dangles where such a member is live and in no live golden record.
    """
    for (public_id,) in rows("SELECT public_id FROM hub_goldenrecord WHERE state = 1 AND last_members = '{}'"):
        yield Breach(7, public_id, "It is retired and says not where its records went.")
    for (public_id,) in rows("SELECT public_id FROM hub_goldenrecord WHERE state = 0 AND last_members <> '{}'"):
        yield Breach(7, public_id, "It is live and still says where its records went.")
    for public_id, state in rows("SELECT public_id, state FROM hub_goldenrecord WHERE state NOT IN (0, 1, 2)"):
        yield Breach(7, public_id, f"It is in a state that does not answer ({state}).")
    for public_id, record_id, known, golden_id in rows(
        """
        SELECT g.public_id, m.record_id, r.id IS NOT NULL, home.public_id FROM hub_goldenrecord g
        CROSS JOIN unnest(g.last_members) AS m(record_id)
        LEFT JOIN hub_sourcerecord r ON r.id = m.record_id
        LEFT JOIN hub_crosswalk c ON c.record_id = m.record_id
        LEFT JOIN hub_goldenrecord home ON home.id = c.golden_id
        WHERE g.state = 1 AND (r.id IS NULL OR (NOT r.deleted AND home.state IS DISTINCT FROM 0 AND NOT EXISTS (
            SELECT 1 FROM hub_inboxmessage w
            WHERE w.status <> 1 AND w.address = r.address)))
        """
    ):
        way = f"whose golden record is {golden_id or 'none'}, which is not live" if known else "which is not held"
        yield Breach(7, public_id, f"It redirects by record {record_id}, {way}.")
    for (subject,) in rows(
        """
        SELECT DISTINCT e.subject FROM hub_outboxevent e
        WHERE NOT EXISTS (SELECT 1 FROM hub_goldenrecord g WHERE g.public_id = e.subject AND g.id = e.golden_id)
        """
    ):
        yield Breach(7, subject, "Events were sent about it, but it is not known any more.")


def crosswalk_dangles_nowhere() -> Iterator[Breach]:
    """7. Every source record has its row of the crosswalk, and every row names a record and golden record held."""
    for record_id, row, known in rows(
        """
        SELECT coalesce(r.id, c.record_id), c.record_id IS NOT NULL, r.id IS NOT NULL
        FROM hub_sourcerecord r FULL JOIN hub_crosswalk c ON c.record_id = r.id
        LEFT JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE r.id IS NULL OR c.record_id IS NULL OR (c.golden_id IS NOT NULL AND g.id IS NULL)
        """
    ):
        text = "It has no row in the crosswalk." if not row else "The crosswalk puts it into a golden record unknown."
        yield Breach(7, f"record {record_id}", text if known else "The crosswalk names it, but it is not held.")


def reviews_join_live_records() -> Iterator[Breach]:
    """7. An open review asks about two golden records that are live, by a record of each; a closed one about two
    that are known."""
    for public_id, ordered, known in rows(
        """
        SELECT v.public_id, v.golden_a_id < v.golden_b_id, a.id IS NOT NULL AND b.id IS NOT NULL FROM hub_review v
        LEFT JOIN hub_goldenrecord a ON a.id = v.golden_a_id LEFT JOIN hub_goldenrecord b ON b.id = v.golden_b_id
        WHERE a.id IS NULL OR b.id IS NULL OR v.golden_a_id >= v.golden_b_id
           OR (v.state = 'open' AND (a.state <> 0 OR b.state <> 0))
        """
    ):
        if not known:
            yield Breach(7, public_id, "The review names a golden record that is not known.")
        else:
            text = "asks about a golden record that is not live" if ordered else "names its golden records out of order"
            yield Breach(7, public_id, f"The review {text}.")
    for (public_id,) in rows(
        """
        SELECT v.public_id FROM hub_review v
        JOIN hub_crosswalk a ON a.record_id = v.record_a_id JOIN hub_crosswalk b ON b.record_id = v.record_b_id
        WHERE v.state = 'open' AND ARRAY[least(a.golden_id, b.golden_id), greatest(a.golden_id, b.golden_id)]
              IS DISTINCT FROM ARRAY[v.golden_a_id, v.golden_b_id]
        """
    ):
        yield Breach(7, public_id, "The records that raised the review are not in the golden records that it names.")
