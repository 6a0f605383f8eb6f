"""Invariant 4 in time: past versions and links point at what made them, one after the other, without gap or overlap."""

from __future__ import annotations

from collections.abc import Iterator

from hub.invariants.breach import Breach
from hub.sql import rows


def versions_follow_one_another() -> Iterator[Breach]:
    """4. Of every golden record each version is told of once, in the order of time; of an erased one none."""
    for public_id, version, number in rows(
        """
        SELECT g.public_id, g.version, count(v.version) FROM hub_goldenrecord g
        LEFT JOIN hub_goldenversion v ON v.golden_id = g.id
        GROUP BY g.id HAVING count(v.version) <> CASE g.state WHEN 0 THEN g.version - 1 WHEN 1 THEN g.version ELSE 0 END
                          OR coalesce(min(v.version), 1) <> 1 OR coalesce(max(v.version), 0) > g.version
        """
    ):
        yield Breach(4, public_id, f"It is at version {version}, and {number} are told of as past.")
    for public_id, version in rows(
        """
        SELECT g.public_id, o.version FROM (
            SELECT golden_id, version, since, until,
                   lag(until) OVER (PARTITION BY golden_id ORDER BY version) AS before
            FROM (SELECT golden_id, version, since, until FROM hub_goldenversion
                  UNION ALL SELECT id, version, updated_at, NULL FROM hub_goldenrecord WHERE state = 0) v
        ) o JOIN hub_goldenrecord g ON g.id = o.golden_id
        WHERE o.before > o.since OR o.until < o.since
        """
    ):
        yield Breach(4, public_id, f"Version {version} is out of time with the one before, or with itself.")


def versions_point_at_messages() -> Iterator[Breach]:
    """4. A version names a cause, and of each of its records a message that was about this record. Of a record that
    was erased since, the number of its message is all that is left."""
    for public_id, version in rows(
        """
        SELECT g.public_id, v.version FROM (
            SELECT golden_id, version, holders, messages, cause_type FROM hub_goldenversion
            UNION ALL SELECT id, version, holders, messages, cause_type FROM hub_goldenrecord WHERE state = 0
        ) v JOIN hub_goldenrecord g ON g.id = v.golden_id
        WHERE v.messages = '{}' OR v.cause_type = '' OR v.holders IS DISTINCT FROM ARRAY(
            SELECT m.record_id FROM hub_inboxmessage m WHERE m.id = ANY(v.messages) AND m.record_id IS NOT NULL
            ORDER BY 1)
        """
    ):
        yield Breach(4, public_id, f"Version {version} lacks a cause, or does not name a message of each record.")


def past_links_end_where_the_next_begins() -> Iterator[Breach]:
    """4. A record was of one golden record at a time."""
    for (record_id,) in rows(
        """
        SELECT DISTINCT record_id FROM (
            SELECT record_id, since, until, lag(until) OVER (PARTITION BY record_id ORDER BY since, id) AS before
            FROM (SELECT id, record_id, since, until FROM hub_pastlink
                  UNION ALL SELECT 2 ^ 62, record_id, linked_at, NULL FROM hub_crosswalk
                  WHERE golden_id IS NOT NULL) l
        ) o WHERE o.before > o.since OR o.until < o.since
        """
    ):
        yield Breach(4, f"record {record_id}", "It was of two golden records at once.")
