"""What was let in, sealed and stored as inbox messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hub import erasures, forgotten, keyring, trace
from hub.errors import ERASED
from hub.ids import new_ids
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.sealing import PAYLOAD, seal
from hub.sql import count, rows
from hub.stages.ingest.door import Receipt, Received, read_stored

# What has no source time counts as of now: it is newer than any erasure.
_NOW = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, repr=False)
class Sheaf:
    """Records of one source that passed the door, by the column; ``lines`` are those of the file. ``dedupe`` is None
    without a source time."""

    lines: list[int] = field(default_factory=list)
    source_ids: list[str] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    mappings: list[str] = field(default_factory=list)
    dedupe: list[bytes | None] = field(default_factory=list)
    ahead: list[bool] = field(default_factory=list)

    def add(
        self, line: int, source_id: str, part: int, payload: bytes, mapping: str, dedupe: bytes | None, *,
        ahead: bool = False,
    ) -> None:  # fmt: skip
        self.lines.append(line)
        self.source_ids.append(source_id)
        self.parts.append(part)
        self.payloads.append(payload)
        self.mappings.append(mapping)
        self.dedupe.append(dedupe)
        self.ahead.append(ahead)


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """Messages ready to be stored, their payloads sealed, by the column; ``ahead`` says which go one lane ahead of the
    others, ``forgotten`` are the places (in what they were made of) of records that were erased and are not among
    them."""

    public_ids: list[str]
    addresses: list[bytes]
    parts: list[int]
    payloads: list[bytes]
    mappings: list[str]
    dedupe: list[bytes | None]
    ahead: list[bool]
    forgotten: list[int]


def sealed(source_code: str, source_ids: Sequence[str], parts: Sequence[int], payloads: Sequence[bytes],
           mappings: Sequence[str], dedupe: Sequence[bytes | None], ahead: Sequence[bool]) -> Sealed:  # fmt: skip
    """Each payload under the key of its record, which is made where there is none yet. Best called before the
    transaction that stores them, since the key store has its own."""
    addresses = [keyring.address(source_code, source_id) for source_id in source_ids]
    taken = keyring.take(addresses)
    kept = [i for i, a in enumerate(addresses) if a in taken.keys]
    return Sealed(
        new_ids("msg", len(kept)),
        [addresses[i] for i in kept],
        [parts[i] for i in kept],
        [seal(taken.keys[addresses[i]], payloads[i], PAYLOAD) for i in kept],
        [mappings[i] for i in kept],
        [dedupe[i] for i in kept],
        [ahead[i] for i in kept],
        [i for i, a in enumerate(addresses) if a not in taken.keys],
    )


def sealed_sheaf(sheaf: Sheaf, *, source: SourceSystem) -> Sealed:
    """As ``sealed``, for a sheaf; of forgotten customers too, under whatever source id, nothing is among them."""
    known = _unwelcome(sheaf, source)
    kept = [place for place in range(len(sheaf.payloads)) if place not in known]
    if not known:
        return sealed(source.code, sheaf.source_ids, sheaf.parts, sheaf.payloads, sheaf.mappings, sheaf.dedupe,
                      sheaf.ahead)  # fmt: skip
    some = (
        [column[place] for place in kept]
        for column in (sheaf.source_ids, sheaf.parts, sheaf.payloads, sheaf.mappings, sheaf.dedupe, sheaf.ahead)
    )
    found = sealed(source.code, *some)  # type: ignore[arg-type]
    return replace(found, forgotten=sorted({*known, *(kept[place] for place in found.forgotten)}))


def _unwelcome(sheaf: Sheaf, source: SourceSystem) -> set[int]:
    """The places of those that are of a forgotten customer and older than the erasure. Nothing is read where nobody
    was ever forgotten; what has no source time is newer."""
    dated = [place for place, key in enumerate(sheaf.dedupe) if key is not None]
    if not dated or erasures.newest_identity() is None:
        return set()
    records = [
        read_stored(sheaf.payloads[i], system=source.code, mapping=sheaf.mappings[i])[sheaf.parts[i]] for i in dated
    ]
    found = forgotten.refused([(source.scope, record, record.occurred_at or _NOW) for record in records])
    return {dated[place] for place in found}


def store_sealed(messages: Sealed, *, source_pk: int, lane: Lane) -> int:
    """Insert the messages in the present transaction; how many there are that were not held already."""
    return count(f"{_INSERT} ON CONFLICT (dedupe) DO NOTHING", *_inserted(messages, source_pk, lane))


# Sorted, so that two loads with the same payloads cannot deadlock.
_INSERT = """
    INSERT INTO hub_inboxmessage (public_id, system_id, address, mapping, part, payload, dedupe, lane,
                                  status, received_at, attempts, next_attempt_at, trace)
    SELECT n.public_id, %s::smallint, n.address, n.mapping, n.part, n.payload, n.dedupe, n.lane,
           0, now(), 0, now(), %s::bytea
    FROM unnest(%b::text[], %b::bytea[], %b::text[], %b::smallint[], %b::bytea[], %b::bytea[], %b::smallint[])
         WITH ORDINALITY AS n(public_id, address, mapping, part, payload, dedupe, lane, place)
    ORDER BY n.dedupe NULLS LAST, n.place
