"""Whole tables' worth of rows at once: what a first load writes, and what it finds and leaves when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import orjson

from hub import ledger
from hub.copying import copy, fixed, int4, int8, microseconds, row
from hub.flow import Doubt
from hub.models.inbox import Lane
from hub.sql import count, lock_once, rows

# The columns of each table in the order in which rows have them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "hub_sourcerecord": ("id", "address", "system_id", "kind", "occurred_at", "content_hash", "canonical", "deleted",
                         "message_id", "first_seen_at", "updated_at"),
    "hub_recordversion": ("record_id", "occurred_at", "content_hash", "message_id", "recorded_at"),
    "hub_consentstatement": ledger.COLUMNS,
    "hub_prepared": ("record_id", "model_id", "rev", "key_data", "data", "keys", "gone", "moved", "moved_rules"),
    "hub_blockingkey": ("model_id", "key", "record_id"),
    "hub_edge": ("model_id", "a_id", "b_id", "a_rev", "b_rev", "weight", "conflict", "keys"),
    "hub_goldenrecord": ("id", "public_id", "kind", "scope", "state", "version", "sequence", "body", "provenance",
                         "content_hash", "cause_type", "cause_ref", "policy", "holders", "messages", "last_members",
                         "created_at", "updated_at"),
    "hub_goldenterm": ("golden_id", "token"),
    "hub_crosswalk": ("record_id", "golden_id", "linked_at"),
    "hub_review": ("public_id", "state", "golden_a_id", "golden_b_id", "record_a_id", "record_b_id", "weight",
                   "conflict", "priority", "opened_at"),
    "hub_outboxevent": ("public_id", "type", "golden_id", "subject", "sequence", "after", "holders", "data",
                        "time"),
}  # fmt: skip


def write(table: str, data: Iterable[bytes]) -> int:
    """Copy rows into a table; how many there were."""
    return copy(table, COLUMNS[table], data)


def take_ids(table: str, number: int) -> np.ndarray:
    """New ids of a table, ascending (int64)."""
    found = rows(
        "SELECT array_agg(nextval(pg_get_serial_sequence(%s, 'id'))) FROM generate_series(1, %s)", table, number
    )
    return np.sort(np.array(found[0][0] or [], dtype=np.int64))


def waiting(lane: Lane, *, after: int, limit: int) -> list[tuple[int, bytes]]:
    """(id, address of its record) of messages of a lane that wait and that nobody has taken up, in order."""
    return rows(
        """
        SELECT id, address FROM hub_inboxmessage
        WHERE status = 0 AND lane = %s AND id > %s AND attempts = 0 AND lease_until IS NULL ORDER BY id LIMIT %s
        """,
        int(lane),
        after,
        limit,
    )


def is_empty() -> bool:
    """Whether the hub holds no source record, and prepares none for another match model."""
    found = rows("SELECT EXISTS (SELECT 1 FROM hub_sourcerecord)")
    return not found[0][0] and not has_shadow()


def has_shadow() -> bool:
    """Whether records are being prepared for another match model than the active one."""
    found = rows("SELECT EXISTS (SELECT 1 FROM hub_matchmodelversion WHERE caught_up_to IS NOT NULL)")
    return bool(found[0][0])


def resolve_messages(messages: Sequence[int], records: Sequence[int]) -> tuple[int, bool]:
    """Mark messages resolved by their records; how many still waited and were nobody's, and whether one of these
    belongs to a trace. They stay locked."""
    found = rows(
        """
        WITH done AS (
            UPDATE hub_inboxmessage m
            SET status = 1, resolved_at = now(), record_id = n.record_id, attempts = 1
            FROM unnest(%b::bigint[], %b::bigint[]) AS n(id, record_id)
            WHERE m.id = n.id AND m.status = 0 AND m.lease_until IS NULL
            RETURNING m.trace IS NOT NULL AS traced)
        SELECT count(*), coalesce(bool_or(traced), false) FROM done
        """,
        messages,
        records,
    )
    return found[0][0], found[0][1]


def carry_traces() -> None:
    """Give the events of golden records the trace of the message that is their cause."""
    rows(
        """
        UPDATE hub_outboxevent e SET trace = m.trace
        FROM hub_goldenrecord g JOIN hub_inboxmessage m ON m.public_id = g.cause_ref
        WHERE e.golden_id = g.id AND e.trace IS NULL AND m.trace IS NOT NULL
        """
    )


def give_up(messages: Sequence[int], problems: Sequence[Mapping[str, Any]]) -> int:
    """Make messages that cannot be read dead letters, and reject those of records that were erased, with nothing left
    in them."""
    return count(
        """
        UPDATE hub_inboxmessage m
        SET problem = n.problem::jsonb, attempts = 1,
            status = CASE WHEN n.erased THEN 2 ELSE 3 END, dedupe = CASE WHEN n.erased THEN NULL ELSE dedupe END,
            payload = CASE WHEN n.erased THEN '' ELSE payload END,
            address = CASE WHEN n.erased THEN '' ELSE address END
        FROM (SELECT id, problem, problem::jsonb->>'type' = '/problems/erased' AS erased
              FROM unnest(%b::bigint[], %b::text[]) AS u(id, problem)) n
        WHERE m.id = n.id AND m.status = 0 AND m.lease_until IS NULL
        """,
        list(messages),
        [orjson.dumps(problem).decode() for problem in problems],
    )


def blocking_keys(model_id: int, key: np.ndarray, record_id: np.ndarray) -> bytes:
    """Rows of ``hub_blockingkey``; sorted by key, so that the index grows at its end."""
    return fixed((">i2", model_id), (">i8", key), (">i8", record_id))


def crosswalk(record_ids: np.ndarray, golden_ids: np.ndarray, moment: datetime) -> bytes:
    """Rows of ``hub_crosswalk``."""
    return fixed((">i8", record_ids), (">i8", golden_ids), (">i8", microseconds(moment)))


def crosswalk_of_deleted(record_ids: np.ndarray) -> bytes:
    """Rows of ``hub_crosswalk`` that point nowhere."""
    return b"".join([row(int8(record), None, None) for record in record_ids.tolist()])


def review(public_id: str, one: int, two: int, doubt: Doubt, priority: int, moment: datetime) -> bytes:
    """A row of ``hub_review``, open."""
    return row(
        public_id.encode(), b"open", int8(one), int8(two), int8(doubt.a), int8(doubt.b), int4(doubt.weight),
        doubt.conflict.encode(), int4(priority), int8(microseconds(moment)),
    )  # fmt: skip


def edges(
    model_id: int,
    ends: tuple[np.ndarray, np.ndarray],
    revs: tuple[np.ndarray, np.ndarray],
    weight: np.ndarray,
    conflict: str,
    keys: np.ndarray,
) -> bytes:
    """Rows of ``hub_edge`` that have one conflict and one number of keys; ``keys`` is [edges, number]."""
    text = conflict.encode()
    count_, number = keys.shape
    fields: list[tuple[str, Any, Any]] = [
        ("model", ">i2", model_id), ("a", ">i8", ends[0]), ("b", ">i8", ends[1]), ("a_rev", ">i8", revs[0]),
        ("b_rev", ">i8", revs[1]), ("weight", ">i4", weight),
    ]  # fmt: skip
    layout: list[Any] = [("columns", ">i2")]
    for name, kind, _ in fields:
        layout += [(f"{name} size", ">i4"), (name, kind)]
    layout.append(("conflict size", ">i4"))
    layout += [("conflict", f"S{len(text)}")] if text else []
    # An array of bigints: its size, then one dimension, no nulls, the type, how many from which index on.
    layout += [("keys size", ">i4"), ("header", ">i4", (5,)), ("keys", [("size", ">i4"), ("key", ">i8")], (number,))]
    packed = np.empty(count_, dtype=layout)
    packed["columns"] = len(fields) + 2
    for name, kind, values in fields:
        packed[f"{name} size"] = np.dtype(kind).itemsize
        packed[name] = values
    packed["conflict size"] = len(text)
    if text:
        packed["conflict"] = text
    packed["keys size"] = 20 + 12 * number
    packed["header"] = (1, 0, 20, number, 1)
    packed["keys"]["size"] = 8
    packed["keys"]["key"] = keys
    return packed.tobytes()


def stop_the_others() -> None:
    """Wait for every transaction that resolves, and keep new ones waiting until this one ends."""
    lock_once("match model")


def others() -> list[int]:
    """The records that came through other doors meanwhile."""
    return [row[0] for row in rows("SELECT id FROM hub_sourcerecord ORDER BY id")]


def same_addresses(others: Sequence[int]) -> dict[int, int]:
    """Of the records that the present transaction resolved messages by, those whose address one of ``others`` has:
    record id → the other's."""
    found = rows(
        """
        SELECT DISTINCT m.record_id, r.id FROM hub_sourcerecord r
        JOIN hub_inboxmessage m ON m.address = r.address
        WHERE r.id = ANY(%b::bigint[]) AND m.status = 1 AND m.resolved_at = now() AND m.record_id <> r.id
        """,
        list(others),
    )
    return dict(found)


