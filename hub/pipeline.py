"""The way through the house, from top to bottom. The one file that composes stages.

    receive   a door hands in payloads            → inbox
    drain     a worker claims messages            → T1 normalise → T2 block, compare, weigh
                                                  → T3 cluster, assign, survive, publish
    judge     a steward's answer, replayed forward → T3

Each transaction commits by itself and may be repeated: a worker that dies anywhere is followed by another.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from psycopg import errors as pg_errors

from hub.errors import InvalidRecord, LostLease, ModelSwitched
from hub.flow import Assignment, Cause, Message
from hub.inquiry import explain_golden, explain_pair, preview_merge, resolve
from hub.models import Judgement, Review, SourceSystem
from hub.models.inbox import Lane
from hub.ports import ring
from hub.sql import SERVER_AWAY
from hub.stages import assign, block, cluster, compare, decide, inbox, ingest, normalise, publish, survive
from hub.stages import model as models
from hub.stages import review as reviews
from matching.model import MatchModel

__all__ = [
    "Receipt", "drain", "explain_golden", "explain_pair", "judge", "preview_merge", "receive", "recluster", "resolve",
    "resolve_messages", "retract",
]  # fmt: skip
log = logging.getLogger("hub.pipeline")

Receipt = ingest.Receipt


def receive(*, source: SourceSystem, payloads: Sequence[Any], lane: Lane, mapping: str = "") -> list[Receipt]:
    """Take decoded payloads into the inbox; one receipt per record, in the order of the payloads.

    What cannot be taken is refused with its reason and stops nothing else. Nothing is acknowledged before
    it is committed.
    """
    taken, refused = ingest.sort_out(payloads, source=source, mapping=mapping)
    with transaction.atomic():
        stored = ingest.store(taken, source=source, lane=lane, mapping=mapping)
    if stored:
        transaction.on_commit(lambda: ring(lane))
    return sorted([*stored, *refused], key=lambda receipt: receipt.index)


def drain(*, lane: Lane | None = None, limit: int | None = None) -> int:
    """Resolve waiting messages until none is due (or ``limit`` were claimed); how many were claimed.

    Before each batch the more urgent lanes are looked at, so that a till never waits for a bulk load.
    """
    models.active()  # without a model nothing is claimed, so that no message is blamed for it
    done = 0
    while limit is None or done < limit:
        lanes = inbox.due()
        if lane is not None and lane not in lanes:
            lanes = [x for x in lanes if x < lane]
        if not lanes:
            return done
        size = 1 if lanes[0] == Lane.INTERACTIVE else settings.HUB_BATCH_SIZE
        with transaction.atomic():
            messages = inbox.claim(lane=lanes[0], limit=size, lease_seconds=settings.HUB_LEASE_SECONDS)
        if not messages:
            return done  # others were faster
        done += len(messages)
        _resolve_or_give_back(messages)
    return done


def _resolve_or_give_back(messages: Sequence[Message]) -> None:
    try:
        resolve_messages(messages)
    except (LostLease, ModelSwitched, pg_errors.DeadlockDetected, pg_errors.SerializationFailure) as error:
        # Before the server's absence, as which psycopg counts the last two.
        _give_back(messages, error, count_it=False)
    except SERVER_AWAY:
        raise  # nobody can give anything back now: the lease runs out and another worker takes over
    except Exception as error:
        log.error("batch of %d from %s failed: %s", len(messages), messages[0].public_id, _where(error))
        _give_back(messages, error, count_it=True)


def _where(error: Exception) -> str:
    """The kind of an error and where it arose, without its message, which may quote a record."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.name}:{frame.lineno}"


def _give_back(messages: Sequence[Message], error: Exception, *, count_it: bool) -> None:
    problem = {"type": "/problems/not-resolved", "title": "The record could not be resolved",
               "detail": f"{type(error).__name__}: it will be tried again"}  # fmt: skip
    with transaction.atomic():
        inbox.give_back(messages, problem=problem, max_attempts=settings.HUB_MAX_ATTEMPTS, count_it=count_it)


def resolve_messages(messages: Sequence[Message]) -> None:
    """T1, T2 and T3 for claimed messages. Raises ``LostLease`` where another worker took one over."""
    model_id, model = models.active()
    versions: list[normalise.Version] = []
    readable: list[Message] = []
    for message in messages:
        try:
            records = ingest.read_stored(message.payload, system=message.system, mapping=message.mapping)
            versions.append(normalise.Version.of(message, records[message.part]))
            readable.append(message)
        except (InvalidRecord, IndexError) as error:
            refusal = error if isinstance(error, InvalidRecord) else InvalidRecord("The payload lost this part.")
            with transaction.atomic():
                inbox.dead_letter(message, problem=ingest.problem(refusal))
    if not versions:
        return

    with transaction.atomic():  # T1
        models.hold(model_id)
        record_of = normalise.upsert(versions, model_id=model_id, model=model)
    record_ids = sorted(set(record_of.values()))
    with transaction.atomic():  # T2
        models.hold(model_id)
        found = block.candidates(record_ids, model_id=model_id, model=model)
        compare.score(found.pairs, model_id=model_id, model=model)
    cause = Cause("record", readable[-1].public_id, {record_of[m.id]: m.public_id for m in readable})
    with transaction.atomic():  # T3
        models.hold(model_id)
        recluster(record_ids, cause=cause, model_id=model_id, model=model, skipped=found.skipped)
        inbox.resolved(readable, record_of)


def recluster(
    record_ids: Collection[int],
    *,
    cause: Cause,
    model_id: int,
    model: MatchModel,
    skipped: frozenset[int] = frozenset(),
) -> Assignment:
    """T3: bring everything that hangs on ``record_ids`` in line with records, edges and judgements.

    To be called in a transaction. A pure function of what is held, so that repeating it changes nothing.
    """
    crossed = block.settle_suppression(sorted(record_ids), skipped=skipped, model_id=model_id, model=model)
    compare.score(crossed.pairs, model_id=model_id, model=model)
    seeds = {*record_ids, *crossed.touched, *(end for pair in crossed.pairs for end in pair)}
    region = cluster.lock_region(seeds, model_id=model_id, model=model)
    cluster.forget_stale_edges(record_ids, model_id=model_id)
    held = compare.load(region.inner, model_id=model_id)
    resolution = cluster.resolve(region, {r: h.prepared for r, h in held.items()}, model)
    assignment = assign.assign(resolution.clusters, inner=region.inner)
    assign.write_crosswalk(assignment, inner=region.inner)
    stirred = [
        home
        for home in assignment.homes
        if home.origin != "kept" or home.members != home.before or home.members & seeds
    ]
    goldens = survive.golden_of([home.members for home in stirred])
    views = {home.golden: golden for home, golden in zip(stirred, goldens, strict=True)}
    drafts = publish.write_golden(assignment, views, cause=cause)
    drafts += reviews.settle(resolution.doubts, assignment=assignment, rulings=region.rulings, cause=cause)
    publish.write_events(drafts)
    return assignment


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
