"""T3: which golden id each cluster keeps, takes back or is newly given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hub.flow import Assignment, Home, Leaver, Natives
from hub.ids import new_id
from hub.sql import columns, rows
from matching.assign import judged_ids, native_ids

Clusters = Sequence[frozenset[int]]


def golden_of(record_ids: Collection[int]) -> dict[int, int]:
    """The golden record of each of these records that is in one."""
    return dict(
        rows(
            "SELECT record_id, golden_id FROM hub_crosswalk WHERE record_id = ANY(%b::bigint[]) "
            "AND golden_id IS NOT NULL",
            sorted(record_ids),
        )
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A golden row, and what is noted of its id where no record has it without judgements (``members``)."""

    public_id: str
    state: int
    version: int
    sequence: int
    last_members: list[int]
    updated_at: datetime
    lent: bool | None
    members: list[int] | None


_UNNOTED: list[Any] = [None, None]


def assign(
    clusters: Clusters,
    native: Clusters,
    *,
    inner: Collection[int],
    golden_of: Mapping[int, int],
    native_of: Mapping[int, int] = MappingProxyType({}),
) -> Assignment:
    """Lock the golden records concerned, in id order, and decide who keeps which id.

    ``native`` are the clusters that would be without judgements, of the same records. ``inner`` are all record ids of
    the locked region, deleted ones included; ``golden_of`` is the golden record that a record is in until now,
    ``native_of`` the one that it would be in without judgements, where that is another.
    """
    ids = sorted(inner)
    live = {record: golden_of[record] for record in ids if record in golden_of}
    natively = {**live, **{record: native_of[record] for record in ids if record in native_of}}
    judged = bool(native_of) or [*clusters] != [*native]
    held = _lock({*live.values(), *natively.values()}, ids, spare=judged)
    before = _by_golden(live)
    retired = _retired(held, natively, before)
    lent = {golden: before[golden] for golden, row in held.items() if row.lent and golden in before}
    named = native_ids(native, live=natively, retired=retired, lent=lent)
    # Also where no golden record has it now: whoever comes goes by the same ids as though nobody had judged.
    fresh = iter(_next_ids(named.count(None)))
    numbers = [golden if golden is not None else next(fresh) for golden in named]
    given: list[int | None] = [*numbers]
    if judged:
        # Also those that no record has natively from now on.
        retired |= {golden: had for golden, had in _by_golden(natively).items() if golden in held}
        given = judged_ids(clusters, _claims(native, numbers, retired, held, before))
    new = iter(_next_ids(given.count(None)))
    homes = []
    for members, claimed in zip(clusters, given, strict=True):
        golden = claimed if claimed is not None else next(new)
        if (row := held.get(golden)) is None:
            homes.append(Home(members, golden, new_id("gr"), "new", 0, 0, frozenset()))
        else:
            homes.append(Home(members, golden, row.public_id, "kept" if row.state == 0 else "reclaimed", row.version,
                              row.sequence, frozenset(before.get(golden, ()))))  # fmt: skip
    natives = Natives()
    if judged:
        natives = _natives(homes, native, numbers, held=held, before=before, natively=natively, native_of=native_of)
    kept = {home.golden for home in homes}
    leavers = [
        Leaver(g, held[g].public_id, held[g].version, held[g].sequence, frozenset(before[g]),
               natives.last.get(g) or frozenset(before[g]))
        for g in sorted(before)
        if g not in kept
    ]  # fmt: skip
    # Not before what it changes, though the clock was put back meanwhile: versions follow one another in time.
    moment = max([rows("SELECT clock_timestamp()")[0][0], *(row.updated_at for row in held.values())])
    return Assignment(tuple(homes), tuple(leavers), moment, natives)


def _lock(golden_ids: Collection[int], record_ids: Sequence[int], *, spare: bool) -> dict[int, _Row]:
    """These golden records, and the retired ones that last had one of these records, by id and locked in its order;
    with ``spare`` also those that may be given to the records because no other has their ids natively."""
    found = rows(
        f"""
        SELECT id, public_id, state, version, sequence, last_members, updated_at FROM hub_goldenrecord
        WHERE id = ANY(%b::bigint[]) OR (state = 1 AND last_members && %b::bigint[])
              {"OR id = ANY(ARRAY(SELECT golden_id FROM hub_spareid WHERE members && %b::bigint[]))" if spare else ""}
        ORDER BY id FOR UPDATE
        """,
        sorted(golden_ids),
        *[record_ids] * (2 if spare else 1),
    )
    ids = [row[0] for row in found]
    # Read when the locks are held: whoever had them may have changed what is noted.
    noted = rows(
        """
        SELECT golden_id, lent, members FROM hub_spareid WHERE golden_id = ANY(%b::bigint[])
        UNION ALL SELECT golden_id, NULL, NULL FROM hub_nativelink
        WHERE golden_id = ANY(%b::bigint[]) AND record_id <> ALL(%b::bigint[])
        """,
        ids,
        ids,
        record_ids,
    )
    spares = {golden: note for golden, *note in noted if note[0] is not None}
    others = {golden for golden, lent, _ in noted if lent is None}  # somebody else has it natively by now
    return {row[0]: _Row(*row[1:], *spares.get(row[0], _UNNOTED)) for row in found if row[0] not in others}