def write_records(data: Iterable[bytes], *, but: Sequence[int]) -> None:
    """Copy rows into ``hub_sourcerecord``, without those whose ids are in ``but``."""
    if not but:
        write("hub_sourcerecord", data)
        return
    rows("CREATE TEMPORARY TABLE IF NOT EXISTS first_load (LIKE hub_sourcerecord) ON COMMIT DROP")
    copy("first_load", COLUMNS["hub_sourcerecord"], data)
    names = ", ".join(COLUMNS["hub_sourcerecord"])
    rows(f"INSERT INTO hub_sourcerecord ({names}) SELECT {names} FROM first_load WHERE id <> ALL(%b::bigint[])",
         list(but))  # fmt: skip
    rows("TRUNCATE first_load")


def take_out(model_id: int, records: Mapping[int, int], goldens: Sequence[int]) -> None:
    """Undo what was written of ``records``, for which others (their values) of the same address came meanwhile, and
    of these golden records: the messages of all their members wait again.

    What a record had of keys that are suppressed is noted at the other one, which is resolved once more.
    """
    mine, theirs, goldens = list(records), list(records.values()), list(goldens)
    rows(
        """
        UPDATE hub_inboxmessage SET status = 0, attempts = 0, resolved_at = NULL, record_id = NULL
        WHERE status = 1 AND (record_id = ANY(%b::bigint[]) OR record_id IN (
            SELECT record_id FROM hub_crosswalk WHERE golden_id = ANY(%b::bigint[])))
        """,
        mine,
        goldens,
    )
    rows("UPDATE hub_crosswalk SET golden_id = NULL, linked_at = NULL WHERE golden_id = ANY(%b::bigint[])", goldens)
    for table, column in (("hub_goldenrecord", "id"), ("hub_goldenterm", "golden_id"), ("hub_outboxevent", "golden_id"),
                          ("hub_review", "golden_a_id"), ("hub_review", "golden_b_id")):  # fmt: skip
        rows(f"DELETE FROM {table} WHERE {column} = ANY(%b::bigint[])", goldens)
    rows(
        """
        INSERT INTO hub_prepared AS p (record_id, model_id, rev, key_data, data, keys, gone, moved, moved_rules)
        SELECT n.other, mine.model_id, 0, 0, '', '{}', mine.keys, '{}', '{}'
        FROM unnest(%b::bigint[], %b::bigint[]) AS n(mine, other)
        JOIN hub_prepared mine ON mine.record_id = n.mine AND mine.model_id = %s
        ON CONFLICT (record_id, model_id) DO UPDATE SET gone = p.gone || EXCLUDED.gone
        """,
        mine,
        theirs,
        model_id,
    )
    rows(
        """
        DELETE FROM hub_blockingkey k USING hub_prepared p
        WHERE p.record_id = ANY(%b::bigint[]) AND p.model_id = %s
              AND k.model_id = p.model_id AND k.key = ANY(p.keys) AND k.record_id = p.record_id
        """,
        mine,
        model_id,
    )
    for table, column in (("hub_prepared", "record_id"), ("hub_edge", "a_id"), ("hub_edge", "b_id"),
                          ("hub_crosswalk", "record_id"), ("hub_recordversion", "record_id"),
                          ("hub_consentstatement", "record_id")):  # fmt: skip
        rows(f"DELETE FROM {table} WHERE {column} = ANY(%b::bigint[])", mine)


