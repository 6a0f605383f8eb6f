"""The database half of consent: statements go into the ledger, and what must be folded anew when they do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import keyring, ledger
from hub.errors import InvalidRecord, NotFound
from hub.sealing import CANONICAL, unseal
from hub.sql import columns, count, rows
from matching.canonical import from_nested
from matching.cells import RecordError
from matching.consentdoor import refuse_future
from matching.contactpoints import ANY, brand_key, channel_key, point_key, purpose_key
from matching.jsontext import loads
from matching.records import CanonicalRecord


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """A version of a record as it enters the ledger: the record's id and key, and when it was received."""

    record: int
    key: bytes
    version: CanonicalRecord
    received_at: datetime


def keep(found: Iterable[Said]) -> None:
    """Add the statements of every version, also of one that came too late to be current: a ledger only grows."""
    made = [
        (ledger.row_of(one.record, said, key=one.key, otherwise=one.version.occurred_at or one.received_at), one.key)
        for one in found
        for said in one.version.consents
    ]
    ledger.add([row for row, _ in made], {row.record: key for row, key in made})


def neighbours(record_ids: Collection[int], *, standing: Collection[int]) -> set[int]:
    """The records of other customers whom a withdrawal concerns that loses or regains its record by these changes:
    they were granted something at the same contact point. ``standing`` were held before."""
    found = rows(
        """
        SELECT DISTINCT g.record_id FROM hub_consentstatement w
        JOIN hub_sourcerecord r ON r.id = w.record_id JOIN hub_crosswalk c ON c.record_id = w.record_id
        JOIN hub_consentstatement g ON g.point = w.point AND g.point <> '' AND g.state = 'granted'
                                       AND g.record_id <> w.record_id
        WHERE w.record_id = ANY(%b::bigint[]) AND w.state = 'withdrawn' AND w.point <> ''
              AND (r.deleted OR (c.golden_id IS NULL AND r.id = ANY(%b::bigint[])))
        """,
        sorted(record_ids),
        sorted(standing),
    )
    return {record for (record,) in found}


def granted_at(tokens: Collection[bytes], *, but: Collection[int]) -> set[int]:
    """The live records, without those of ``but``, in which something is granted at one of these contact points."""
    found = rows(
        """
        SELECT DISTINCT s.record_id FROM hub_consentstatement s JOIN hub_crosswalk c ON c.record_id = s.record_id
        WHERE s.point = ANY(%b::bytea[]) AND s.point <> '' AND s.state = 'granted' AND c.golden_id IS NOT NULL
        """,
        sorted(tokens),
    )
    return {record for (record,) in found} - set(but)


def checked(said: Any, *, now: datetime) -> Mapping[str, Any]:
    """A statement as it was sent, if it can be taken: see ``matching.consentdoor``. Raises ``InvalidRecord``."""
    try:
        record = from_nested({"source_id": "-", "consents": [said]}, source_system="-")
        refuse_future(record, now)
    except RecordError as error:
        field = error.field.removeprefix("consents[0].")
        raise InvalidRecord(f"{field}: {error.message}", field=field) from error
    return record.consents[0]


def members(public_id: str) -> list[int]:
    """The live records of a golden record; of a retired one those that it had last, wherever they are now.

    Nothing is locked: who leaves or joins meanwhile does so before or after what is then said. Raises ``NotFound`` for
    an unknown id and for one without any live record.
    """
    found = rows("SELECT id, state, last_members FROM hub_goldenrecord WHERE public_id = %s", public_id)
    if not found:
        raise NotFound("No golden record has this id.")
    golden, state, last = found[0]
    own = rows(
        """
        SELECT record_id FROM hub_crosswalk
        WHERE golden_id = %s OR (record_id = ANY(%b::bigint[]) AND golden_id IS NOT NULL) ORDER BY record_id
        """,
        golden,
        last if state == 1 else [],
    )
    if not own:
        raise NotFound("This golden record has no live record of which anything could be said.")
    return [record for (record,) in own]


@dataclass(frozen=True, slots=True, repr=False)
class _Holder:
    """A record, its key and the contact points that it names, as they compare."""

    id: int
    key: bytes
    emails: frozenset[str]
    phones: frozenset[str]

    @property
    def points(self) -> frozenset[str]:
        return self.emails | self.phones


