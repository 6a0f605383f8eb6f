"""The way through the house, from top to bottom. The one file that composes stages.

    receive   a door hands in payloads            → inbox
    drain     a worker claims messages            → T1 normalise → T2 block, compare, weigh
                                                  → T3 cluster, assign, survive, publish
    judge     a steward's answer, replayed forward → T3

Each transaction commits by itself and may be repeated: a worker that dies anywhere is followed by another.
"""

from __future__ import annotations

import gc
import logging
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import transaction
from psycopg import errors as pg_errors

from hub import audit, policies, trace
from hub.errors import ERASED, InvalidRecord, Transient, Unavailable
from hub.flow import Assignment, Cause, Message
from hub.inquiry import explain_golden, explain_pair, preview_merge, resolve
from hub.lanes import ALL, Pace, Rota
from hub.models import Judgement, Review, SourceSystem
from hub.models.inbox import Lane
from hub.ports import ring
from hub.sql import SERVER_AWAY, again
from hub.stages import (
    assign,
    block,
    cluster,
    compare,
    consent,
    decide,
    inbox,
    ingest,
    normalise,
    publish,
    suppress,
    survive,
)
from hub.stages import model as models
from hub.stages import region as regions
from hub.stages import review as reviews
from matching.model import MatchModel

__all__ = [
    "Receipt", "drain", "explain_golden", "explain_pair", "judge", "preview_merge", "receive", "recluster", "resolve",
    "resolve_messages", "resolve_now", "resurvive", "retract", "say_consent",
]  # fmt: skip
log = logging.getLogger("hub.pipeline")

Receipt = ingest.Receipt


def receive(
    *, source: SourceSystem, payloads: Sequence[Any], lane: Lane, mapping: str = "", wake: bool = True
) -> list[Receipt]:
    """Take decoded payloads into the inbox; one receipt per record, in the order of the payloads.

    What cannot be taken is refused with its reason and stops nothing else. Nothing is acknowledged before
    it is committed. A message that withdraws consent goes one lane ahead of the others. ``wake`` is false where the
    caller resolves the messages, or rings, itself.
    """
    taken, refused = ingest.sort_out(payloads, source=source, mapping=mapping)
    ready, erased = ingest.make_ready(taken, source=source)
    with transaction.atomic():
        stored = ingest.store(ready, source=source, lane=lane)
    if stored and wake:
        transaction.on_commit(lambda: ring(lane))
    if any(item.withdraws for item in taken):
        transaction.on_commit(lambda: ring(lane.ahead))
    return sorted([*stored, *refused, *erased], key=lambda receipt: receipt.index)