def suppress(model_id: int, keys: Sequence[int], rules: Sequence[int]) -> None:
    """Note the keys that are too common. Others may have noted one of them already."""
    rows(
        """
        INSERT INTO hub_suppressedkey (model_id, key, rule, since)
        SELECT %s::smallint, n.key, n.rule, now() FROM unnest(%b::bigint[], %b::bigint[]) AS n(key, rule)
        ON CONFLICT DO NOTHING
        """,
        model_id,
        list(keys),
        list(rules),
    )


def send_round_again(records: Sequence[int]) -> int:
    """Have these records resolved once more, by the messages that gave them their present form: they saw a hub
    without what is being written. Whoever is at such a message now loses it."""
    rows(
        "UPDATE hub_inboxmessage SET lease_until = NULL, lease_token = NULL "
        "WHERE status = 0 AND lease_token IS NOT NULL"
    )
    return count(
        """
        UPDATE hub_inboxmessage m
        SET status = 0, lane = least(lane, %s), resolved_at = NULL, attempts = 0, next_attempt_at = now(),
            lease_until = NULL, lease_token = NULL
        FROM hub_sourcerecord r WHERE r.id = ANY(%b::bigint[]) AND m.id = r.message_id AND m.status = 1
        """,
        int(Lane.EVENT),
        list(records),
    )