def attach(record_ids: Sequence[int], said: Mapping[str, Any], *, now: datetime, actor: str) -> list[tuple[str, int]]:
    """Write a statement made for a customer: a withdrawal to every record, anything else to one that holds its contact
    point. (public id, record id) of each, that of an earlier one where the same was said before.

    Raises ``InvalidRecord`` where no record holds the contact point, or where none is named and there is no withdrawal
    of the whole person that the grant could lift.
    """
    holders = _holders(record_ids)
    if said["state"] == "withdrawn":
        chosen: Sequence[_Holder] = holders
    else:
        chosen = [_holder(holders, said)]
    made = [ledger.row_of(h.id, said, key=h.key, otherwise=now, actor=actor) for h in chosen]
    ledger.add(made, {h.id: h.key for h in chosen})
    return ledger.ids_of(made)


def _holder(holders: Sequence[_Holder], said: Mapping[str, Any]) -> _Holder:
    point = point_key(str(said.get("contact_point") or ""), str(said.get("jurisdiction") or ""))
    found = ledger.held([h.id for h in holders], keys={h.id: h.key for h in holders})
    if point:
        spoken = {one.record for one in found if one.statement.point == point}
        fits = [h for h in holders if point in h.points] or [h for h in holders if h.id in spoken]
        if not fits:
            raise InvalidRecord("No record of this customer has the contact point.", field="contact_point")
        return fits[0]
    scope = (
        purpose_key(str(said["purpose"])),
        channel_key(str(said["channel"])),
        brand_key(str(said.get("brand") or "")),
    )
    stops = [one for one in found if one.statement.state == "withdrawn" and one.statement.scope == scope]
    whole = [one for one in stops if not one.statement.point]
    if not whole:
        raise InvalidRecord("A grant is for one contact point: name it.", field="contact_point")
    carrier = max(whole, key=lambda one: (one.statement.captured_at, one.statement.id)).record
    return next(h for h in holders if h.id == carrier)


def _holders(record_ids: Collection[int]) -> list[_Holder]:
    """Records by id; one whose key is gone is left out."""
    found = rows(
        """
        SELECT r.id, r.address, s.code, r.canonical FROM hub_sourcerecord r
        JOIN hub_sourcesystem s ON s.id = r.system_id WHERE r.id = ANY(%b::bigint[]) ORDER BY r.id
        """,
        sorted(record_ids),
    )
    held = keyring.keys([address for _, address, *_ in found])
    out = []
    for record, address, code, canonical in found:
        key = held.get(bytes(address))
        if key is not None:
            said = from_nested(loads(unseal(key, canonical, CANONICAL)), source_system=code)
            country = next((a.country for a in said.addresses if a.country), "") or ""
            out.append(_Holder(record, key, frozenset(point_key(e.value) for e in said.emails),
                               frozenset(point_key(p.value, country) for p in said.phones)))  # fmt: skip
    return out


def contact_points(record_ids: Collection[int], channel: str) -> set[str]:
    """The contact points, as they compare, by which these records can be reached through a channel."""
    return {point for holder in _holders(record_ids) for point in _by(holder, channel_key(channel))} - {""}


def _by(holder: _Holder, channel: str) -> frozenset[str]:
    if channel == ANY:
        return holder.points
    return holder.emails if channel == "email" else frozenset() if channel == "postal" else holder.phones


def remember(record_ids: Collection[int]) -> int:
    """Put the withdrawals of records that are about to be erased on the suppression list, while their keys are still
    there: one of the whole person for each contact point of its channel. How many entries there are now that were not
    before. Repeating it changes nothing."""
    holders = {h.id: h for h in _holders(record_ids)}
    entries = []
    for one in ledger.held(holders, keys={h.id: h.key for h in holders.values()}):
        s = one.statement
        if s.state != "withdrawn":
            continue
        tokens = (
            [one.token] if one.token else [ledger.point_token(p) for p in _by(holders[one.record], s.scope[1]) if p]
        )
        entries += [(token, s.id, s.purpose, s.channel, s.brand, s.captured_at, s.effective_from, s.effective_to)
                    for token in tokens]  # fmt: skip
    return count(
        """
        INSERT INTO hub_suppression (point, statement, purpose, channel, brand, captured_at, effective_from,
                                     effective_to)
        SELECT * FROM unnest(%b::bytea[], %b::text[], %b::text[], %b::text[], %b::text[], %b::timestamptz[],
                             %b::timestamptz[], %b::timestamptz[]) AS n
        ON CONFLICT (point, statement) DO NOTHING
        """,
        *columns(entries, 8),
    )
