"""T3, last: golden rows and the events that tell of them, in the transaction that changed them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hub import keyring, trace
from hub.flow import Assignment, Cause, Draft, Golden, Home, Leaver
from hub.ids import new_id
from hub.sealing import EVENT, GOLDEN, PROVENANCE, seal
from hub.sql import columns, rows, slices
from matching.jsontext import dumps, loads


@dataclass(frozen=True, slots=True, repr=False)
class Changes:
    """What is to be written: ``homes`` whose golden record changes, with their views, and the events that tell of it.
    ``cause`` is why."""

    assignment: Assignment
    homes: tuple[Home, ...]
    goldens: Mapping[int, Golden]
    cause: Cause
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
    known = {record: key for golden in goldens.values() for record, key in golden.holders.items()}
    kept = [home.golden for home in changed if home.origin == "kept"]
    bodies = dict(
        zip(kept, keyring.unsealed([stored[golden][1:] for golden in kept], GOLDEN, known=known), strict=True)
    )
    drafts: list[Draft] = []
    for home in changed:
        # What held a value that was erased cannot be compared with: all of it counts as changed.
        before = loads(said) if (said := bodies.get(home.golden)) else {}
        drafts += tell(home, goldens[home.golden], assignment, before, cause)
    if cause.type != "erasure":  # which tells of it by itself
        drafts += [_retire_event(leaver, cause) for leaver in _gone(assignment)]
    return Changes(assignment, changed, goldens, cause, tuple(drafts))


def write(changes: Changes, drafts: Sequence[Draft] = ()) -> None:
    """Write golden rows and events, those of ``drafts`` after those of the changes themselves, and keep what pointed
    at the versions that end."""
    moment = changes.assignment.moment
    _end_versions([home.golden for home in changes.homes if home.origin == "kept"], moment)
    _retire(changes.assignment, changes.cause)
    both = [*changes.drafts, *drafts]
    told = Counter(draft.golden for draft in both)
    _upsert(changes, told)
    _write_terms(changes.homes, changes.goldens)
    write_events(both, numbered={home.golden: home.sequence for home in changes.homes}, traces=changes.cause.traces)


def body(home: Home, golden: Golden, *, version: int, updated_at: datetime) -> bytes:
    """The golden profile as the API sends it (SHAPES: Golden profile), UTF-8 JSON, sealed."""
    return seal(golden.key, golden.body(home.public_id, version=version, updated_at=updated_at), GOLDEN)


def provenance(golden: Golden) -> bytes:
    """Where each value came from, UTF-8 JSON, sealed."""
    return seal(golden.key, golden.provenance_json, PROVENANCE)


def event_data(data: Mapping[str, Any], key: bytes) -> bytes:
    """An event's data, UTF-8 JSON; sealed where they speak of records, and so have a ``key``."""
    said = dumps(data, sort=False)
    return seal(key, said, EVENT) if key else said


def _stored(golden_ids: Sequence[int]) -> dict[int, tuple[bytes, list[int], bytes]]:
    """Content hash, members and sealed body of each."""
    found = rows(
        "SELECT id, content_hash, holders, body FROM hub_goldenrecord WHERE id = ANY(%b::bigint[])", list(golden_ids)
    )
    return {golden: (content_hash, members, body) for golden, content_hash, members, body in found}


