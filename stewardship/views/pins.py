"""Pin a value, ignore one record's, take either back. What would change is shown before it is done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from hub.admin.frame import needs, who
from hub.errors import InvalidRecord, Refused, Stale
from hub.models import GoldenRecord
from stewardship import decisions, pins, profile
from stewardship.views import golden as pages

_CHANGED = "The customer changed while you looked. This is how it is now: choose again."


@require_POST
@needs("decide")
def choose(request: HttpRequest, public_id: str) -> HttpResponse:
    """What records say of an attribute, in clear, to choose from; that it was seen is written down."""
    golden = _find(public_id)
    asked = _asked(request, golden)
    fields = {asked.attribute} - pages.shown_fields(request)
    decisions.note_fields(golden, user=request.user, fields=fields)
    return _pane(request, golden, asked)


@require_POST
@needs("decide")
def preview(request: HttpRequest, public_id: str) -> HttpResponse:
    """What would change; nothing is."""
    golden = _find(public_id)
    return _previewed(request, golden, _asked(request, golden))


def _previewed(request: HttpRequest, golden: GoldenRecord, asked: pins.Asked) -> HttpResponse:
    try:
        changes = pins.preview(golden, asked, user=who(request))
    except Refused as refused:
        return _refused(request, golden, asked, refused)
    return _pane(request, golden, asked, changes=changes, previewed=True)


@require_POST
@needs("decide")
def put(request: HttpRequest, public_id: str) -> HttpResponse:
    """Do what was previewed; what was typed since is previewed first."""
    golden = _find(public_id)
    asked = _asked(request, golden)
    if request.POST.get("previewed") != asked.mark:
        return _previewed(request, golden, asked)
    try:
        pins.put(golden, asked, user=who(request))
    except Refused as refused:
        return _refused(request, golden, asked, refused)
    said = "Ignored" if asked.ignores else "Pinned"
    return _redrawn(request, golden, toast=f"{said}. It can be taken back beside the value.")


@require_POST
@needs("decide")
def unpin(request: HttpRequest, public_id: str) -> HttpResponse:
    golden = _find(public_id)
    try:
        ended = pins.unpin(golden, request.POST.get("pin", ""), user=who(request))
    except Refused as refused:
        return _redrawn(request, golden, problem=str(refused), status=refused.status)
    return _redrawn(request, golden, toast="Taken back: the rules decide again." if ended else "It had ended already.")


def _find(public_id: str) -> GoldenRecord:
    return get_object_or_404(GoldenRecord, public_id=public_id, state=GoldenRecord.State.LIVE)


def _asked(request: HttpRequest, golden: GoldenRecord) -> pins.Asked:
    said = request.POST
    version = said.get("version", "")
    return pins.Asked(
        attribute=said.get("attribute", ""),
        choice=said.get("choice", ""),
        own={name.removeprefix("own."): said[name].strip() for name in said if name.startswith("own.")},
        reason=said.get("reason", ""),
        until=said.get("until", ""),
        version=int(version) if version.isascii() and version.isdigit() else golden.version,
    )


def _refused(request: HttpRequest, golden: GoldenRecord, asked: pins.Asked, refused: Refused) -> HttpResponse:
    if isinstance(refused, Stale):
        return _redrawn(request, golden, problem=_CHANGED, status=refused.status)
    return _pane(request, golden, asked, problem=str(refused), status=refused.status)


def _redrawn(
    request: HttpRequest, golden: GoldenRecord, *, toast: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    golden = GoldenRecord.objects.get(pk=golden.pk)
    answer = pages.draw(
        request, golden, revealed=pages.shown_fields(request), toast=toast, problem=problem, status=status
    )
    answer["HX-Retarget"], answer["HX-Reswap"] = "#golden", "outerHTML"
    return answer


def _pane(
    request: HttpRequest, golden: GoldenRecord, asked: pins.Asked, *, changes: list[pins.Change] | None = None,
    previewed: bool = False, problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    members = profile.members_of(golden, revealed=pages.shown_fields(request))
    try:
        found = pins.offers(golden, asked.attribute, members)
    except InvalidRecord as error:
        found, problem, status = [], str(error), error.status
    context = {
        "golden": golden, "asked": asked, "label": pins.label(asked.attribute), "offers": found, "problem": problem,
        "parts": pins.parts(asked.attribute, asked.own), "changes": changes, "previewed": previewed,
        "today": timezone.now().date().isoformat(),
    }  # fmt: skip
    return render(request, "stewardship/_pin.html", context, status=status)
