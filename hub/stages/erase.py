"""Erasure, the database half: every row that refers to a source record which was forgotten.

To be called under the switch lock, which keeps everybody waiting who resolves. What has to be settled by T3 (clusters,
suppressed keys, golden records) is settled before: here rows go.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hub.errors import ERASED
from hub.flow import Draft
from hub.sql import count, rows

# Tables that refer to source records, by the columns that do. Their rows are of no use without the record.
GOES: Mapping[str, tuple[str, ...]] = {
    "hub_blockingkey": ("record_id",),
    "hub_consentstatement": ("record_id",),
    "hub_edge": ("a_id", "b_id"),
    "hub_prepared": ("record_id",),
    "hub_recordversion": ("record_id",),
    "hub_restriction": ("record_id",),
    "hub_judgement": ("a_id", "b_id"),
    "hub_pin": ("record_id",),
    "hub_pastlink": ("record_id",),
    "hub_nativelink": ("record_id",),
    "hub_crosswalk": ("record_id",),
    "hub_sourcerecord": ("id",),
}
# Tables that refer to source records and keep their rows, without what they say of the record, and why.
STAYS: Mapping[str, str] = {
    "hub_goldenrecord": "a golden id answers for ever: gone (410), or live without the record",
    "hub_goldenversion": "a version that the record was part of says so, and nothing of what it said",
    "hub_inboxmessage": "a sender may still ask what became of its message: rejected, as erased",
    "hub_outboxevent": "sequence numbers have no gap: the event says that it was redacted",
    "hub_review": "judgements of other records may have been made with it",
    "hub_spareid": "a golden id that was lent to other records too",
    "hub_matchmodelversion": "says which records were under way at a switch",
    "hub_privacyrequest": "accounts for the request; whose it was is not told any more",
}


def records_at(addresses: Collection[bytes]) -> list[int]:
    """The source records at these addresses, by id."""
    return [
        row[0]
        for row in rows("SELECT id FROM hub_sourcerecord WHERE address = ANY(%b::bytea[]) ORDER BY id", list(addresses))
    ]


def addresses_of(record_ids: Collection[int]) -> list[bytes]:
    """Where these source records are."""
    return [
        bytes(row[0])
        for row in rows("SELECT address FROM hub_sourcerecord WHERE id = ANY(%b::bigint[])", list(record_ids))
    ]


def unplaced(*, but: Collection[int]) -> list[tuple[Any, ...]]:
    """(id, scope, system, address, sealed canonical form) of the live records that are in no golden record yet."""
    return rows(
        """
        SELECT r.id, s.scope, s.code, r.address, r.canonical FROM hub_crosswalk c
        JOIN hub_sourcerecord r ON r.id = c.record_id JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE c.golden_id IS NULL AND NOT r.deleted AND r.id <> ALL(%b::bigint[])
        """,
        list(but),
    )


def mark_deleted(record_ids: Sequence[int]) -> None:
    """So that nobody takes them for live while T3 settles what hung on them."""
    rows("UPDATE hub_sourcerecord SET deleted = true WHERE id = ANY(%b::bigint[])", list(record_ids))


def goldens_with(record_ids: Sequence[int]) -> list[int]:
    """The golden records that these records are or were in, whose events and versions may speak of them; ascending
    ids."""
    found = rows(
        """
        SELECT golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) AND golden_id IS NOT NULL
        UNION SELECT golden_id FROM hub_pastlink WHERE record_id = ANY(%b::bigint[])
        UNION SELECT id FROM hub_goldenrecord WHERE state = 1 AND last_members && %b::bigint[] ORDER BY 1
        """,
        *[list(record_ids)] * 3,
    )
    return [row[0] for row in found]


def going(record_ids: Sequence[int]) -> list[str]:
    """The public ids of the golden records that have, or had last, no other record than these; a record that is held
    no more counts for nothing."""
    found = rows(
        """
        WITH near AS (
            SELECT c.golden_id AS id FROM hub_crosswalk c
            WHERE c.record_id = ANY(%b::bigint[]) AND c.golden_id IS NOT NULL
            UNION SELECT id FROM hub_goldenrecord WHERE state = 1 AND last_members && %b::bigint[])
        SELECT g.public_id FROM near JOIN hub_goldenrecord g ON g.id = near.id
        WHERE NOT EXISTS (
            SELECT 1 FROM hub_crosswalk c WHERE c.golden_id = g.id AND c.record_id <> ALL(%b::bigint[]))
          AND (g.state = 0 OR NOT EXISTS (
            SELECT 1 FROM unnest(g.last_members) AS m(id) JOIN hub_sourcerecord r ON r.id = m.id
            WHERE m.id <> ALL(%b::bigint[])))
        ORDER BY g.public_id
        """,
        *[list(record_ids)] * 4,
    )
    return [row[0] for row in found]


def let_go(golden_ids: Collection[str]) -> None:
    """These golden ids go, so that they are not to be given to anybody for whom only judgements stand in the way."""
    for table in ("hub_nativelink", "hub_spareid"):
        rows(
            f"DELETE FROM {table} n USING hub_goldenrecord g "
            "WHERE g.id = n.golden_id AND g.public_id = ANY(%b::text[])",
            sorted(golden_ids),
        )


def close_goldens(golden_ids: Collection[str], *, request_id: str) -> list[Draft]:
    """Make these golden ids answer that they are gone, and those that this database never gave out (it came back from
    a backup) too. Gives the ``golden.erased`` events of those that had none yet."""
    rows(
        """
        INSERT INTO hub_goldenrecord (public_id, kind, scope, state, version, sequence, body, provenance, content_hash,
                                      holders, messages, cause_type, cause_ref, last_members, created_at, updated_at)
        SELECT n.id, '', '', 2, 0, 0, '', '', '', '{}', '{}', '', '', '{}', now(), now()
        FROM unnest(%b::text[]) AS n(id)
        WHERE NOT EXISTS (SELECT 1 FROM hub_goldenrecord g WHERE g.public_id = n.id)
        """,
        sorted(golden_ids),
    )
    closed = rows(
        """
        WITH due AS (
            SELECT g.id FROM hub_goldenrecord g WHERE g.public_id = ANY(%b::text[]) AND g.state <> 2
              AND NOT EXISTS (SELECT 1 FROM hub_crosswalk c WHERE c.golden_id = g.id)
            ORDER BY g.id FOR UPDATE)
        UPDATE hub_goldenrecord g SET state = 2, body = '', provenance = '', content_hash = '', holders = '{}',
                                      messages = '{}', last_members = '{}', updated_at = now()
        FROM due WHERE g.id = due.id RETURNING g.id, g.public_id, g.version
        """,
        sorted(golden_ids),
    )
    ids = [golden for golden, *_ in closed]
    for table in ("hub_goldenterm", "hub_goldenversion"):
        rows(f"DELETE FROM {table} WHERE golden_id = ANY(%b::bigint[])", ids)
    cause = {"type": "erasure", "ref": request_id}
    return [
        Draft(golden, public_id, "golden.erased",
              {"golden_id": public_id, "version": version, "changed": [], "cause": cause})
        for golden, public_id, version in sorted(closed)
    ]  # fmt: skip


def leave(record_ids: Sequence[int], *, golden_ids: Sequence[int]) -> None:
    """Take the records out of what keeps its rows; ``golden_ids`` as ``goldens_with`` gave them. A past version keeps
    the number of its message, of which nothing is left: that it cannot be told whole any more is part of the past."""
    records = list(record_ids)
    rows(
        """
        UPDATE hub_goldenversion SET holders = ARRAY(
            SELECT x FROM unnest(holders) WITH ORDINALITY AS u(x, place) WHERE x <> ALL(%b::bigint[]) ORDER BY place)
        WHERE golden_id = ANY(%b::bigint[]) AND holders && %b::bigint[]
        """,
        records, list(golden_ids), records,
    )  # fmt: skip
    rows(
        """
        UPDATE hub_goldenrecord SET body = '', provenance = '', holders = '{}', messages = '{}'
        WHERE id = ANY(%b::bigint[]) AND state = 1 AND holders && %b::bigint[]
        """,
        list(golden_ids), records,
    )  # fmt: skip
    for table, column in (("hub_goldenrecord", "last_members"), ("hub_spareid", "members"),
                          ("hub_matchmodelversion", "unsettled")):  # fmt: skip
        rows(
            f"""
            UPDATE {table} SET {column} = ARRAY(
                SELECT x FROM unnest({column}) WITH ORDINALITY AS u(x, place) WHERE x <> ALL(%b::bigint[])
                ORDER BY place)
            WHERE {column} && %b::bigint[] {"AND state = 1" if column == "last_members" else ""}
            """,
            records,
            records,
        )
    # Of a judgement of two others that was made with the review, the review must stay.
    rows(
        """
        DELETE FROM hub_judgement WHERE a_id = ANY(%b::bigint[]) OR b_id = ANY(%b::bigint[])
        """,
        records,
        records,
    )
    rows(
        """
        DELETE FROM hub_review v WHERE (record_a_id = ANY(%b::bigint[]) OR record_b_id = ANY(%b::bigint[]))
            AND NOT EXISTS (SELECT 1 FROM hub_judgement j WHERE j.review_id = v.id)
        """,
        records,
        records,
    )
    for end in ("record_a_id", "record_b_id"):
        rows(f"UPDATE hub_review SET {end} = 0 WHERE {end} = ANY(%b::bigint[])", records)


def remove(record_ids: Sequence[int]) -> None:
    """The rows that are of no use without the records, and last the records themselves."""
    for table, names in GOES.items():
        for name in names:
            rows(f"DELETE FROM {table} WHERE {name} = ANY(%b::bigint[])", list(record_ids))


def empty_messages(addresses: Collection[bytes], record_ids: Sequence[int]) -> int:
    """What was received about the records is rejected as erased, with nothing left in it; how many messages."""
    return count(
        """
        UPDATE hub_inboxmessage SET payload = '', address = '', dedupe = NULL, record_id = NULL, status = 2,
               problem = %s::jsonb, lease_until = NULL, lease_token = NULL
        WHERE address = ANY(%b::bytea[]) OR record_id = ANY(%b::bigint[])
        """,
        json.dumps(ERASED),
        list(addresses),
        list(record_ids),
    )


def redact_events(golden_ids: Collection[int], record_ids: Sequence[int]) -> int:
    """What events of these golden records say goes where it speaks of one of the records: which golden record it was
    about stays, with its present version, and the place in the order. How many events."""
    return count(
        """
        UPDATE hub_outboxevent e SET holders = '{}', data = convert_to(json_build_object(
            'golden_id', g.public_id, 'version', g.version, 'changed', '{}'::text[], 'redacted', true)::text, 'UTF8')
        FROM hub_goldenrecord g
        WHERE g.id = e.golden_id AND e.golden_id = ANY(%b::bigint[]) AND e.holders && %b::bigint[]
        """,
        sorted(golden_ids),
        list(record_ids),
    )


def blank_requests(record_ids: Sequence[int], *, but: str) -> None:
    """Privacy requests about the records: whose they were, and what people typed about it, goes. Of the erasure itself
    (``but``) what is said later stays: it accounts for what was done."""
    rows(
        """
        UPDATE hub_privacystep s SET proof = '' FROM hub_privacyrequest q
        WHERE q.id = s.request_id AND q.records && %b::bigint[] AND q.public_id <> %s
        """,
        list(record_ids),
        but,
    )
    rows(
        """
        UPDATE hub_privacyrequest SET reference = '', reason = '', address = '', records = ARRAY(
            SELECT unnest(records) EXCEPT SELECT unnest(%b::bigint[]))
        WHERE records && %b::bigint[] OR public_id = %s
        """,
        list(record_ids),
        list(record_ids),
        but,
    )


def requests_about(record_ids: Collection[int]) -> list[str]:
    """The privacy requests (``pr_…``) about these records."""
    found = rows("SELECT public_id FROM hub_privacyrequest WHERE records && %b::bigint[]", list(record_ids))
    return [row[0] for row in found]


def suppressions_of(record_ids: Collection[int]) -> list[tuple[Any, ...]]:
    """The rows of the suppression list that withdrawals of these records are on, times as text, for the erasure ledger:
    a database that comes back from a backup would not have them."""
    return rows(
        """
        SELECT encode(s.point, 'hex'), s.statement, s.purpose, s.channel, s.brand, s.captured_at::text,
               s.effective_from::text, s.effective_to::text FROM hub_suppression s
        JOIN hub_consentstatement c ON c.public_id = s.statement
        WHERE c.record_id = ANY(%b::bigint[]) ORDER BY s.statement, s.point
        """,
        list(record_ids),
    )


def suppress(written: Sequence[Sequence[Any]]) -> None:
    """Put rows of ``suppressions_of`` on the suppression list, those that are not there."""
    for row in written:
        rows(
            """
            INSERT INTO hub_suppression (point, statement, purpose, channel, brand, captured_at, effective_from,
                                         effective_to)
            VALUES (decode(%s, 'hex'), %s, %s, %s, %s, %s::text::timestamptz, %s::text::timestamptz,
                    %s::text::timestamptz) ON CONFLICT (point, statement) DO NOTHING
            """,
            *row,
        )
