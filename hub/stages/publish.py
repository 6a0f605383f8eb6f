"""T3, last: golden rows and the events that tell of them, in the transaction that changed them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hub.flow import Assignment, Cause, Draft, Golden, Home, Leaver
from hub.ids import new_id
from hub.sql import columns, rows
from matching.jsontext import dumps, loads


@dataclass(frozen=True, slots=True, repr=False)
class Changes:
    """What is to be written: ``homes`` whose golden record changes, with their views, and the events that tell of it.
    ``moment`` is the transaction's."""

    assignment: Assignment
    homes: tuple[Home, ...]
    goldens: Mapping[int, Golden]
    moment: datetime
    drafts: tuple[Draft, ...]


def changes(assignment: Assignment, goldens: Mapping[int, Golden], *, cause: Cause) -> Changes:
    """What changes. ``goldens`` has the view of each home that may have changed, by golden id; a home whose view is
    what is stored already makes no version and no event."""
    stored = _stored([home.golden for home in assignment.homes if home.origin != "new" and home.golden in goldens])
    changed = tuple(
        home
        for home in assignment.homes
        if home.golden in goldens
        and (home.origin != "kept" or stored[home.golden][0] != goldens[home.golden].content_hash)
    )
    drafts: list[Draft] = []
    for home in changed:
        before = loads(stored[home.golden][1]) if home.origin == "kept" else {}
        drafts += tell(home, goldens[home.golden], assignment, before, cause)
    drafts += [_retire_event(leaver, cause) for leaver in _gone(assignment)]
    return Changes(assignment, changed, goldens, rows("SELECT now()")[0][0], tuple(drafts))


def write(changes: Changes, drafts: Sequence[Draft] = ()) -> None:
    """Write golden rows and events, those of ``drafts`` after those of the changes themselves."""
    _retire(changes.assignment)
    both = [*changes.drafts, *drafts]
    told = Counter(draft.golden for draft in both)
    _upsert(changes, told)
    _write_terms(changes.homes, changes.goldens)
    write_events(both, numbered={home.golden: home.sequence for home in changes.homes})


def body(home: Home, golden: Golden, *, version: int, updated_at: datetime) -> bytes:
    """The golden profile as the API sends it (SHAPES: Golden profile), UTF-8 JSON."""
    return golden.body(home.public_id, version=version, updated_at=updated_at)


def json_bytes(value: Any) -> bytes:
    """JSON as it is stored and sent."""
    return dumps(value, sort=False)


