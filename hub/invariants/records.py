"""Invariants 1 and 2: nothing that was acknowledged is lost, and every live record is in one golden record."""

from __future__ import annotations

from collections.abc import Iterator

from hub.invariants.breach import Breach
from hub.sql import rows


def nothing_lost() -> Iterator[Breach]:
    """1. A record that was acknowledged is resolved, waiting, or dead-lettered with a reason."""
    for public_id, status in rows(
        """
        SELECT m.public_id, m.status FROM hub_inboxmessage m
        LEFT JOIN hub_sourcerecord r ON r.id = m.record_id AND r.system_id = m.system_id
        WHERE (m.status = 1 AND r.id IS NULL) OR (m.status = 3 AND m.problem IS NULL)
        """
    ):
        text = "is marked resolved, but its record is not held" if status == 1 else "is a dead letter without a reason"
        yield Breach(1, public_id, f"The message {text}.")
    for (record_id,) in rows(
        """
        SELECT r.id FROM hub_sourcerecord r
        WHERE NOT EXISTS (SELECT 1 FROM hub_recordversion v WHERE v.record_id = r.id
                          AND v.occurred_at = r.occurred_at AND v.content_hash = r.content_hash)
        """
    ):
        yield Breach(1, f"record {record_id}", "Its present version is not among its versions.")


def newest_version_stands() -> Iterator[Breach]:
    """3. The present version is the newest one held, whatever the order of arrival."""
    for (record_id,) in rows(
        """
        SELECT DISTINCT r.id FROM hub_sourcerecord r JOIN hub_recordversion v ON v.record_id = r.id
        WHERE (v.occurred_at, v.content_hash) > (r.occurred_at, r.content_hash)
        """
    ):
        yield Breach(3, f"record {record_id}", "A newer version of it is held than the one that stands.")


def one_golden_record_each() -> Iterator[Breach]:
    """2. Every live source record is in exactly one golden record; one whose message still waits may be in none."""
    for record_id, deleted, golden_id, state in rows(
        """
        SELECT r.id, r.deleted, g.public_id, g.state FROM hub_sourcerecord r
        LEFT JOIN hub_crosswalk c ON c.record_id = r.id LEFT JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE (r.deleted AND g.id IS NOT NULL) OR (NOT r.deleted AND g.state <> 0)
           OR (NOT r.deleted AND g.id IS NULL AND NOT EXISTS (
                   SELECT 1 FROM hub_inboxmessage m
                   WHERE m.status <> 1 AND m.address = r.address))
        """
    ):
        if deleted:
            yield Breach(2, f"record {record_id}", f"It was deleted, but {golden_id} still counts it.")
        elif golden_id is None:
            yield Breach(2, f"record {record_id}", "It is in no golden record.")
        else:
            yield Breach(2, f"record {record_id}", f"It is in {golden_id}, which is not live (state {state}).")
    for (public_id,) in rows(
        """
        SELECT g.public_id FROM hub_goldenrecord g
        WHERE g.state = 0 AND NOT EXISTS (SELECT 1 FROM hub_crosswalk c WHERE c.golden_id = g.id)
        """
    ):
        yield Breach(2, public_id, "It is live without a source record.")
