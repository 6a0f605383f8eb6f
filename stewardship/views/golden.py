"""The golden record: its values, where each came from, whose it is, and how it came to be."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from hub import audit, selectors
from hub.models import GoldenRecord, OutboxEvent, Review
from hub.roles import may
from stewardship import outcome
from stewardship.views.access import needs, page

_HISTORY = 20


@require_GET
@needs("view")
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    golden = get_object_or_404(GoldenRecord, public_id=public_id)
    audit.note("profile.seen", actor=audit.user(request.user), subject=public_id)
    events = OutboxEvent.objects.filter(golden=golden).only("type", "time", "sequence").order_by("-sequence")
    open_reviews = (
        Review.objects.filter(state=Review.State.OPEN, golden_a=golden)
        | Review.objects.filter(state=Review.State.OPEN, golden_b=golden)
    )  # fmt: skip
    return page(
        request,
        "stewardship/golden.html",
        title="Golden record",
        golden=golden,
        live=golden.state == GoldenRecord.State.LIVE,
        state=GoldenRecord.State(golden.state).label,
        successors=selectors.golden(public_id).successors,
        history=list(events[:_HISTORY]),
        reviews=list(open_reviews.order_by("-priority", "id")[:5]),
        **_values(golden, revealed=False),
        may_reveal=may(request.user, "decide"),
    )


@require_POST
@needs("decide")
def reveal(request: HttpRequest, public_id: str) -> HttpResponse:
    """All values in clear; that they were seen is written down."""
    golden = get_object_or_404(GoldenRecord, public_id=public_id, state=GoldenRecord.State.LIVE)
    audit.note("values.revealed", actor=audit.user(request.user), subject=public_id, fields=["*"],
               golden_ids=[public_id])  # fmt: skip
    context = {"golden": golden, "live": True, **_values(golden, revealed=True)}
    return render(request, "stewardship/_golden_values.html", context)


def _values(golden: GoldenRecord, *, revealed: bool) -> dict[str, object]:
    if golden.state != GoldenRecord.State.LIVE:
        return {"rows": [], "crosswalk": [], "consents": [], "revealed": False}
    (body,) = selectors.profiles([golden])
    if not body:
        return {"rows": [], "crosswalk": [], "consents": [], "revealed": False}
    provenance = selectors.provenance(golden.public_id)
    return {
        "rows": outcome.rows(body["profile"], provenance, revealed=None if revealed else frozenset()),
        "crosswalk": body["crosswalk"],
        "consents": body["consents"],
        "revealed": revealed,
    }
