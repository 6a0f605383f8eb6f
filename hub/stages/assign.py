"""T3: which golden id each cluster keeps, takes back or is newly given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from hub.flow import Assignment, Home, Leaver
from hub.ids import new_id
from hub.sql import columns, rows
from matching.assign import assign_ids


def golden_of(record_ids: Collection[int]) -> dict[int, int]:
    """The golden record of each of these records that is in one."""
    return dict(
        rows(
            "SELECT record_id, golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) "
            "AND golden_id IS NOT NULL",
            sorted(record_ids),
        )
    )


def assign(clusters: Sequence[frozenset[int]], *, inner: Collection[int], golden_of: Mapping[int, int]) -> Assignment:
    """Lock the golden records concerned, in id order, and decide who keeps which id.

    ``inner`` are all record ids of the locked region, deleted ones included; ``golden_of`` is the golden record
    that a record is in until now.
    """
    ids = sorted(inner)
    live = {record: golden_of[record] for record in ids if record in golden_of}
    found = rows(
        """
        SELECT id, public_id, state, version, sequence, last_members, updated_at FROM hub_goldenrecord
        WHERE id = ANY(%b::bigint[]) OR (state = 1 AND last_members && %b::bigint[])
        ORDER BY id FOR UPDATE
        """,
        sorted(set(live.values())),
        ids,
    )
    golden = {row[0]: row for row in found}
    before: dict[int, set[int]] = defaultdict(set)
    for record, held in live.items():
        before[held].add(record)
    retired = {row[0]: row[5] for row in found if row[2] == 1}
    given = assign_ids(clusters, live=live, retired=retired)
    fresh = iter(_next_ids(given.count(None)))
    homes = []
    for members, golden_id in zip(clusters, given, strict=True):
        if golden_id is None:
            homes.append(Home(members, next(fresh), new_id("gr"), "new", 0, 0, frozenset()))
        else:
            _, public_id, state, version, sequence, *_ = golden[golden_id]
            origin = "kept" if state == 0 else "reclaimed"
            homes.append(Home(members, golden_id, public_id, origin, version, sequence,
                              frozenset(before.get(golden_id, ()))))  # fmt: skip
    kept = {home.golden for home in homes}
    leavers = [
        Leaver(g, golden[g][1], golden[g][3], golden[g][4], frozenset(before[g]))
        for g in sorted(before)
        if g not in kept
    ]
    # Not before what it changes, though the clock was put back meanwhile: versions follow one another in time.
    moment = max([rows("SELECT clock_timestamp()")[0][0], *(row[6] for row in found)])
    return Assignment(tuple(homes), tuple(leavers), moment)


def lock_kept(golden_ids: Collection[int]) -> Assignment:
    """These live golden records with their members, all locked, as an assignment in which each keeps what it has.

    One that gained or lost a record while its rows were waited for is left out: who moved that record made it anew.
    """
    wanted = sorted(golden_ids)
    locked = _members(wanted, lock=True)
    present = _members(wanted, lock=False)
    found = rows(
        "SELECT id, public_id, version, sequence FROM hub_goldenrecord WHERE id = ANY(%b::bigint[]) AND state = 0 "
        "ORDER BY id FOR UPDATE",
        [golden for golden in wanted if golden in locked and locked[golden] == present.get(golden)],
    )
    homes = tuple(
        Home(locked[golden], golden, public_id, "kept", version, sequence, locked[golden])
        for golden, public_id, version, sequence in found
    )
    return Assignment(homes, (), rows("SELECT clock_timestamp()")[0][0])


def _members(golden_ids: Sequence[int], *, lock: bool) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for golden, record in rows(
        "SELECT golden_id, record_id FROM hub_crosswalk WHERE golden_id = ANY(%b::bigint[]) ORDER BY record_id"
        + (" FOR UPDATE" if lock else ""),
        list(golden_ids),
    ):
        found[golden].add(record)
    return {golden: frozenset(records) for golden, records in found.items()}


def _next_ids(number: int) -> list[int]:
    return [
        row[0]
        for row in rows(
            "SELECT nextval(pg_get_serial_sequence('hub_goldenrecord', 'id')) FROM generate_series(1, %s)", number
        )
    ]


def write_crosswalk(assignment: Assignment, *, inner: Collection[int], golden_of: Mapping[int, int]) -> None:
    """Point every record of the region at its golden record, a deleted one at none, and keep where it pointed."""
    placed = {record: home.golden for home in assignment.homes for record in home.members}
    moved = [(r, placed.get(r, 0)) for r in sorted(inner) if placed.get(r) != golden_of.get(r)]
    if moved:
        rows(
            """
            WITH n AS (SELECT * FROM unnest(%b::bigint[], %b::bigint[]) AS n(record_id, golden_id)), past AS (
                INSERT INTO hub_pastlink (record_id, golden_id, since, until)
                SELECT c.record_id, c.golden_id, c.linked_at, %s FROM hub_crosswalk c
                JOIN n ON n.record_id = c.record_id WHERE c.golden_id IS NOT NULL
            )
            UPDATE hub_crosswalk c SET golden_id = nullif(n.golden_id, 0), linked_at = %s
            FROM n WHERE c.record_id = n.record_id
            """,
            *columns(moved, 2),
            assignment.moment,
            assignment.moment,
        )
