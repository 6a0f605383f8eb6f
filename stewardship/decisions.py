"""What a steward does to a review: decide it, take a decision back, reveal values. All of it leaves a trace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hub import audit, pipeline
from hub.errors import Refused
from hub.models import GoldenRecord, Judgement, Review, User
from hub.selectors import pair_of
from stewardship import lease
from stewardship.task import Task

UNDO_WITHIN = timedelta(hours=24)


class Held(Refused):
    """Somebody else is at this review: take the next one, or ask a lead to take it over."""

    code = "held"
    status = 409


class ReasonNeeded(Refused):
    """A hard conflict keeps these two apart: say why they are one person all the same, then press Same."""

    code = "reason-needed"
    status = 422


class NothingToUndo(Refused):
    """You have no decision of the last day left to undo."""

    code = "nothing-to-undo"
    status = 404


def decide(
    review: Review, *, user: User, judgement: str, reason: str, versions: Mapping[str, int], now: datetime
) -> Judgement:
    """Answer ``review``; what hangs on it is reclustered on return.

    Raises ``Held``, ``ReasonNeeded``, or ``Stale`` where the golden records are not those that were shown.
    """
    if not lease.keep(review, user=user, now=now) and lease.other_holder(review, user=user, now=now):
        raise Held
    if review.conflict and judgement == Judgement.Verdict.SAME and not reason.strip():
        raise ReasonNeeded
    a, b = pair_of(review)
    return pipeline.judge(
        a=a, b=b, judgement=judgement, reason=reason.strip(), author=user, review=review, versions=versions
    )


def undo_last(*, user: User, now: datetime) -> Judgement:
    """Take back the newest decision of ``user`` that still stands; raises ``NothingToUndo``."""
    newest = (
        Judgement.objects.filter(author=user, retracted_at=None, created_at__gte=now - UNDO_WITHIN)
        .order_by("-id")
        .first()
    )
    if newest is None:
        raise NothingToUndo
    pipeline.retract(newest, by=f"user:{user.pk}")
    return newest


def note_reveal(task: Task, *, user: User, fields: Iterable[str], now: datetime) -> None:
    """Write down who saw which fields of which records in clear."""
    if named := audited(fields):
        goldens = [task.left.golden_id, task.right.golden_id]
        audit.note("values.revealed", actor=audit.user(user), subject=task.review.public_id, at=now, fields=named,
                   records=task.record_ids, golden_ids=goldens)  # fmt: skip


def note_fields(golden: GoldenRecord, *, user: Any, fields: Iterable[str]) -> None:
    """Write down who saw which fields of a golden record in clear."""
    if named := audited(fields):
        audit.note("values.revealed", actor=audit.user(user), subject=golden.public_id, fields=named,
                   golden_ids=[golden.public_id])  # fmt: skip


def audited(fields: Iterable[str]) -> list[str]:
    """Names of fields as the audit takes them: a source makes up names of attributes, in any alphabet."""
    return sorted({re.sub(r"[^A-Za-z0-9_.:*/+\[\]-]", "_", name)[:120] for name in fields})


def note_evidence(review: Review, *, user: User, now: datetime) -> None:
    """Write down that the match weight was looked at before the decision: it biases, and that can be measured."""
    audit.note("match_weight.seen", actor=audit.user(user), subject=review.public_id, at=now)


def note_seen(task: Task, *, user: User, now: datetime) -> None:
    """Write down who was shown a review, its values masked."""
    audit.note("review.seen", actor=audit.user(user), subject=task.review.public_id, at=now,
               golden_ids=[task.left.golden_id, task.right.golden_id])  # fmt: skip
