"""Erasure: a customer, or one source record, is forgotten for good.

    1. the key store commits: an entry in the ledger, and the keys destroyed     from here on nobody can read it
    2. the main database commits: rows gone, golden ids closed, events told      from here on nobody has to know

Both under the lock that keeps everybody waiting who resolves, so that what is forgotten is what is there. Cut off
between the two, the main database follows the ledger later: at the next erasure, by the workers' sweeper, or when it
comes back from a backup. Following an entry again changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.utils import timezone
from psycopg import errors as pg_errors

from hub import erasures, forgotten, keyring, pipeline
from hub.errors import InvalidRecord, Transient
from hub.flow import Cause
from hub.models import MatchModelVersion, PrivacyRequest
from hub.models.inbox import Lane
from hub.ports import ring
from hub.privacy import targets, words
from hub.sealing import CANONICAL, PAYLOAD
from hub.sql import rows
from hub.stages import compare, consent, erase, ingest, normalise, publish, region, suppress
from hub.stages import model as models
from matching.canonical import from_nested
from matching.jsontext import loads
from matching.model import MatchModel
from matching.records import CanonicalRecord


class Busy(Transient):
    """A load has these records in hand: they are erased as soon as it is through."""


def forget(request: PrivacyRequest) -> None:
    """Erase what the request is about. Raises ``Transient`` where it has to wait; to be repeated then."""
    with transaction.atomic():
        models.lock_for_switch()
        held = PrivacyRequest.objects.select_for_update().get(pk=request.pk)
        if held.closed_at is None and erasures.of_request(held.public_id) is None:
            _destroy(held)
        _follow_all()
    transaction.on_commit(lambda: ring(Lane.INTERACTIVE))  # the events are numbered and handed on


def follow() -> int:
    """Bring the main database in line with the ledger; how many entries were behind."""
    if erasures.applied()[0] >= erasures.end():
        return 0
    with transaction.atomic():
        models.lock_for_switch()
        number = _follow_all()
    ring(Lane.INTERACTIVE)
    return number


def _destroy(request: PrivacyRequest) -> None:
    """The first half: read what must be known of the records while they can be read, then destroy their keys."""
    records = _records(request)
    addresses = sorted({*erase.addresses_of(records), *([bytes(request.address)] if request.address else [])})
    _claim(addresses)
    whole = not request.of_record
    identities = forgotten.known_by(_said(addresses)) if whole else set()
    if late := _under_way(identities, but=records):
        records, addresses = sorted({*records, *late}), sorted({*addresses, *erase.addresses_of(late)})
        PrivacyRequest.objects.filter(pk=request.pk).update(records=records)
        _claim(addresses)
        identities |= forgotten.known_by(_said(addresses))
    about = {*erase.requests_about(records), request.public_id}
    consent.remember(records)
    texts = [a for other in about for a in words.addresses(other, proofs=other != request.public_id)]
    erasures.write(
        request.public_id,
        at=timezone.now(),
        addresses=addresses,
        golden_ids=erase.going(records),
        whole=whole,
        identities=identities,
        words=texts,
        withdrawals=erase.suppressions_of(records),
    )


def _records(request: PrivacyRequest) -> list[int]:
    """Those that the request named, and where it is about a customer, those that joined it meanwhile."""
    found = {*request.records}
    if request.golden_id and not request.of_record:
        found |= {*targets.members(request.golden_id)}
    if request.of_record and request.address:
        found |= {*erase.records_at([bytes(request.address)])}
    PrivacyRequest.objects.filter(pk=request.pk).update(records=sorted(found))
    return sorted(found)


def _under_way(identities: Collection[bytes], *, but: Collection[int]) -> list[int]:
    """The customer's records that were taken in and are in no golden record yet: whoever resolves them was cut off, or
    waits for the lock that is held here. As messages they would be refused; as records they would stay."""
    if not identities:
        return []
    found = erase.unplaced(but=but)
    opened = keyring.opened([(address, canonical) for *_, address, canonical in found], CANONICAL)
    said = [
        (record_id, (scope, from_nested(loads(form), source_system=code)))
        for (record_id, scope, code, *_), form in zip(found, opened, strict=True)
        if form is not None
    ]
    return [said[i][0] for i in forgotten.among([record for _, record in said], identities)]


def _claim(addresses: Collection[bytes]) -> None:
    """Lock the messages at these addresses. Who has them waits for the lock that is held here: a first load, in whose
    one transaction they were written. Waiting for it would stop both."""
    try:
        with transaction.atomic():
            rows("SELECT 1 FROM hub_inboxmessage WHERE address = ANY(%b::bytea[]) ORDER BY id FOR UPDATE NOWAIT",
                 list(addresses))  # fmt: skip
    except pg_errors.LockNotAvailable as error:
        raise Busy from error


def _said(addresses: Collection[bytes]) -> Iterable[tuple[str, CanonicalRecord]]:
    """(scope, record) of everything that was ever received about these records and can be read."""
    found = rows(
        """
        SELECT s.scope, s.code, m.mapping, m.part, m.address, m.payload FROM hub_inboxmessage m
        JOIN hub_sourcesystem s ON s.id = m.system_id WHERE m.address = ANY(%b::bytea[])
        """,
        list(addresses),
    )
    payloads = keyring.opened([(address, payload) for *_, address, payload in found], PAYLOAD)
    for (scope, code, mapping, part, *_), payload in zip(found, payloads, strict=True):
        if payload is None:
            continue
        try:
            yield scope, ingest.read_stored(payload, system=code, mapping=mapping)[part]
        except (InvalidRecord, IndexError):
            continue  # it never became a record


def _follow_all() -> int:
    """In the present transaction, under the switch lock: every entry that this database is behind."""
    number = 0
    while entries := erasures.after(erasures.applied()[0]):
        for entry in entries:
            _follow(entry)
            erasures.follow(entry.position)
            number += 1
    return number


def _follow(entry: erasures.Entry) -> None:
    """The second half: everything that refers to the records goes, and what hung on them is brought in line."""
    records = erase.records_at(entry.addresses)
    goldens = erase.goldens_with(records)
    cause = Cause("erasure", entry.request_id)
    # Before the clusters: what was withdrawn holds from now on for whoever has the contact points.
    erase.suppress(entry.withdrawals)
    told = consent.granted_at({bytes.fromhex(row[0]) for row in entry.withdrawals}, but=records)
    erase.let_go(entry.golden_ids)
    if records:
        erase.mark_deleted(records)
    for version in MatchModelVersion.objects.exclude(active=False, caught_up_to=None).order_by("id"):
        if records:
            _settle(records, version, cause, told=told)
        elif told and version.active:
            pipeline.recluster(told, cause=cause, model_id=version.pk, model=models.version(version.pk))
    publish.write_events(erase.close_goldens(entry.golden_ids, request_id=entry.request_id))
    erase.redact_events(goldens, records)
    erase.blank_requests(records, but=entry.request_id)
    erase.leave(records, golden_ids=goldens)
    erase.empty_messages(entry.addresses, records)
    erase.remove(records)


def _settle(records: Sequence[int], version: MatchModelVersion, cause: Cause, *, told: Collection[int]) -> None:
    """Take the records out of a match model's rows, and where it is in force out of the clusters, as T1 and T3 do with
    a record that its source deleted; ``told`` are others whose consent this bears on. Everybody else is waiting, so
    that both fit into one transaction."""
    model: MatchModel = models.version(version.pk)
    normalise.forget(records, beside=records, model_id=version.pk)
    again, touched = True, set[int]()
    while again:
        settled = suppress.settle(records, crowded={}, model_id=version.pk, model=model)
        compare.score(settled.pairs, model_id=version.pk, model=model)
        touched |= settled.touched
        again = settled.again
    if version.active:
        pipeline.recluster({*records, *told}, cause=cause, model_id=version.pk, model=model, touched=touched)
    region.forget_stale_edges(records, model_id=version.pk)


__all__ = ["Busy", "follow", "forget"]