def _upsert(changes: Changes, told: Mapping[int, int]) -> None:
    """Golden rows with the sequence number of the last of the events (``told`` of each) that go with them."""
    written, moment = [], changes.assignment.moment
    for home in changes.homes:
        golden = changes.goldens[home.golden]
        version, cause = home.version + 1, changes.cause.of(home.members)
        written.append(
            (home.golden, home.public_id, golden.kind, golden.scope, version, home.sequence + told[home.golden],
             body(home, golden, version=version, updated_at=moment), provenance(golden), golden.content_hash,
             cause["type"], cause["ref"], golden.policy, golden.members, golden.messages)
        )  # fmt: skip
    *fields, members, messages = columns(written, 14)
    rows(
        """
        INSERT INTO hub_goldenrecord (id, public_id, kind, scope, state, version, sequence, body, provenance,
                                      content_hash, cause_type, cause_ref, policy, holders, messages, last_members,
                                      created_at, updated_at)
        SELECT n.id, n.public_id, n.kind, n.scope, 0, n.version, n.sequence, n.body, n.provenance, n.content_hash,
               n.cause_type, n.cause_ref, n.policy, (%b::bigint[])[n.first : n.last], (%b::bigint[])[n.first : n.last],
               '{}', m.at, m.at
        FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::int[], %b::int[], %b::bytea[], %b::bytea[],
                    %b::bytea[], %b::text[], %b::text[], %b::int[], %b::int[], %b::int[])
             AS n(id, public_id, kind, scope, version, sequence, body, provenance, content_hash, cause_type, cause_ref,
                  policy, first, last),
             (SELECT %s::timestamptz AS at) AS m
        ON CONFLICT (id) DO UPDATE
        SET state = 0, version = EXCLUDED.version, sequence = EXCLUDED.sequence, body = EXCLUDED.body,
            provenance = EXCLUDED.provenance, content_hash = EXCLUDED.content_hash, kind = EXCLUDED.kind,
            cause_type = EXCLUDED.cause_type, cause_ref = EXCLUDED.cause_ref, policy = EXCLUDED.policy,
            holders = EXCLUDED.holders, messages = EXCLUDED.messages, last_members = '{}',
            updated_at = EXCLUDED.updated_at
        """,
        [record for found in members for record in found],
        [message for found in messages for message in found],
        *fields,
        *columns(slices(members), 2),
        moment,
    )


def _end_versions(golden_ids: Sequence[int], moment: datetime, ends: Sequence[Mapping[str, str]] = ()) -> None:
    """Keep the pointers of the present versions of these live golden records; ``ends`` is why each is retired, if it
    is."""
    if golden_ids:
        rows(
            """
            INSERT INTO hub_goldenversion (golden_id, version, since, until, holders, messages, cause_type, cause_ref,
                                           policy, content_hash, end_type, end_ref)
            SELECT g.id, g.version, g.updated_at, %s, g.holders, g.messages, g.cause_type, g.cause_ref, g.policy,
                   g.content_hash, n.end_type, n.end_ref
            FROM unnest(%b::bigint[], %b::text[], %b::text[]) AS n(id, end_type, end_ref)
            JOIN hub_goldenrecord g ON g.id = n.id
            """,
            moment,
            list(golden_ids),
            [end["type"] for end in ends] or [""] * len(golden_ids),
            [end["ref"] for end in ends] or [""] * len(golden_ids),
        )


