"""The invariants of the hub, checked on the live database. Each breach names ids only.

Meant for a hub at rest: while messages wait, clusters may lag behind records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hub.sql import rows
from hub.stages import model as models
from hub.stages import survive
from hub.stages.batch import partition

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Breach:
    """``invariant`` by its number in the contract, ``subject`` a public id or address by database id."""

    invariant: int
    subject: str
    text: str


def nothing_lost() -> Iterator[Breach]:
    """1. A record that was acknowledged is resolved, waiting, or dead-lettered with a reason."""
    for public_id, status in rows(
        """
        SELECT m.public_id, m.status FROM hub_inboxmessage m
        LEFT JOIN hub_sourcerecord r ON r.id = m.record_id
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


def one_golden_record_each() -> Iterator[Breach]:
    """2. Every live source record is in exactly one golden record."""
    for record_id, deleted, golden_id, state in rows(
        """
        SELECT r.id, r.deleted, g.public_id, g.state FROM hub_sourcerecord r
        LEFT JOIN hub_crosswalk c ON c.record_id = r.id LEFT JOIN hub_goldenrecord g ON g.id = c.golden_id
        WHERE (NOT r.deleted AND g.state IS DISTINCT FROM 0) OR (r.deleted AND g.id IS NOT NULL)
        """
    ):
        if deleted:
            yield Breach(2, f"record {record_id}", f"It was deleted, but {golden_id} still counts it.")
        elif golden_id is None:
            waiting = rows("SELECT 1 FROM hub_inboxmessage m JOIN hub_sourcerecord r ON r.id = %s AND r.system_id = "
                           "m.system_id AND r.source_id = m.source_id WHERE m.status <> 1", record_id)  # fmt: skip
            if not waiting:
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


def online_equals_batch() -> Iterator[Breach]:
    """3. The clusters are those of one batch run over the same records, model and judgements."""
    model_id, model = models.active()
    expected = partition(model_id=model_id, model=model)
    held: dict[int, str] = dict(
        rows("SELECT c.record_id, g.public_id FROM hub_crosswalk c JOIN hub_goldenrecord g ON g.id = c.golden_id")
    )
    sizes: dict[str, int] = {}
    for public_id in held.values():
        sizes[public_id] = sizes.get(public_id, 0) + 1
    for cluster in expected:
        homes = {held.get(record_id) for record_id in cluster}
        home = next(iter(homes))
        if len(homes) > 1 or home is None or sizes[home] != len(cluster):
            named = ", ".join(sorted(str(h) for h in homes))
            yield Breach(3, named, f"A batch run puts records {sorted(cluster)[:10]} together and no others with them.")


def values_follow_from_records() -> Iterator[Breach]:
    """4. A golden value is a pure function of its cluster's records, rules and pins."""
    last = 0
    while page := rows(
        "SELECT id, public_id, body, provenance, content_hash FROM hub_goldenrecord WHERE state = 0 AND id > %s "
        "ORDER BY id LIMIT %s",
        last,
        CHUNK,
    ):
        last = page[-1][0]
        members: dict[int, set[int]] = {}
        for golden, record in rows(
            "SELECT golden_id, record_id FROM hub_crosswalk WHERE golden_id = ANY(%b::bigint[])", [p[0] for p in page]
        ):
            members.setdefault(golden, set()).add(record)
        present = [p for p in page if p[0] in members]
        views = survive.golden_of([frozenset(members[p[0]]) for p in present])
        for (_, public_id, body, provenance, content_hash), view in zip(present, views, strict=True):
            stored = json.loads(body)
            for part, value in (("profile", view.profile), ("crosswalk", view.crosswalk), ("consents", view.consents)):
                if stored.get(part) != value:
                    yield Breach(4, public_id, f"Its stored {part} is not what its records give.")
            if json.loads(provenance) != view.provenance:
                yield Breach(4, public_id, "Its stored provenance is not what its records give.")
            elif view.content_hash != bytes(content_hash):
                yield Breach(4, public_id, "Its content hash is not that of its records.")


def ids_answer_for_ever() -> Iterator[Breach]:
    """7. A golden id is live, redirects, or is gone by erasure; events name none that is unknown."""
    for (public_id,) in rows("SELECT public_id FROM hub_goldenrecord WHERE state = 1 AND last_members = '{}'"):
        yield Breach(7, public_id, "It is retired and says not where its records went.")
    for (subject,) in rows(
        """
        SELECT DISTINCT e.subject FROM hub_outboxevent e
        WHERE NOT EXISTS (SELECT 1 FROM hub_goldenrecord g WHERE g.public_id = e.subject)
        """
    ):
        yield Breach(7, subject, "Events were sent about it, but it is not known any more.")


def events_without_gaps() -> Iterator[Breach]:
    """8. Sequence numbers of a golden id and positions of the feed have no gap."""
    for public_id, sequence, number, highest in rows(
        """
        SELECT g.public_id, g.sequence, count(e.id), coalesce(max(e.sequence), 0) FROM hub_goldenrecord g
        LEFT JOIN hub_outboxevent e ON e.golden_id = g.id
        GROUP BY g.id HAVING count(e.id) <> g.sequence OR coalesce(max(e.sequence), 0) <> g.sequence
        """
    ):
        yield Breach(8, public_id, f"It counts {sequence} events; {number} are held, the last is {highest}.")
    for number, highest in rows("SELECT count(position), coalesce(max(position), 0) FROM hub_outboxevent"):
        if number != highest:
            yield Breach(8, "feed", f"It reaches position {highest} but holds {number} events.")
    for public_id, position in rows(
        """
        SELECT e.public_id, e.position FROM hub_outboxevent e
        JOIN hub_outboxevent earlier ON earlier.golden_id = e.golden_id AND earlier.sequence = e.sequence - 1
        WHERE earlier.position > e.position
        """
    ):
        yield Breach(8, public_id, f"Its position {position} is before that of the event it follows.")


CHECKS: tuple[Callable[[], Iterator[Breach]], ...] = (
    nothing_lost,
    one_golden_record_each,
    online_equals_batch,
    values_follow_from_records,
    ids_answer_for_ever,
    events_without_gaps,
)


def breaches() -> Iterator[Breach]:
    for check in CHECKS:
        yield from check()