def _by_golden(golden_of: Mapping[int, int]) -> dict[int, list[int]]:
    """The records (in their order) of each golden record."""
    found: dict[int, list[int]] = defaultdict(list)
    for record, golden in golden_of.items():
        found[golden].append(record)
    return found


def _retired(
    held: Mapping[int, _Row], natively: Mapping[int, int], before: Mapping[int, list[int]]
) -> dict[int, list[int]]:
    """The ids that would redirect without judgements, with the records that they had last. Not one that is live
    elsewhere, by judgement."""
    found = {}
    present = {*natively.values()}
    for golden, row in held.items():
        if golden not in present and not row.lent and (row.state == 1 or golden in before):
            found[golden] = row.last_members if row.members is None else row.members
    return found


def _claims(
    native: Clusters,
    numbers: Sequence[int],
    retired: Mapping[int, list[int]],
    held: Mapping[int, _Row],
    before: Mapping[int, list[int]],
) -> list[tuple[int, list[int]]]:
    """Who asks for which id, as ``judged_ids`` takes it: native ids first, then those that would redirect, then those
    that were lent; each kind the oldest first. Who has an id by judgement comes after those that it is noted for."""
    claims = sorted((golden, sorted(members)) for golden, members in zip(numbers, native, strict=True))
    taken = {*numbers}
    free = sorted((golden, [*members, *before.get(golden, ())]) for golden, members in retired.items()
                  if golden not in taken)  # fmt: skip
    lent = sorted(
        (golden, [*(row.members or ()), *before.get(golden, ())])
        for golden, row in held.items()
        if row.lent and golden not in taken and (row.state == 1 or golden in before)
    )
    return [*claims, *free, *lent]


def _natives(
    homes: Sequence[Home],
    native: Clusters,
    numbers: Sequence[int],
    *,
    held: Mapping[int, _Row],
    before: Mapping[int, list[int]],
    natively: Mapping[int, int],
    native_of: Mapping[int, int],
) -> Natives:
    """What is to be noted of native ids."""
    placed = {record: home.golden for home in homes for record in home.members}
    own = {record: golden for golden, members in zip(numbers, native, strict=True) for record in members}
    wanted = {record: golden for record, golden in own.items() if golden != placed[record]}
    links: dict[int, int | None] = {record: None for record in native_of if record not in wanted}
    links |= {record: golden for record, golden in wanted.items() if native_of.get(record) != golden}
    had = _by_golden(natively)
    has = dict(zip(numbers, native, strict=True))
    live = {home.golden: home for home in homes}
    spare: dict[int, tuple[bool, list[int]] | None] = {}
    last: dict[int, frozenset[int]] = {}
    for golden in {*held, *live}:
        row, home = held.get(golden), live.get(golden)
        noted = (row.lent, row.members) if row is not None and row.members is not None else None
        note: Any = noted
        if golden in has:
            note = None
            if home is None:
                last[golden] = has[golden]
        elif row is None:
            note = True, sorted(live[golden].members)
        elif not row.lent and (home is not None or row.state == 1 or golden in before):
            members = sorted(had[golden]) if golden in had else (row.members or row.last_members)
            note = None if home is None else (False, members)
            if home is None:
                last[golden] = frozenset(members)
        if note != noted:
            spare[golden] = note
    return Natives(links, spare, {g: m for g, m in last.items() if g in before or sorted(m) != held[g].last_members})


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
    if assignment.natives != Natives():
        _write_natives(assignment.natives)


def _write_natives(natives: Natives) -> None:
    gone = sorted(record for record, golden in natives.links.items() if golden is None)
    rows("DELETE FROM hub_nativelink WHERE record_id = ANY(%b::bigint[])", gone)
    rows(
        "INSERT INTO hub_nativelink (record_id, golden_id) SELECT * FROM unnest(%b::bigint[], %b::bigint[]) "
        "ON CONFLICT (record_id) DO UPDATE SET golden_id = EXCLUDED.golden_id",
        *columns(((record, golden) for record, golden in natives.links.items() if golden is not None), 2),
    )
    rows("DELETE FROM hub_spareid WHERE golden_id = ANY(%b::bigint[])", sorted(natives.spare))
    noted = [(golden, note[0], _array(note[1])) for golden, note in natives.spare.items() if note is not None]
    rows(
        "INSERT INTO hub_spareid (golden_id, lent, members) SELECT n.id, n.lent, n.members::bigint[] "
        "FROM unnest(%b::bigint[], %b::boolean[], %b::text[]) AS n(id, lent, members)",
        *columns(noted, 3),
    )
    rows(
        "UPDATE hub_goldenrecord g SET last_members = n.members::bigint[] "
        "FROM unnest(%b::bigint[], %b::text[]) AS n(id, members) WHERE g.id = n.id AND g.state = 1",
        *columns(((golden, _array(sorted(members))) for golden, members in natives.last.items()), 2),
    )


def _array(record_ids: Sequence[int]) -> str:
    return "{" + ",".join(map(str, record_ids)) + "}"