def _write_terms(homes: Sequence[Home], goldens: Mapping[int, Golden]) -> None:
    old = [home.golden for home in homes if home.origin != "new"]
    if old:
        rows("DELETE FROM hub_goldenterm WHERE golden_id = ANY(%b::bigint[])", old)
    rows(
        "INSERT INTO hub_goldenterm (golden_id, token) SELECT * FROM unnest(%b::bigint[], %b::bigint[])",
        *columns(((home.golden, token) for home in homes for token in sorted(goldens[home.golden].terms)), 2),
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
    if golden.origins is not None:
        data["origins"] = golden.origins
    holders, key = tuple(golden.members), golden.key
    after = tuple(leaver.golden for leaver in merged)
    drafts = [Draft(home.golden, home.public_id, kind, data, after, holders, key)]
    if "consents" in changed:
        consent = {key: data[key] for key in ("golden_id", "version", "cause", "crosswalk")}
        told = {**consent, "changed": ["consents"], "consents": golden.consents}
        drafts.append(Draft(home.golden, home.public_id, "consent.changed", told, (), holders, key))
    return drafts


def _differences(before: dict[str, Any], golden: Golden) -> set[str]:
    profile = before.get("profile", {})
    changed = {key for key in {*profile, *golden.profile} if profile.get(key) != golden.profile.get(key)}
    for key, value in (("crosswalk", golden.crosswalk), ("consents", golden.consents)):
        if before.get(key, []) != value:
            changed.add(key)
    return changed


def _retire(assignment: Assignment, cause: Cause) -> None:
    """Retire the golden records that lost all members."""
    if not assignment.leavers:
        return
    golden_ids = [leaver.golden for leaver in assignment.leavers]
    _end_versions(golden_ids, assignment.moment, [cause.of(leaver.before) for leaver in assignment.leavers])
    rows(
        """
        UPDATE hub_goldenrecord g SET state = 1, updated_at = %s, last_members = n.members::bigint[]
        FROM unnest(%b::bigint[], %b::text[]) AS n(id, members) WHERE g.id = n.id
        """,
        assignment.moment,
        golden_ids,
        ["{" + ",".join(map(str, sorted(leaver.last))) + "}" for leaver in assignment.leavers],
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


def write_events(
    drafts: Sequence[Draft], *, numbered: Mapping[int, int] = MappingProxyType({}),
    traces: Mapping[str, bytes] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Number the events per golden record, without gaps, and put them into the outbox. ``numbered`` are those whose
    rows have been written with the new number already, and their number before. ``traces`` are those of the messages
    that caused them; what no message caused belongs to the present one."""
    if not drafts:
        return
    following = {**numbered, **_count_on(Counter(d.golden for d in drafts if d.golden not in numbered))}
    bare = {draft.golden for draft in drafts if "crosswalk" not in draft.data and draft.type != "golden.erased"}
    crosswalks = _crosswalks(bare) if bare else {}
    written = []
    present = trace.present() or b""
    for draft in drafts:
        following[draft.golden] += 1
        data, holders, key = draft.data, draft.holders, draft.key
        if draft.golden in crosswalks:
            crosswalk, holders, key = crosswalks[draft.golden]
            data = {"crosswalk": crosswalk, **data}
        written.append(
            (new_id("evt"), draft.type, draft.golden, draft.subject, following[draft.golden],
             "{" + ",".join(str(golden) for golden in (draft.golden, *draft.after)) + "}",
             "{" + ",".join(map(str, holders)) + "}", event_data(data, key), _trace_of(draft, traces) or present)
        )  # fmt: skip
    rows(
        """
        INSERT INTO hub_outboxevent (public_id, type, golden_id, subject, sequence, after, holders, data, time,
                                     trace)
        SELECT n.public_id, n.type, n.golden_id, n.subject, n.sequence, n.after::bigint[], n.holders::bigint[], n.data,
               now(), nullif(n.trace, ''::bytea)
        FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::text[], %b::int[], %b::text[], %b::text[], %b::bytea[],
                    %b::bytea[])
             WITH ORDINALITY AS n(public_id, type, golden_id, subject, sequence, after, holders, data, trace, place)
        ORDER BY n.place
        """,
        *columns(written, 9),
    )


def _trace_of(draft: Draft, traces: Mapping[str, bytes]) -> bytes | None:
    return traces.get(draft.data["cause"]["ref"]) if traces and "cause" in draft.data else None


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


def _crosswalks(goldens: Collection[int]) -> dict[int, tuple[list[dict[str, str]], tuple[int, ...], bytes]]:
    """The crosswalk of each golden record, which every event carries, with its records and their joint key."""
    found = {golden: (members, body) for golden, (_, members, body) in _stored(sorted(goldens)).items()}
    held = keyring.keys_of({record for members, _ in found.values() for record in members})
    opened = keyring.unsealed(list(found.values()), GOLDEN, known=held)
    out: dict[int, tuple[list[dict[str, str]], tuple[int, ...], bytes]] = {}
    for (golden, (members, _)), body in zip(found.items(), opened, strict=True):
        key = keyring.joint_of(members, held)
        out[golden] = ([], (), b"") if body is None or key is None else (loads(body)["crosswalk"], tuple(members), key)
    return out
