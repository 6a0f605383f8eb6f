"""Privacy requests as the desk shows them: the deadline in words, the steps, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Q, QuerySet

from hub.models import Endpoint, PrivacyRequest, PrivacyStep, SourceSystem, User
from hub.privacy import requests
from hub.privacy.deadlines import TERMS, term
from stewardship.people import names

SOON = timedelta(days=7)
PAGE = 50
Kind, State = PrivacyRequest.Kind, PrivacyRequest.State
VIEWS = (("open", "Open"), ("waiting", "Waiting for others"), ("closed", "Closed"))
WORDS: Mapping[str, str] = {
    Kind.ACCESS: "The customer gets a copy of all that is held.",
    Kind.PORTABILITY: "The customer gets a copy that another company's machines can read.",
    Kind.RECTIFICATION: "A value is wrong: the systems that own it set it right.",
    Kind.RESTRICTION: "What is held is kept, and neither released nor used until that is lifted.",
    Kind.ERASURE: "All that is held is forgotten for good. This cannot be undone.",
}
_STEPS = {
    "collect": "Collect what is held", "hand_over": "Hand the copy to the customer", "rectify": "Set the value right",
    "restrict": "Stop using the data", "erase": "Erase the data", "confirm": "A second person confirms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deadline:
    """``text`` says it whole, so that nobody needs the colour. ``urgency`` is overdue, soon, fine or closed."""

    text: str
    urgency: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """A request on the list. ``whose`` is the golden id; empty where it is forgotten."""

    id: str
    kind: str
    state: str
    jurisdiction: str
    whose: str
    deadline: Deadline
    steps: int
    done: int


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    title: str
    target: str
    owner: str
    done: bool
    at: datetime | None
    by: str
    proof: str
    ours: bool
    second: bool


def deadline(request: PrivacyRequest, now: datetime) -> Deadline:
    if request.closed_at is not None:
        late = request.closed_at > request.due_at
        said = f"{request.closed_at:%-d %b %Y}" + (
            f", {_days(request.closed_at - request.due_at)} late" if late else ""
        )
        return Deadline(said, "closed", request.due_at)
    left = request.due_at - now
    if left < timedelta():
        return Deadline(f"Overdue by {_days(-left)}", "overdue", request.due_at)
    return Deadline(f"Due in {_days(left)}", "soon" if left <= SOON else "fine", request.due_at)


def _days(span: timedelta) -> str:
    if span.days < 1:
        hours = max(1, span.seconds // 3600)
        return f"{hours} hour{'s' * (hours != 1)}"
    return f"{span.days} day{'s' * (span.days != 1)}"


def page(view: str, *, number: int, now: datetime) -> tuple[list[Row], bool]:
    """The requests of a view, what is due first in front, and whether more follow. ``number`` counts from 0."""
    found = _of_view(view).annotate(
        _steps=Count("steps"), _done=Count("steps", filter=Q(steps__state=PrivacyStep.State.DONE))
    )
    start = number * PAGE
    shown = list(found.select_related("golden")[start : start + PAGE + 1])
    return [_row(one, now) for one in shown[:PAGE]], len(shown) > PAGE


def _of_view(view: str) -> QuerySet[PrivacyRequest]:
    if view == "closed":
        return PrivacyRequest.objects.filter(closed_at__isnull=False).order_by("-closed_at", "-id")
    states = (State.WAITING,) if view == "waiting" else requests.OPEN
    return PrivacyRequest.objects.filter(closed_at=None, state__in=states).order_by("due_at", "id")


def _row(one: Any, now: datetime) -> Row:
    return Row(
        id=one.public_id,
        kind=Kind(one.kind).label,
        state=state_words(one),
        jurisdiction=one.jurisdiction,
        whose=one.golden.public_id if one.golden_id and one.golden else "",
        deadline=deadline(one, now),
        steps=one._steps,
        done=one._done,
    )


def second_needed(user: User) -> bool:
    """Whether somebody else is there who may confirm what ``user`` files."""
    backend = "django.contrib.auth.backends.ModelBackend"
    return User.objects.with_perm("hub.privacy", backend=backend).exclude(pk=user.pk).exists()


def state_words(one: PrivacyRequest) -> str:
    """Where it is, as people say it."""
    if one.state == State.RECEIVED and requests.unconfirmed(one):
        return "Waits for a second person"
    return {State.RECEIVED: "Received", State.IN_PROGRESS: "In progress", State.WAITING: "Waiting for others",
            State.DONE: "Done", State.REFUSED: "Refused"}[State(one.state)]  # fmt: skip


def steps(one: PrivacyRequest, told: Mapping[str, Any]) -> list[Step]:
    """The steps of a request, from how ``hub.privacy.requests.shown`` tells of it."""
    targets = _targets(told["steps"])
    systems = {s.code: s.name or s.code for s in SourceSystem.objects.filter(code__in=targets)}
    systems |= {e.public_id: urlsplit(e.url).netloc for e in Endpoint.objects.filter(public_id__in=targets)}
    people = names(step.get("by") for step in told["steps"])
    made = []
    for place, said in enumerate(one.steps.order_by("place")):
        proof = told["steps"][place].get("proof") or ""
        made.append(
            Step(
                title=_STEPS.get(said.step, said.step.replace("_", " ").capitalize()),
                target=said.target,
                owner=_owner(said.target, systems),
                done=said.state == PrivacyStep.State.DONE,
                at=said.at,
                by=people.get(said.by, said.by),
                proof=proof,
                ours=not said.target,
                second=said.target == requests.SECOND,
            )
        )
    return made


def _targets(told: Iterable[Mapping[str, Any]]) -> list[str]:
    return [step["target"] for step in told if step["target"]]


def _owner(target: str, systems: Mapping[str, str]) -> str:
    if not target:
        return "this hub"
    if target == requests.REQUESTER:
        return "you"
    if target == requests.SECOND:
        return "a person at the desk, not who filed it"
    return systems.get(target, target)


def jurisdictions() -> list[tuple[str, str]]:
    """(code, what its law gives) in the order in which people look for them."""
    first = ("EU", "UK", "CH", "US-CA", "BR", "CA")
    return [(code, _law(code)) for code in (*first, *sorted(set(TERMS) - {*first}))]


def _law(code: str) -> str:
    found = term(code)
    time = f"{found.months} month{'s' * (found.months != 1)}" if found.months else f"{found.days} days"
    return f"{code}: {time}, {found.source}"
