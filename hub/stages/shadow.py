"""The rows of a match model that is not in force: written set-wise, kept in step by what changed since, read back.

Nobody else reads or writes the rows of such a model, so that nothing of this waits for the workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction

from hub import keyring
from hub.errors import ModelSwitched
from hub.models import MatchModelVersion
from hub.sealing import CANONICAL, PREPARED, unseal
from hub.sql import copy_array, copy_rows, read_array, rows
from matching.canonical import from_nested
from matching.decide import CONFLICTS
from matching.jsontext import loads
from matching.prepared import Prepared
from matching.records import CanonicalRecord

PAGE = 5_000
_KEYS_AT_ONCE = 500_000
_ACTIVATION = "hashtextextended('match model activation', 0)"


def take_turn() -> bool:
    """Be the one activation of this hub, until ``end_turn`` or the end of the connection."""
    return bool(rows(f"SELECT pg_try_advisory_lock({_ACTIVATION})")[0][0])


def end_turn() -> None:
    """Let another activation begin. A connection that is lost has let go already."""
    if connection.connection is not None and not connection.connection.closed:
        rows(f"SELECT pg_advisory_unlock({_ACTIVATION})")


def still_on_turn() -> bool:
    """In a transaction: whether no other activation began, and none will before it ends."""
    return bool(rows(f"SELECT pg_try_advisory_xact_lock({_ACTIVATION})")[0][0])


def latest_version() -> int:
    """The last record version that was written. To be called under the switch lock: at other times a version with a
    lower number may still be on its way."""
    return int(rows("SELECT coalesce(max(id), 0) FROM hub_recordversion")[0][0])


def changed_since(caught_up_to: int) -> list[int]:
    """The records with a version after this one, ascending."""
    found = rows("SELECT DISTINCT record_id FROM hub_recordversion WHERE id > %s", caught_up_to)
    return sorted(row[0] for row in found)


def unsettled() -> list[int]:
    """The records of messages that wait: the present model may not have resolved them to the end."""
    found = rows(
        """
        SELECT DISTINCT v.record_id FROM hub_inboxmessage m JOIN hub_recordversion v ON v.message_id = m.id
        WHERE m.status IN (0, 3)
        """
    )
    return sorted(row[0] for row in found)


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """A source record as the store has it."""

    id: int
    scope: str
    record: CanonicalRecord
    key: bytes


def sources(record_ids: Sequence[int]) -> list[Source]:
    """These source records, deleted ones included, by id."""
    found = rows(
        """
        SELECT r.id, s.code, s.scope, r.address, r.canonical FROM hub_sourcerecord r
        JOIN hub_sourcesystem s ON s.id = r.system_id WHERE r.id = ANY(%b::bigint[]) ORDER BY r.id
        """,
        list(record_ids),
    )
    return _sources(found)


def every_source() -> Iterator[list[Source]]:
    """All live source records by id, some thousand at a time."""
    last = 0
    while found := rows(
        """
        SELECT r.id, s.code, s.scope, r.address, r.canonical FROM hub_sourcerecord r
        JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE r.id > %s AND NOT r.deleted ORDER BY r.id LIMIT %s
        """,
        last,
        PAGE,
    ):
        last = found[-1][0]
        yield _sources(found)


def _sources(found: Sequence[tuple[int, str, str, bytes, bytes]]) -> list[Source]:
    """Those that can be read: one whose key was destroyed is about to be removed."""
    held = keyring.keys([address for *_, address, _ in found])
    return [
        Source(record_id, scope, from_nested(loads(unseal(key, canonical, CANONICAL)), source_system=code), key)
        for record_id, code, scope, address, canonical in found
        if (key := held.get(address)) is not None
    ]


def discard(model_id: int) -> None:
    """Remove all rows of a model."""
    for table in ("hub_edge", "hub_suppressedkey", "hub_blockingkey", "hub_prepared"):
        rows(f"DELETE FROM {table} WHERE model_id = %s", model_id)


def write_prepared(written: Iterable[tuple[int, int, int, bytes, list[int]]], *, model_id: int) -> None:
    """(record id, rev, key data, encoded form, keys) of records that have none under this model."""
    copy_rows(
        "COPY hub_prepared (record_id, model_id, rev, key_data, data, keys, gone, moved, moved_rules) "
        "FROM STDIN (FORMAT BINARY)",
        ["int8", "int2", "int8", "int8", "bytea", "int8[]", "int8[]", "int8[]", "int2[]"],
        ((record_id, model_id, *form, sorted(keys), [], [], []) for record_id, *form, keys in written),
    )


def write_keys(record: np.ndarray, key: np.ndarray, *, model_id: int) -> None:
    """Blocking keys, none of which is held yet; best in the order of the keys."""
    fields = [("model", ">i2"), ("key", ">i8"), ("record", ">i8")]
    for start in range(0, len(key), _KEYS_AT_ONCE):
        part = slice(start, start + _KEYS_AT_ONCE)
        copy_array(
            "COPY hub_blockingkey (model_id, key, record_id) FROM STDIN (FORMAT BINARY)",
            fields,
            [model_id, key[part], record[part]],
        )


def write_suppressed(key: np.ndarray, rule: np.ndarray, *, model_id: int) -> None:
    """The keys over their cap."""
    rows(
        """
        INSERT INTO hub_suppressedkey (model_id, key, rule, since)
        SELECT %s::smallint, n.key, n.rule, now() FROM unnest(%b::bigint[], %b::bigint[]) AS n(key, rule)
        """,
        model_id,
        key,
        rule,
    )


def write_edges(written: Iterable[tuple[int, int, int, int, int, int, list[int]]], *, model_id: int) -> None:
    """(record a, record b, rev a, rev b, milli-bits, number of the conflict or 0, shared keys), lower record first."""
    copy_rows(
        "COPY hub_edge (model_id, a_id, b_id, a_rev, b_rev, weight, conflict, keys) FROM STDIN (FORMAT BINARY)",
        ["int2", "int8", "int8", "int8", "int8", "int4", "varchar", "int8[]"],
        (
            (model_id, a, b, a_rev, b_rev, weight, CONFLICTS[conflict - 1] if conflict else "", keys)
            for a, b, a_rev, b_rev, weight, conflict, keys in written
        ),
    )


def caught_up(model_id: int, mark: int) -> None:
    """Say that all record versions up to ``mark`` are in the rows of this model."""
    MatchModelVersion.objects.filter(pk=model_id).update(caught_up_to=mark, unsettled=[])


def live_ids(model_id: int, among: Sequence[int] | None = None) -> np.ndarray:
    """The records (all, or those ``among``) that have a prepared form, ascending (int64)."""
    held = "SELECT record_id AS id FROM hub_prepared WHERE model_id = %s AND rev <> 0"
    if among is None:
        return np.sort(read_array(held, ["id"], model_id)["id"])
    return np.sort(read_array(f"{held} AND record_id = ANY(%b::bigint[])", ["id"], model_id, list(among))["id"])


_EDGE = ("a", "b", "weight", "conflict")


def standing_edges(model_id: int, at: Sequence[int] | None = None) -> np.ndarray:
    """The edges that count (all, or those at the given records): ``a``, ``b`` (record ids), ``weight`` (milli-bits),
    ``conflict`` (its number, or 0)."""
    if at is None:
        return read_array(_edges(), _EDGE, [*CONFLICTS], model_id)
    ends = [
        read_array(_edges(f"AND e.{end} = ANY(%b::bigint[])"), _EDGE, [*CONFLICTS], model_id, list(at))
        for end in ("a_id", "b_id")
    ]
    return np.unique(np.concatenate(ends))


def _edges(only: str = "") -> str:
    return f"""
        SELECT e.a_id AS a, e.b_id AS b, e.weight,
               coalesce(array_position(%b::text[], e.conflict::text), 0) AS conflict
        FROM hub_edge e
        JOIN hub_prepared pa ON pa.record_id = e.a_id AND pa.model_id = e.model_id AND pa.rev = e.a_rev
        JOIN hub_prepared pb ON pb.record_id = e.b_id AND pb.model_id = e.model_id AND pb.rev = e.b_rev
        WHERE e.model_id = %s {only} AND EXISTS (
            SELECT 1 FROM unnest(e.keys) AS k(key) WHERE NOT EXISTS (
                SELECT 1 FROM hub_suppressedkey s WHERE s.model_id = e.model_id AND s.key = k.key))
        """


def prepared_of(record_ids: np.ndarray, *, model_id: int) -> Iterator[Prepared]:
    """The prepared forms of these records (ascending), in their order."""
    for start in range(0, len(record_ids), PAGE):
        found = rows(
            "SELECT r.address, p.data FROM hub_prepared p JOIN hub_sourcerecord r ON r.id = p.record_id "
            "WHERE p.record_id = ANY(%b::bigint[]) AND p.model_id = %s ORDER BY p.record_id",
            record_ids[start : start + PAGE].tolist(),
            model_id,
        )
        for form in keyring.opened(found, PREPARED):
            if form is None:
                raise ModelSwitched("A record was erased meanwhile: activate the model again.")
            yield Prepared.decode(form)


def judgements(model_id: int) -> list[tuple[int, int, str]]:
    """All judgements in force under this model: (record a, record b, verdict)."""
    found = rows(
        """
        SELECT j.a_id, j.b_id, j.judgement FROM (
            SELECT DISTINCT ON (a_id, b_id) * FROM hub_judgement WHERE retracted_at IS NULL
            ORDER BY a_id, b_id, id DESC
        ) j
        JOIN hub_prepared pa ON pa.record_id = j.a_id AND pa.model_id = %s AND pa.key_data = j.a_key_data
        JOIN hub_prepared pb ON pb.record_id = j.b_id AND pb.model_id = %s AND pb.key_data = j.b_key_data
        WHERE pa.rev <> 0 AND pb.rev <> 0
        """,
        model_id,
        model_id,
    )
    return [(a, b, verdict) for a, b, verdict in found]


def crosswalk() -> np.ndarray:
    """Every record that is in a golden record: ``record``, ``golden``."""
    return read_array(
        "SELECT record_id AS record, golden_id AS golden FROM hub_crosswalk WHERE golden_id IS NOT NULL",
        ["record", "golden"],
    )


def native_links() -> dict[int, int]:
    """The native id of each record that has another golden id now, which judgements gave it."""
    return dict(rows("SELECT record_id, golden_id FROM hub_nativelink"))


def open_reviews() -> list[tuple[int, int]]:
    """The pairs of golden records that wait for a steward, lower id first."""
    return [(a, b) for a, b in rows("SELECT golden_a_id, golden_b_id FROM hub_review WHERE state = 'open'")]


def put_in_force(model_id: int, *, left_at: int, under_way: Sequence[int]) -> None:
    """The switch itself. The version that was active says how far it knows of records; of all others the rows count
    for nothing any more. To be called under the switch lock."""
    every = MatchModelVersion.objects
    every.filter(active=False).exclude(pk=model_id).update(caught_up_to=None, unsettled=[])
    every.filter(active=True).update(active=False, caught_up_to=left_at, unsettled=list(under_way))
    rows(
        """
        UPDATE hub_matchmodelversion SET active = true, caught_up_to = NULL, unsettled = '{}', activated_at = now()
        WHERE id = %s
        """,
        model_id,
    )


def tidy() -> None:
    """Remove the rows of versions that are neither active nor caught up: those before the last, or half made."""
    for version in MatchModelVersion.objects.filter(active=False, caught_up_to=None).order_by("id"):
        with transaction.atomic():
            discard(version.pk)