def _stored(golden_ids: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
    found = rows("SELECT id, content_hash, body FROM hub_goldenrecord WHERE id = ANY(%b::bigint[])", list(golden_ids))
    return {golden: (content_hash, stored) for golden, content_hash, stored in found}


def _upsert(changes: Changes, told: Mapping[int, int]) -> None:
    """Golden rows with the sequence number of the last of the events (``told`` of each) that go with them."""
    written = []
    for home in changes.homes:
        golden = changes.goldens[home.golden]
        version = home.version + 1
        written.append(
            (home.golden, home.public_id, golden.kind, golden.scope, version, home.sequence + told[home.golden],
             body(home, golden, version=version, updated_at=changes.moment), golden.provenance_json,
             golden.content_hash)
        )  # fmt: skip
    rows(
        """
        INSERT INTO hub_goldenrecord (id, public_id, kind, scope, state, version, sequence, body, provenance,
                                      content_hash, last_members, created_at, updated_at)
        SELECT n.id, n.public_id, n.kind, n.scope, 0, n.version, n.sequence, n.body, n.provenance, n.content_hash, '{}',
               now(), now()
        FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::int[], %b::int[], %b::bytea[], %b::bytea[],
                    %b::bytea[]) AS n(id, public_id, kind, scope, version, sequence, body, provenance, content_hash)
        ON CONFLICT (id) DO UPDATE
        SET state = 0, version = EXCLUDED.version, sequence = EXCLUDED.sequence, body = EXCLUDED.body,
            provenance = EXCLUDED.provenance, content_hash = EXCLUDED.content_hash, kind = EXCLUDED.kind,
            last_members = '{}', updated_at = now()
        """,
        *columns(written, 9),
    )


def _write_terms(homes: Sequence[Home], goldens: Mapping[int, Golden]) -> None:
    old = [home.golden for home in homes if home.origin != "new"]
    if old:
        rows("DELETE FROM hub_goldenterm WHERE golden_id = ANY(%b::bigint[])", old)
    rows(
        "INSERT INTO hub_goldenterm (golden_id, term) SELECT * FROM unnest(%b::bigint[], %b::text[])",
        *columns(((home.golden, term) for home in homes for term in sorted(goldens[home.golden].terms)), 2),
    )


def tell(home: Home, golden: Golden, assignment: Assignment, before: dict[str, Any], cause: Cause) -> list[Draft]:
    """The events of a golden record that was ``before`` and now is what ``golden`` says."""
    merged = assignment.came_from(home)
    split = assignment.split_off(home) if home.origin == "kept" else []
    if merged:
        kind = "golden.merged"
    elif split:
        kind = "golden.split"
    else:
        kind = "golden.updated" if home.origin == "kept" else "golden.created"
    changed = sorted(_differences(before, golden))
    data = {
        "golden_id": home.public_id,
        "version": home.version + 1,
        "changed": changed,
        "cause": cause.of(home.members),
        "profile": golden.profile,
        "crosswalk": golden.crosswalk,
        "merged_from": [leaver.public_id for leaver in merged],
        "split_into": [other.public_id for other in split],
    }
    drafts = [Draft(home.golden, home.public_id, kind, data, tuple(leaver.golden for leaver in merged))]
    if "consents" in changed:
        consent = {key: data[key] for key in ("golden_id", "version", "cause", "crosswalk")}
        drafts.append(Draft(home.golden, home.public_id, "consent.changed",
                            {**consent, "changed": ["consents"], "consents": golden.consents}))  # fmt: skip
    return drafts


def _differences(before: dict[str, Any], golden: Golden) -> set[str]:
    profile = before.get("profile", {})
    changed = {key for key in {*profile, *golden.profile} if profile.get(key) != golden.profile.get(key)}
    for key, value in (("crosswalk", golden.crosswalk), ("consents", golden.consents)):
        if before.get(key, []) != value:
            changed.add(key)
    return changed


def _retire(assignment: Assignment) -> None:
    """Retire the golden records that lost all members."""
    if not assignment.leavers:
        return
    golden_ids = [leaver.golden for leaver in assignment.leavers]
    rows(
        """
        UPDATE hub_goldenrecord g SET state = 1, updated_at = now(), last_members = n.members::bigint[]
        FROM unnest(%b::bigint[], %b::text[]) AS n(id, members) WHERE g.id = n.id
        """,
        golden_ids,
        ["{" + ",".join(map(str, sorted(leaver.before))) + "}" for leaver in assignment.leavers],
    )
    rows("DELETE FROM hub_goldenterm WHERE golden_id = ANY(%b::bigint[])", golden_ids)


def _gone(assignment: Assignment) -> list[Leaver]:
    """The golden records whose members went nowhere."""
    placed = frozenset(record for home in assignment.homes for record in home.members)
    return [leaver for leaver in assignment.leavers if not leaver.before & placed]


def _retire_event(leaver: Leaver, cause: Cause) -> Draft:
    """Its records were all deleted at their sources: receivers hear of an empty crosswalk."""
    data = {
        "golden_id": leaver.public_id,
        "version": leaver.version,
        "changed": ["crosswalk"],
        "cause": cause.of(leaver.before),
        "profile": {},
        "crosswalk": [],
        "merged_from": [],
        "split_into": [],
    }
    return Draft(leaver.golden, leaver.public_id, "golden.updated", data)


def write_events(drafts: Sequence[Draft], *, numbered: Mapping[int, int] = MappingProxyType({})) -> None:
    """Number the events per golden record, without gaps, and put them into the outbox. ``numbered`` are those whose
    rows have been written with the new number already, and their number before."""
    if not drafts:
        return
    following = {**numbered, **_count_on(Counter(d.golden for d in drafts if d.golden not in numbered))}
    bare = {draft.golden for draft in drafts if "crosswalk" not in draft.data}
    crosswalks = _crosswalks(bare) if bare else {}
    written = []
    for draft in drafts:
        following[draft.golden] += 1
        data = {"crosswalk": crosswalks.get(draft.golden, []), **draft.data}
        written.append(
            (new_id("evt"), draft.type, draft.golden, draft.subject, following[draft.golden],
             "{" + ",".join(str(golden) for golden in (draft.golden, *draft.after)) + "}",
             json_bytes(data))
        )  # fmt: skip
    rows(
        """
        INSERT INTO hub_outboxevent (public_id, type, golden_id, subject, sequence, after, data, time)
        SELECT n.public_id, n.type, n.golden_id, n.subject, n.sequence, n.after::bigint[], n.data, now()
        FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::text[], %b::int[], %b::text[], %b::bytea[])
             WITH ORDINALITY AS n(public_id, type, golden_id, subject, sequence, after, data, place)
        ORDER BY n.place
        """,
        *columns(written, 7),
    )


def _count_on(per_golden: Mapping[int, int]) -> dict[int, int]:
    """Raise the sequence of these golden records by so many; what it was before."""
    if not per_golden:
        return {}
    wanted = sorted(per_golden)
    # In id order: every writer of golden rows takes them so.
    found = rows(
        """
        WITH locked AS (SELECT id FROM hub_goldenrecord WHERE id = ANY(%b::bigint[]) ORDER BY id FOR UPDATE)
        UPDATE hub_goldenrecord g SET sequence = g.sequence + n.count
        FROM unnest(%b::bigint[], %b::int[]) AS n(id, count), locked
        WHERE g.id = n.id AND locked.id = g.id RETURNING g.id, g.sequence
        """,
        wanted,
        wanted,
        [per_golden[golden] for golden in wanted],
    )
    return {golden: sequence - per_golden[golden] for golden, sequence in found}


def _crosswalks(goldens: Collection[int]) -> dict[int, list[dict[str, str]]]:
    """The crosswalk of each golden record, which every event carries."""
    found: dict[int, list[dict[str, str]]] = {golden: [] for golden in goldens}
    for golden, code, source_id in rows(
        """
        SELECT c.golden_id, s.code, r.source_id FROM hub_crosswalk c
        JOIN hub_sourcerecord r ON r.id = c.record_id JOIN hub_sourcesystem s ON s.id = r.system_id
        WHERE c.golden_id = ANY(%b::bigint[]) ORDER BY s.code, r.source_id
        """,
        sorted(goldens),
    ):
        found[golden].append({"source_system": code, "source_id": source_id})
    return found