"""


def _inserted(messages: Sealed, source_pk: int, lane: Lane) -> tuple[Any, ...]:
    lanes = [int(lane.ahead) if ahead else int(lane) for ahead in messages.ahead]
    return (source_pk, trace.present(), messages.public_ids, messages.addresses, messages.mappings, messages.parts,
            messages.payloads, messages.dedupe, lanes)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Ready:
    """Received records that are to be stored: ``items[i]`` is message ``place[i]`` of ``messages``."""

    items: list[Received]
    place: list[int]
    messages: Sealed


def make_ready(items: Sequence[Received], *, source: SourceSystem) -> tuple[Ready, list[Receipt]]:
    """The messages of received records, one for each that is not the repeat of another, and the receipts of those
    that were erased."""
    known = forgotten.refused([(source.scope, i.record, i.record.occurred_at or _NOW) for i in items])
    turned_away = [items[i] for i in sorted(known)]
    items = [item for i, item in enumerate(items) if i not in known]
    seen: dict[bytes, int] = {}
    fresh: list[Received] = []
    place: list[int] = []
    for item in items:
        at = seen.get(item.dedupe) if item.dedupe else None
        if at is None:
            at = len(fresh)
            fresh.append(item)
            if item.dedupe:
                seen[item.dedupe] = at
        place.append(at)
    found = sealed(
        source.code, [i.record.source_id for i in fresh], [i.part for i in fresh], [i.payload for i in fresh],
        [i.mapping for i in fresh], [i.dedupe for i in fresh], [i.withdraws for i in fresh],
    )  # fmt: skip
    gone = set(found.forgotten)
    number = {at: n for n, at in enumerate(at for at in range(len(fresh)) if at not in gone)}
    kept = [(item, number[at]) for item, at in zip(items, place, strict=True) if at in number]
    turned_away += [item for item, at in zip(items, place, strict=True) if at not in number]
    refused = [Receipt(item.index, "rejected", source_id=item.record.source_id, problem=ERASED) for item in turned_away]
    return Ready([item for item, _ in kept], [n for _, n in kept], found), refused


def store(ready: Ready, *, source: SourceSystem, lane: Lane) -> list[Receipt]:
    """Insert the messages in the present transaction; a payload held already gives its first message's id."""
    if not ready.items:
        return []
    inserted = rows(
        f"{_INSERT} ON CONFLICT (dedupe) DO NOTHING RETURNING public_id",
        *_inserted(ready.messages, source.pk, lane),
    )
    stored = {row[0] for row in inserted}
    ids = [
        (item, item.dedupe, ready.messages.public_ids[place])
        for item, place in zip(ready.items, ready.place, strict=True)
    ]
    repeated = [key for _, key, public_id in ids if public_id not in stored and key]
    first = dict(
        rows("SELECT dedupe, public_id FROM hub_inboxmessage WHERE dedupe = ANY(%b::bytea[])", repeated)
        if repeated
        else []
    )
    return [
        Receipt(item.index, "accepted", public_id, item.record.source_id)
        if public_id in stored
        else Receipt(item.index, "duplicate", first[key] if key else public_id, item.record.source_id)
        for item, key, public_id in ids
    ]
