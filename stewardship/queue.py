"""The queue: open reviews in an order, a page at a time, without counting them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from hub import selectors
from hub.models import Crosswalk, Review, User
from stewardship.difference import initials

PAGE = 50
COUNT_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: which open reviews, in which order."""

    name: str
    title: str
    hint: str


VIEWS = (
    View("impact", "Highest impact", "Harm and uncertainty first"),
    View("oldest", "Oldest", "Waiting longest first"),
    View("conflicts", "Conflicts", "A hard conflict keeps the two apart"),
    View("mine", "Mine", "Held by you just now"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A line of the queue; names as initials only."""

    public_id: str
    left: str
    right: str
    systems: tuple[tuple[str, ...], tuple[str, ...]]
    records: int
    conflict: str
    opened_at: datetime
    holder: str
    mine: bool
    fresh: bool


def view(name: str) -> View:
    """The saved view of this name, else the first."""
    return next((v for v in VIEWS if v.name == name), VIEWS[0])


def _open(chosen: View, user: User) -> QuerySet[Review]:
    found = Review.objects.filter(state=Review.State.OPEN)
    if chosen.name == "conflicts":
        found = found.exclude(conflict="")
    if chosen.name == "mine":
        found = found.filter(holder=user)
    return found


def _order(chosen: View) -> tuple[str, str]:
    return ("opened_at", "id") if chosen.name == "oldest" else ("-priority", "id")


def page(chosen: View, *, user: User, now: datetime, after: str = "") -> tuple[list[Entry], str]:
    """The entries behind the cursor ``after`` and the cursor to go on from (empty at the end)."""
    found = _open(chosen, user).order_by(*_order(chosen)).select_related("golden_a", "golden_b", "holder")
    start = Review.objects.filter(public_id=after).first() if after else None
    if start is not None:
        found = found.filter(_behind(chosen, start))
    reviews = list(found[: PAGE + 1])
    more = reviews[PAGE - 1].public_id if len(reviews) > PAGE else ""
    shown = reviews[:PAGE]
    said = iter(selectors.profiles([golden for review in shown for golden in (review.golden_a, review.golden_b)]))
    return [_entry(review, next(said), next(said), user=user, now=now) for review in shown], more


def _behind(chosen: View, review: Review) -> Q:
    if chosen.name == "oldest":
        return Q(opened_at__gt=review.opened_at) | Q(opened_at=review.opened_at, id__gt=review.pk)
    return Q(priority__lt=review.priority) | Q(priority=review.priority, id__gt=review.pk)


def _before(review: Review) -> Q:
    return Q(priority__gt=review.priority) | Q(priority=review.priority, id__lt=review.pk)


def _entry(review: Review, one: dict[str, Any], two: dict[str, Any], *, user: User, now: datetime) -> Entry:
    left, left_systems, left_count = _told(one)
    right, right_systems, right_count = _told(two)
    held = review.holder is not None and review.held_until is not None and review.held_until >= now
    return Entry(
        public_id=review.public_id,
        left=left,
        right=right,
        systems=(left_systems, right_systems),
        records=left_count + right_count,
        conflict=review.conflict,
        opened_at=review.opened_at,
        holder=(review.holder.get_full_name() or review.holder.username) if held and review.holder else "",
        mine=held and review.holder_id == user.pk,
        fresh=now - review.opened_at < timedelta(minutes=2),
    )


def _told(golden: dict[str, Any]) -> tuple[str, tuple[str, ...], int]:
    profile, crosswalk = golden.get("profile") or {}, golden.get("crosswalk") or []
    name = profile.get("name") or {}
    words = " ".join(str(v) for k in ("given", "family") if (v := name.get(k))) or str(name.get("full") or "")
    words = words or str((profile.get("organisation") or {}).get("name") or "")
    return initials(words), tuple(sorted({c["source_system"] for c in crosswalk})), len(crosswalk)


def count(chosen: View, *, user: User) -> int:
    """How many there are, up to ``COUNT_LIMIT``."""
    return _open(chosen, user).order_by()[:COUNT_LIMIT].count()


def next_after(review: Review | None, *, user: User, now: datetime) -> Review | None:
    """The next open review that nobody else holds, in the order of impact; from the top after the last."""
    free = Review.objects.filter(Q(holder=None) | Q(holder=user) | Q(held_until__lt=now), state=Review.State.OPEN)
    free = free.order_by("-priority", "id")
    if review is None:
        return free.first()
    behind = View("impact", "", "")
    return free.filter(_behind(behind, review)).first() or free.exclude(pk=review.pk).first()


def previous_before(review: Review) -> Review | None:
    """The open review above this one, or None at the top."""
    return Review.objects.filter(_before(review), state=Review.State.OPEN).order_by("priority", "-id").first()


def of_pair(record_a: int, record_b: int) -> Review | None:
    """The open review of the golden records that these two records are in now."""
    golden = dict(Crosswalk.objects.filter(record_id__in=[record_a, record_b]).values_list("record_id", "golden_id"))
    ends = sorted(g for g in golden.values() if g is not None)
    if len(set(ends)) != 2:
        return None
    return Review.objects.filter(golden_a_id=ends[0], golden_b_id=ends[1], state=Review.State.OPEN).first()
