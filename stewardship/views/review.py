"""The review page and what is done on it. Every action answers with the task that comes next."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from hub.admin.frame import asked_by_htmx, needs, page, who
from hub.errors import HubError, Refused, Stale
from hub.models import Judgement, Review
from hub.roles import may
from stewardship import decisions, lease, queue, task

_WORDS = {"same": "Merged: one person", "different": "Kept apart: two people", "unsure": "Set aside as unsure"}


def _find(public_id: str) -> Review:
    joined = ("golden_a", "golden_b", "record_a__system", "record_b__system", "holder")
    return get_object_or_404(Review.objects.select_related(*joined), public_id=public_id)


@require_GET
@needs("view")
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    return _task(request, _find(public_id))


@require_GET
@needs("view")
def neighbour(request: HttpRequest, public_id: str, direction: str) -> HttpResponse:
    """The review after or before this one, in the order of impact."""
    here = _find(public_id)
    if direction == "next":
        found = queue.next_after(here, user=who(request), now=timezone.now())
    else:
        found = queue.previous_before(here)
    if found is None:
        return _task(request, here, toast="This is the first review of the queue." if direction == "previous" else
                     "There is no other open review.")  # fmt: skip
    return _task(request, _find(found.public_id))


@require_POST
@needs("decide")
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Same, different or unsure, on the versions that were shown."""
    review = _find(public_id)
    now = timezone.now()
    judgement = request.POST.get("judgement", "")
    reason = request.POST.get("reason", "")
    try:
        decisions.decide(
            review, user=who(request), judgement=judgement, reason=reason, versions=_versions(request), now=now
        )
    except Stale as stale:
        return _stale(request, review, str(stale))
    except Refused as refused:
        return _task(request, _find(public_id), problem=str(refused), reason=reason, status=refused.status)
    word = _WORDS[judgement]
    following = queue.next_after(review, user=who(request), now=now)
    return _go_on(request, following, toast=f"{word}. Undone with Z.", undoable=True)


def _stale(request: HttpRequest, review: Review, text: str) -> HttpResponse:
    fresh = _find(review.public_id)
    if fresh.state == Review.State.OPEN:
        return _task(request, fresh, problem=text, status=409)
    again = queue.of_pair(fresh.record_a_id, fresh.record_b_id)
    if again is not None:
        return _task(request, _find(again.public_id), problem=text, status=409)
    following = queue.next_after(fresh, user=who(request), now=timezone.now())
    return _go_on(request, following, toast="That question is gone: the records changed or somebody decided it.")


@require_POST
@needs("unmerge_own")
def undo(request: HttpRequest) -> HttpResponse:
    """Take one's own newest decision back and show its review again."""
    try:
        taken_back = decisions.undo_last(user=who(request), now=timezone.now())
    except Refused as refused:
        here = Review.objects.filter(public_id=request.POST.get("here", "")).first()
        return _go_on(request, here, toast=str(refused))
    again = queue.of_pair(taken_back.a_id, taken_back.b_id)
    here = again or Review.objects.filter(public_id=request.POST.get("here", "")).first()
    said = Judgement.Verdict(taken_back.judgement).label.lower()
    return _go_on(request, here, toast=f"Undone: your answer “{said}” was taken back.")


@require_POST
@needs("decide")
def reveal(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show fields in clear (``field``, or all of them without one); who saw them is written down."""
    review = _find(public_id)
    shown = frozenset(request.POST.getlist("shown"))
    asked = frozenset(request.POST.getlist("field"))
    drawn = task.read(review, revealed=shown | asked)
    if not asked:
        asked = frozenset(drawn.keys)
        drawn = task.read(review, revealed=shown | asked)
    now = timezone.now()
    decisions.note_reveal(drawn, user=who(request), fields=(asked - shown) & frozenset(drawn.keys), now=now)
    return render(request, "stewardship/_revealed.html", {"task": drawn, "may_decide": True})


@require_POST
@needs("view")
def evidence(request: HttpRequest, public_id: str) -> HttpResponse:
    """The waterfall, with the match weight. Asked for before the decision, that is written down."""
    review = _find(public_id)
    if review.state == Review.State.OPEN:
        decisions.note_evidence(review, user=who(request), now=timezone.now())
    return render(request, "stewardship/_waterfall.html", {"waterfall": task.waterfall(review), "review": review})


@require_POST
@needs("decide")
def hold(request: HttpRequest, public_id: str) -> HttpResponse:
    """The heartbeat of whoever has the page open; with ``take_over``, a lead's."""
    review = _find(public_id)
    if request.POST.get("take_over") and may(request.user, "lead"):
        lease.take_over(review, user=who(request), now=timezone.now())
        return _task(request, _find(public_id))
    lease.keep(review, user=who(request), now=timezone.now())
    return render(request, "stewardship/_lease.html", _lease(request, _find(public_id)))


def _versions(request: HttpRequest) -> Mapping[str, int]:
    try:
        said = json.loads(request.POST.get("versions", ""))
        return {str(golden): int(version) for golden, version in said.items()}
    except (ValueError, AttributeError, TypeError):
        raise Stale from None


def _lease(request: HttpRequest, review: Review) -> dict[str, object]:
    return {
        "review": review,
        "other": lease.other_holder(review, user=who(request), now=timezone.now()),
        "may_take_over": may(request.user, "lead"),
        "heartbeat": lease.HEARTBEAT_SECONDS,
    }


def _task(
    request: HttpRequest, review: Review, *, toast: str = "", problem: str = "", reason: str = "",
    undoable: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    may_decide = may(request.user, "decide")
    if may_decide and review.state == Review.State.OPEN:
        lease.take(review, user=who(request), now=timezone.now())
        review.refresh_from_db(fields=["holder", "held_until"])
    try:
        drawn = task.read(review)
    except HubError as error:
        return _go_on(request, queue.next_after(review, user=who(request), now=timezone.now()), toast=str(error))
    decisions.note_seen(drawn, user=who(request), now=timezone.now())
    context = {
        "task": drawn, "toast": toast, "problem": problem, "reason": reason, "undoable": undoable,
        "may_decide": may_decide and review.state == Review.State.OPEN, **_lease(request, review),
        "decided": review.state != Review.State.OPEN,
    }  # fmt: skip
    if not asked_by_htmx(request):
        return page(request, "stewardship/review.html", title="Review", **context)
    answer = render(request, "stewardship/_task.html", context)
    answer["HX-Push-Url"] = reverse("stewardship:review", args=[review.public_id])
    if status != 200:
        # htmx draws answers of any status here (see htmx-config): the page is redrawn with what is wrong.
        answer.status_code = status
    return answer


def _go_on(request: HttpRequest, review: Review | None, *, toast: str, undoable: bool = False) -> HttpResponse:
    """Draw ``review``, or the end of the queue."""
    if review is not None:
        return _task(request, _find(review.public_id), toast=toast, undoable=undoable)
    if not asked_by_htmx(request):
        return redirect("stewardship:queue")
    answer = render(request, "stewardship/_end.html", {"toast": toast, "undoable": undoable})
    answer["HX-Push-Url"] = reverse("stewardship:queue")
    return answer
