"""Who is at a review: held for a short time, kept by a heartbeat, seen by the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from hub.models import Review, User

HOLD = timedelta(seconds=90)
HEARTBEAT_SECONDS = 30


def take(review: Review, *, user: User, now: datetime) -> bool:
    """Hold an open review for ``user`` and let their others go; False where somebody else holds it."""
    Review.objects.filter(holder=user, state=Review.State.OPEN).exclude(pk=review.pk).update(
        holder=None, held_until=None
    )
    return keep(review, user=user, now=now)


def keep(review: Review, *, user: User, now: datetime) -> bool:
    """The heartbeat: as ``take``, but the others that ``user`` holds stay held."""
    free = Q(holder=None) | Q(holder=user) | Q(held_until__lt=now) | Q(held_until=None)
    return bool(
        Review.objects.filter(free, pk=review.pk, state=Review.State.OPEN).update(holder=user, held_until=now + HOLD)
    )


def take_over(review: Review, *, user: User, now: datetime) -> bool:
    """Hold it whoever held it; the caller has seen to it that ``user`` may."""
    return bool(Review.objects.filter(pk=review.pk, state=Review.State.OPEN).update(holder=user, held_until=now + HOLD))


def other_holder(review: Review, *, user: User, now: datetime) -> User | None:
    """Who else is at it just now."""
    if review.holder_id is None or review.holder_id == user.pk or review.held_until is None:
        return None
    return review.holder if review.held_until >= now else None