def drain(
    *,
    lanes: Collection[Lane] = ALL,
    limit: int | None = None,
    rota: Rota | None = None,
    pace: Pace | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Resolve waiting messages of these lanes until none is due, ``limit`` were claimed or ``stop`` says so; how
    many were claimed.

    ``rota`` chooses the lane of each batch, ``pace`` how large the batches are that nobody waits for; a worker
    keeps its own of both.
    """
    models.active()  # without a model nothing is claimed, so that no message is blamed for it
    policies.active()  # a new hub takes the one that ships before there are locks to wait for
    rota = rota or Rota()
    done = 0
    while (limit is None or done < limit) and not stop():
        due = [lane for lane in inbox.due() if lane in lanes]
        if not due:
            return done
        lane = rota.next(due)
        size = 1 if lane == Lane.INTERACTIVE else pace.size if pace else settings.HUB_BATCH_SIZE
        with transaction.atomic():
            messages = inbox.claim(lane=lane, limit=size, lease_seconds=settings.HUB_LEASE_SECONDS)
        if not messages:
            return done  # others were faster
        done += len(messages)
        with _collector_at_rest(), trace.carried(trace.common(message.trace for message in messages)):
            held = _resolve_or_give_back(messages)
        if pace and held is not None and lane != Lane.INTERACTIVE:
            pace.held(len(messages), held)
    return done


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No search for cycles in the midst of a batch: it makes hundreds of thousands of objects and hardly a cycle, and
    looking through them again and again took a fifth of the time. What there is, is found between two batches."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def resolve_now(public_id: str, *, seconds: float) -> bool:
    """Resolve this waiting message here, for somebody who waits for it; False where a worker has it already or
    ``seconds`` were not enough. It then stays in the inbox, for the workers.

    Under the lease and the fence of every worker, so that it is done once whoever else tries.
    """
    models.active(), policies.active()  # as in drain
    until = monotonic() + seconds
    try:
        while (left := until - monotonic()) > 0:
            with transaction.atomic():
                message = inbox.claim_one(public_id, lease_seconds=settings.HUB_LEASE_SECONDS)
            if message is None:
                return False
            if _resolve_or_give_back([message], seconds=left) is not None:
                return True
        return False
    finally:
        inbox.let_go()


def _patience(seconds: float | None) -> str:
    return "" if seconds is None else f"{max(1, round(seconds * 1000))}ms"


def _resolve_or_give_back(messages: Sequence[Message], *, seconds: float | None = None) -> float | None:
    """For how many seconds the locks of T3 were held; None where the messages were given back."""
    try:
        return resolve_messages(messages, seconds=seconds)
    except Unavailable as error:  # until the sweeper, or whoever erases, is through
        _give_back(messages, error, count_it=False, rest=1.0)
    except (Transient, pg_errors.LockNotAvailable, pg_errors.DeadlockDetected, pg_errors.SerializationFailure) as error:
        # Before the server's absence, as which psycopg counts the last three.
        _give_back(messages, error, count_it=False)
    except SERVER_AWAY:
        raise  # nobody can give anything back now: the lease runs out and another worker takes over
    except Exception as error:
        log.error("batch of %d from %s failed: %s", len(messages), messages[0].public_id, _where(error))
        _give_back(messages, error, count_it=True)
    return None


def _where(error: Exception) -> str:
    """The kind of an error and where it arose, without its message, which may quote a record."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.name}:{frame.lineno}"


def _give_back(messages: Sequence[Message], error: Exception, *, count_it: bool, rest: float = 0.0) -> None:
    problem = {"type": "/problems/not-resolved", "title": "The record could not be resolved",
               "detail": f"{type(error).__name__}: it will be tried again"}  # fmt: skip
    with transaction.atomic():
        inbox.give_back(messages, problem=problem, max_attempts=settings.HUB_MAX_ATTEMPTS, count_it=count_it, rest=rest)


def resolve_messages(messages: Sequence[Message], *, seconds: float | None = None) -> float:
    """T1, T2 and T3 for claimed messages; for how many seconds the locks of T3 were held.

    The disk is waited for only once, at the end of T3: what T1 and T2 wrote is on it by then, and the inbox makes
    them good where they are lost. With ``seconds`` no lock is waited for any longer. Raises ``LostLease`` where
    another worker took one over.
    """
    model_id, model = models.active()
    patience = _patience(seconds)
    versions: list[normalise.Version] = []
    readable: list[Message] = []
    erased: list[Message] = []
    for message, payload in zip(messages, ingest.opened(messages), strict=True):
        try:
            versions.append(normalise.Version.of(message, ingest.record_in(message, payload)))
            readable.append(message)
        except ingest.Erased:
            erased.append(message)
        except InvalidRecord as error:
            with transaction.atomic():
                inbox.dead_letter(message, problem=ingest.problem(error))

    with transaction.atomic():  # T1
        models.hold(model_id, patience=patience, durable=False)
        # Asked for under the lock that an erasure takes alone: what this process remembers may be destroyed by now.
        sealed_by, gone = normalise.keys_for(versions)
        if erased or gone:
            inbox.reject([*erased, *(versions[i].message for i in sorted(gone))], problem=ERASED)
            versions = [version for i, version in enumerate(versions) if i not in gone]
            readable = [version.message for version in versions]
        if not versions:
            return 0.0
        taken = normalise.upsert(versions, sealed_by=sealed_by, model_id=model_id, model=model)
        consent.keep(
            consent.Said(taken.record_of[v.message.id], sealed_by[v.address], v.record, v.message.received_at)
            for v in versions
        )
    record_ids = sorted(set(taken.record_of.values()))
    with transaction.atomic():  # T2
        models.hold(model_id, patience=patience, durable=False)
        # What was written by an earlier try, or by another worker, is read again.
        older = [r for r in record_ids if r not in taken.keys]
        keys = {**taken.keys, **normalise.keys_of(older, model_id=model_id, model=model)}
        found = block.candidates(keys, model_id=model_id, model=model)
        compare.score(found.pairs, model_id=model_id, model=model)
    cause = Cause("record", readable[-1].public_id, {taken.record_of[m.id]: m.public_id for m in readable},
                  {m.public_id: m.trace for m in readable if m.trace})  # fmt: skip
    standing = older_ones = [r for r in record_ids if r not in taken.inserted]
    left = any(version.record.deleted for version in versions)
    crowded: suppress.Crowded = found.crowded
    known = {taken.record_of[v.message.id]: (v.content_hash, v.record) for v in versions}
    held, again = 0.0, True
    while again:
        began = monotonic()
        with transaction.atomic():  # T3
            models.hold(model_id, patience=patience)
            settled = suppress.settle(standing, crowded=crowded, model_id=model_id, model=model)
            compare.score(settled.pairs, model_id=model_id, model=model)
            told = consent.neighbours(record_ids, standing=older_ones) if left or older_ones else set[int]()
            recluster({*record_ids, *told}, cause=cause, model_id=model_id, model=model, touched=settled.touched,
                      known=known)  # fmt: skip
            regions.forget_stale_edges(standing, model_id=model_id)
            again = settled.again
            if not again:
                inbox.resolved(readable, taken.record_of)
        held = max(held, monotonic() - began)
        standing, crowded = record_ids, {}
    return held


def recluster(
    record_ids: Collection[int],
    *,
    cause: Cause,
    model_id: int,
    model: MatchModel,
    touched: Collection[int] = frozenset(),
    known: survive.Known = MappingProxyType({}),
) -> Assignment:
    """T3: bring everything that hangs on ``record_ids``, which may have changed, and on ``touched``, whose edges
    may have, in line with records, edges and judgements. ``known`` are records that need not be read again.

    To be called in a transaction. A pure function of what is held, so that repeating it changes nothing.
    """
    own = frozenset(record_ids)
    region = regions.lock(own | frozenset(touched), model_id=model_id, model=model)
    resolution = cluster.resolve(
        region, lambda ids: {r: h.prepared for r, h in compare.load(ids, model_id=model_id).items()}, model
    )
    assignment = assign.assign(resolution.clusters, resolution.native, inner=region.inner, golden_of=region.golden,
                               native_of=region.native)  # fmt: skip
    assign.write_crosswalk(assignment, inner=region.inner, golden_of=region.golden)
    stirred = [
        home for home in assignment.homes if home.origin != "kept" or home.members != home.before or home.members & own
    ]
    goldens = survive.golden_of([home.members for home in stirred], known=known)
    views = {home.golden: golden for home, golden in zip(stirred, goldens, strict=True)}
    changes = publish.changes(assignment, views, cause=cause)
    drafts = reviews.settle(
        resolution.doubts, assignment=assignment, changed=changes.homes, rulings=region.rulings, cause=cause
    )
    publish.write(changes, drafts)
    return assignment


def resurvive(golden_ids: Collection[int], *, cause: Cause) -> int:
    """Survive these live golden records again, whose clusters are as they were; how many changed.

    To be called in a transaction that holds the match model. One whose cluster just changed is left to who changed it.
    """
    assignment = assign.lock_kept(golden_ids)
    goldens = survive.golden_of([home.members for home in assignment.homes])
    views = {home.golden: golden for home, golden in zip(assignment.homes, goldens, strict=True)}
    changes = publish.changes(assignment, views, cause=cause)
    publish.write(changes)
    return len(changes.homes)


@again
def judge(
    *,
    a: decide.Address,
    b: decide.Address,
    judgement: str,
    reason: str = "",
    author: Any = None,
    client: str = "",
    review: Review | None = None,
    versions: Mapping[str, int] | None = None,
) -> Judgement:
    """Add a steward's answer about two source records and bring the clusters in line with it.

    ``versions`` names the golden versions that were looked at; raises ``Stale`` where one has changed since,
    ``NotFound`` for an unknown record, ``Refused`` for an answer that is none.
    """
    model_id, model = models.active()
    one, two = decide.record_ids([a, b])
    with transaction.atomic():
        models.hold(model_id)
        if versions:
            decide.check_versions(versions)

        def add(one: int, two: int) -> Judgement:
            return decide.add(one, two, judgement=judgement, reason=reason, author=author, client=client,
                              review=review, model_id=model_id)  # fmt: skip

        made = add(one, two)
        others: list[tuple[int, int]] = []
        if review is not None:
            decide.close(review)
            if judgement == Judgement.Verdict.SAME:
                # The steward saw two whole customers and called them one: no member may fall out.
                others = decide.spanning_pairs(one, two)
                for pair in others:
                    add(*pair)
        touched = {one, two, *(record for pair in others for record in pair)}
        recluster(touched, cause=Cause("judgement", made.public_id), model_id=model_id, model=model)
        if review is not None:
            publish.write_events([decide.decided_event(review, made)])
    transaction.on_commit(lambda: ring(Lane.INTERACTIVE))
    return made


@again
def retract(judgement: Judgement, *, by: str) -> None:
    """Take a judgement back, with all that were made by the same review: what is held now is resolved as though
    they had never been made."""
    model_id, model = models.active()
    with transaction.atomic():
        models.hold(model_id)
        taken = [x for x in decide.of_one_review(judgement) if decide.retract(x, by=by)]
        if taken:
            touched = {record for x in taken for record in (x.a_id, x.b_id)}
            recluster(touched, cause=Cause("judgement", judgement.public_id), model_id=model_id, model=model)
    transaction.on_commit(lambda: ring(Lane.INTERACTIVE))


@again
def say_consent(public_id: str, said: Any, *, now: datetime, actor: str) -> list[tuple[str, int]]:
    """Add a statement that was made for a golden record: a withdrawal to each of its records, anything else to the one
    that holds its contact point. (public id, record id) of each, ascending by record.

    ``said`` is as in a canonical record; without ``captured_at`` it was said ``now``. Raises ``NotFound``, and
    ``InvalidRecord`` for a statement that cannot be taken.
    """
    statement = consent.checked(said, now=now)
    model_id, model = models.active()
    with transaction.atomic():
        models.hold(model_id)
        written = consent.attach(consent.members(public_id), statement, now=now, actor=actor)
        recluster({r for _, r in written}, cause=Cause("record", written[0][0]), model_id=model_id, model=model)
        audit.note("consent.said", actor=actor, subject=public_id, state=statement["state"],
                   statements=[name for name, _ in written])  # fmt: skip
    transaction.on_commit(lambda: ring(Lane.INTERACTIVE))
    return written
