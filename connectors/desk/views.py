"""The list of receivers, and one of them: its health, its deliveries, and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from connectors.desk import words
from connectors.outbound import endpoints, health, log, trial
from connectors.outbound import replay as replays
from hub import audit
from hub.admin.frame import asked_by_htmx, needs, page
from hub.errors import HubError, Refused
from hub.models import Endpoint

_A_PAGE = 50
_DELIVERIES = 25
VIEWS = (("", "All"), ("pending", "Waiting"), ("dead_letter", "Given up"), ("delivered", "Delivered"))
OVERLAPS = ((86_400, "a day"), (604_800, "a week"), (3_600, "an hour"), (0, "not at all: the secret leaked"))


@require_GET
@needs("operate")
def show_all(request: HttpRequest) -> HttpResponse:
    """The receivers, those in trouble first among those of a page."""
    given = request.GET.get("after", "")
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else 0
    found = list(Endpoint.objects.filter(id__gt=after).order_by("id")[: _A_PAGE + 1])
    now = timezone.now()
    shown = [words.row(one, doing, now) for one, doing in zip(found, health.of(found[:_A_PAGE]), strict=False)]
    shown.sort(key=lambda one: ("bad", "busy", "").index(one.tone))
    following = found[_A_PAGE - 1].pk if len(found) > _A_PAGE else 0
    return page(request, "connectors/receivers.html", title="Deliveries", rows=shown, following=following)


@require_GET
@needs("operate")
def show(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    return _draw(request, _found(endpoint_id), toast=words.DONE.get(request.GET.get("done", ""), ""))


def _found(endpoint_id: str) -> Endpoint:
    return get_object_or_404(Endpoint, public_id=endpoint_id)


def _draw(
    request: HttpRequest, endpoint: Endpoint, *, problem: str = "", status: int = 200, toast: str = "", **more: Any
) -> HttpResponse:
    doing = health.of([endpoint])[0]
    flag, tone = words.state(doing, timezone.now())
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in dict(VIEWS) else ""
    given = request.GET.get("after", "")
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else 0
    items, following = log.page(endpoint, state=chosen, after=after, limit=_DELIVERIES, newest_first=True)
    answer = page(
        request, "connectors/receiver.html", title="Receiver", one=endpoint, doing=doing, flag=flag, tone=tone,
        row=words.row(endpoint, doing, timezone.now()), reason=words.REASONS.get(endpoint.disabled_reason, ""),
        secrets=1 + sum(until > timezone.now() for until in endpoint.secrets_until), problem=problem, toast=toast,
        items=[_shown(one) for one in items], following=following, chosen=chosen, views=VIEWS, overlaps=OVERLAPS,
        active=endpoint.state == Endpoint.State.ACTIVE, **more,
    )  # fmt: skip
    answer.status_code = status
    return answer


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "happened": datetime.fromisoformat(one["event_at"]),
        "failure": words.failure(one["error"]) if one["error"] and one["state"] != "delivered" else "",
        "tone": {"dead_letter": "bad", "pending": "busy"}.get(one["state"], ""),
        "word": {"dead_letter": "given up", "pending": "waiting"}.get(one["state"], one["state"]),
    }


Act = Callable[[HttpRequest, Endpoint], "str | HttpResponse"]


def _act(doing: Act) -> Callable[[HttpRequest, str], HttpResponse]:
    """A view that does something to an endpoint and shows it again with a word of ``words.DONE``, or says why not."""

    @require_POST
    @needs("operate")
    @wraps(doing)
    def act(request: HttpRequest, endpoint_id: str) -> HttpResponse:
        found = _found(endpoint_id)
        try:
            done = doing(request, found)
        except HubError as refused:
            return _draw(request, found, problem=str(refused), status=refused.status)
        if isinstance(done, HttpResponse):
            return done
        return redirect(f"{reverse('deliveries:receiver', args=[endpoint_id])}?done={done}")

    return act


def _actor(request: HttpRequest) -> str:
    return audit.user(request.user)


@_act
def pause(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoints.pause(endpoint, by=_actor(request))
    return "paused"


@_act
def resume(request: HttpRequest, endpoint: Endpoint) -> str:
    endpoints.resume(endpoint, by=_actor(request))
    return "resumed"


@_act
def rotate(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    """The new secret stands on the page that answers, and on no other."""
    given = request.POST.get("overlap", "")
    if given not in {str(seconds) for seconds, _ in OVERLAPS}:
        raise Refused("Choose how long the present secret signs still.")
    rotated, secret = endpoints.rotate(endpoint, overlap=timedelta(seconds=int(given)), by=_actor(request))
    return _draw(request, rotated, secret=secret)


@_act
def test(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    said = trial.run(endpoint, by=_actor(request))
    said = {**said, "failure": words.failure(said["error"]) if said["error"] else ""}
    if asked_by_htmx(request):
        return render(request, "connectors/_tested.html", {"tested": said})
    return _draw(request, endpoint, tested=said)


@_act
def replay(request: HttpRequest, endpoint: Endpoint) -> str:
    """One delivery by its id, or all since a time that was chosen (UTC)."""
    one, since = request.POST.get("delivery", ""), request.POST.get("since", "").strip()
    if one:
        done = replays.replay(endpoint, replays.Wanted(deliveries=[one[:40]]), by=_actor(request))
        return "replayed" if done.again + done.waiting else "nothing"
    try:
        wanted = replays.Wanted(first=datetime.fromisoformat(since).replace(tzinfo=UTC))
    except ValueError:
        raise Refused("Choose the time from which on all is to be sent again.") from None
    total = 0
    while True:
        done = replays.replay(endpoint, wanted, by=_actor(request))
        total += done.again + done.first + done.waiting
        if done.following is None:
            return "replayed" if total else "nothing"
        wanted = replays.Wanted(first=done.following)
