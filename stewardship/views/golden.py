"""The golden record: its values, where each came from, what the customer allows, and how it came to be."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from hub import audit, inquiry, selectors
from hub.admin.frame import asked_by_htmx, needs, page
from hub.errors import HubError
from hub.models import GoldenRecord, PrivacyRequest, Review
from hub.privacy.requests import OPEN
from hub.restrictions import restricted
from hub.roles import may
from stewardship import consent, decisions, evidence, profile, sightings, timeline, withheld

_REVIEWS = 5
_State = GoldenRecord.State


@require_GET
@needs("view")
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    golden = get_object_or_404(GoldenRecord, public_id=public_id)
    audit.note("profile.seen", actor=audit.user(request.user), subject=public_id)
    return draw(request, golden)


@require_POST
@needs("decide")
def reveal(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show or hide ``field``, or all values without one; that they were seen is written down."""
    golden = get_object_or_404(GoldenRecord, public_id=public_id, state=_State.LIVE)
    shown = shown_fields(request)
    known = profile.read(golden, _body(golden), revealed=frozenset()).keys
    known |= {profile.SOURCE_IDS, profile.CONTACT_POINTS}
    asked = frozenset(request.POST.getlist("field")) & known
    if "field" in request.POST:
        after = (shown & known) ^ asked
    else:
        after = frozenset() if known <= shown else known
    decisions.note_fields(golden, user=request.user, fields=after - shown)
    return draw(request, golden, revealed=after)


@require_GET
@needs("view")
def why(request: HttpRequest, public_id: str) -> HttpResponse:
    """Why its records are one customer: each record's link to the one that it is nearest to."""
    golden = get_object_or_404(GoldenRecord, public_id=public_id, state=_State.LIVE)
    members = {member.address: member for member in profile.members_of(golden, revealed=frozenset())}
    try:
        said = inquiry.explain_golden(public_id)
    except HubError as error:
        return render(request, "stewardship/_golden_why.html", {"golden": golden, "problem": str(error)})
    links = [
        {"a": members.get(link["a"]), "b": members.get(link["b"]), "reasons": evidence.reasons(link["explanation"])}
        for link in said["links"]
    ]
    judged = [
        {"a": members.get(one["a"]), "b": members.get(one["b"]), "judgement": one["judgement"]}
        for one in said["judgements"]
    ]
    context = {"golden": golden, "links": links, "judged": judged, "model": said["model"]}
    return render(request, "stewardship/_golden_why.html", context)


@require_GET
@needs("audit")
def seen(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who saw and who changed it."""
    golden = get_object_or_404(GoldenRecord, public_id=public_id)
    return render(request, "stewardship/_golden_seen.html", {"golden": golden, "sightings": sightings.of(public_id)})


@require_GET
@needs("view")
def past(request: HttpRequest, public_id: str) -> HttpResponse:
    """Its whole timeline."""
    golden = get_object_or_404(GoldenRecord, public_id=public_id)
    moments, _ = timeline.of(golden, limit=timeline.ALL)
    return render(request, "stewardship/_golden_timeline.html", {"golden": golden, "moments": moments})


def shown_fields(request: HttpRequest) -> frozenset[str]:
    """The keys whose values the page shows in clear."""
    return frozenset(request.POST.getlist("shown"))


def draw(
    request: HttpRequest, golden: GoldenRecord, *, revealed: frozenset[str] = frozenset(), toast: str = "",
    problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page, or what htmx puts in its place."""
    context = {**_context(request, golden, revealed), "toast": toast, "problem": problem}
    if asked_by_htmx(request):
        answer = render(request, "stewardship/_golden.html", context)
    else:
        answer = page(request, "stewardship/golden.html", title="Golden record", **context)
    answer.status_code = 410 if golden.state == _State.ERASED else status
    return answer


def _body(golden: GoldenRecord) -> dict[str, Any]:
    (body,) = selectors.profiles([golden])
    return body


def _context(request: HttpRequest, golden: GoldenRecord, revealed: frozenset[str]) -> dict[str, Any]:
    live = golden.state == _State.LIVE
    body = _body(golden) if live else {}
    context: dict[str, Any] = {
        "golden": golden, "live": live, "state": _State(golden.state).label, "readable": bool(body),
        "erased": golden.state == _State.ERASED, "revealed": sorted(revealed),
        "may_reveal": live and may(request.user, "decide"), "may_audit": may(request.user, "audit"),
        "may_privacy": may(request.user, "privacy"),
        "successors": selectors.golden(golden.public_id).successors if golden.state == _State.RETIRED else [],
    }  # fmt: skip
    if golden.state == _State.ERASED:
        return context
    context["moments"], context["older"] = timeline.of(golden, limit=timeline.FIRST)
    if context["may_privacy"]:
        # What was refused or is done has its place on the list of requests.
        context["requests"] = list(PrivacyRequest.objects.filter(golden=golden, state__in=OPEN).order_by("due_at")[:5])
        context["now"] = timezone.now()
    if not body:
        return context
    drawn = profile.read(golden, body, revealed=revealed)
    points = profile.CONTACT_POINTS in revealed
    opened = Review.objects.filter(state=Review.State.OPEN)
    reviews = opened.filter(golden_a=golden) | opened.filter(golden_b=golden)
    return context | {
        "profile": drawn,
        "all_shown": drawn.keys <= revealed,
        "attributes_shown": any(value.shown or value.pinned for value in drawn.attributes),
        "source_ids_shown": profile.SOURCE_IDS in revealed,
        "reviews": list(reviews.order_by("-priority", "id")[:_REVIEWS]),
        "consent": consent.read(golden.public_id, at=timezone.now(), members=drawn.by_id, shown=points),
        "contact_points_shown": points,
        "withheld": withheld.of(body, selectors.provenance(golden.public_id)),
        "restricted": golden.pk in restricted([golden.pk]),
    }
