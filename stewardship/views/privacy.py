"""Privacy requests: the list, one request with what is to be done, and making one from a golden record."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import audit
from hub.admin.frame import needs, page, who
from hub.errors import NotFound, Refused
from hub.models import GoldenRecord, PrivacyRequest
from hub.privacy import bundle, restrict, targets, work
from hub.privacy import requests as hub_requests
from hub.privacy.deadlines import term
from hub.privacy.page import page as readable
from stewardship import profile, requests
from stewardship.people import names

Kind, State = PrivacyRequest.Kind, PrivacyRequest.State
_CONFIRM = "erase"
_LONGEST = 2000


@require_GET
@needs("privacy")
def show_all(request: HttpRequest) -> HttpResponse:
    """The requests of a view, what is overdue first."""
    chosen = request.GET.get("view", "")
    chosen = chosen if chosen in dict(requests.VIEWS) else "open"
    number = min(int(text), 10_000) if (text := request.GET.get("page", "")).isascii() and text.isdigit() else 0
    rows, more = requests.page(chosen, number=number, now=timezone.now())
    return page(request, "stewardship/requests.html", title="Privacy requests", rows=rows, chosen=chosen,
                views=requests.VIEWS, following=number + 1 if more else 0)  # fmt: skip


@require_GET
@needs("privacy")
def show(request: HttpRequest, request_id: str) -> HttpResponse:
    return _draw(request, _find(request_id))


def _find(request_id: str) -> PrivacyRequest:
    return get_object_or_404(PrivacyRequest.objects.select_related("golden"), public_id=request_id)


def _draw(request: HttpRequest, found: PrivacyRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    audit.note("privacy.seen", actor=audit.user(request.user), subject=found.public_id)
    told = hub_requests.shown(found)
    opened = found.state in hub_requests.OPEN
    more = term(found.jurisdiction).extended(found.received_at)
    golden = found.golden if found.golden_id else None
    unconfirmed = opened and hub_requests.unconfirmed(found)
    answer = page(
        request, "stewardship/request.html", title="Privacy request", one=found, told=told, problem=problem,
        kind=Kind(found.kind).label, what=requests.WORDS[found.kind], state=requests.state_words(found),
        deadline=requests.deadline(found, timezone.now()), steps=requests.steps(found, told), open=opened,
        filed_by=names([found.filed_by]).get(found.filed_by, ""), golden=golden,
        extends_to=more if opened and more and not found.extended_at and timezone.now() <= found.due_at else None,
        has_bundle=found.kind in (Kind.ACCESS, Kind.PORTABILITY) and found.state != State.REFUSED,
        unconfirmed=unconfirmed, may_confirm=unconfirmed and found.filed_by != audit.user(request.user),
        **(_consequences(found.records, found.golden_id, of_record=found.of_record) if unconfirmed else {}),
        may_lift=found.kind == Kind.RESTRICTION and found.restrictions.filter(lifted_at=None).exists(),
    )  # fmt: skip
    answer.status_code = status
    return answer


Act = Callable[[HttpRequest, PrivacyRequest], None]


def _act(doing: Act) -> Callable[[HttpRequest, str], HttpResponse]:
    """A view that does something to a request and shows it again, or says why not."""

    @require_POST
    @needs("privacy")
    @wraps(doing)
    def act(request: HttpRequest, request_id: str) -> HttpResponse:
        found = _find(request_id)
        try:
            doing(request, found)
        except Refused as refused:
            return _draw(request, _find(request_id), problem=str(refused), status=refused.status)
        return redirect("stewardship:request", request_id=request_id)

    return act


def _text(request: HttpRequest, name: str, missing: str = "") -> str:
    said = request.POST.get(name, "").strip()[:_LONGEST]
    if missing and not said:
        raise Refused(missing)
    return said


@_act
def acknowledge(request: HttpRequest, found: PrivacyRequest) -> None:
    """Somebody who holds copies did their part; ``proof`` is what they say of it."""
    hub_requests.acknowledge(
        found, target=_text(request, "target"), proof=_text(request, "proof"), by=audit.user(request.user)
    )


@_act
def confirm(request: HttpRequest, found: PrivacyRequest) -> None:
    """A second person has what the first one filed done."""
    if not _confirmed(request):
        raise Refused("Type the word to confirm.")
    work.begin(hub_requests.confirm(found, by=audit.user(request.user)))


def _confirmed(request: HttpRequest) -> bool:
    return request.POST.get("confirm", "").strip().casefold() == _CONFIRM


@_act
def extend(request: HttpRequest, found: PrivacyRequest) -> None:
    reason = _text(request, "reason", "Say why it takes longer: the customer must be told.")
    hub_requests.extend(found, reason=reason, by=audit.user(request.user))


@_act
def refuse(request: HttpRequest, found: PrivacyRequest) -> None:
    reason = _text(request, "reason", "Say why it is refused: the customer must be told.")
    hub_requests.refuse(found, reason=reason, by=audit.user(request.user))


@_act
def lift(request: HttpRequest, found: PrivacyRequest) -> None:
    reason = _text(request, "reason", "Say why the restriction ends: the customer is told before.")
    restrict.lift(found, reason=reason, by=audit.user(request.user))


@require_POST
@needs("privacy")
def download(request: HttpRequest, request_id: str, form: str) -> HttpResponse:
    """The bundle as ``json`` or ``html``, made now and stored nowhere; that it was taken is written down."""
    found = _find(request_id)
    try:
        held = bundle.handed_over(found, by=audit.user(request.user))
    except Refused as refused:
        return _draw(request, _find(request_id), problem=str(refused), status=refused.status)
    if form == "json":
        answer = HttpResponse(json.dumps(held, ensure_ascii=False, indent=1), content_type="application/json")
    else:
        answer = HttpResponse(readable(held), content_type="text/html; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.public_id}.{form}"'
    return answer


@require_http_methods(["GET", "POST"])
@needs("privacy")
def make(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new request about a golden record or one of its source records. An erasure is confirmed on a page that names
    what will happen."""
    golden = get_object_or_404(GoldenRecord, public_id=public_id)
    if golden.state != GoldenRecord.State.LIVE:
        return redirect("stewardship:golden", public_id=public_id)
    if request.method == "GET":
        return _form(request, golden)
    try:
        asked = _asked(request, golden)
        erases = asked["kind"] == Kind.ERASURE
        if erases and not _confirmed(request):
            wrong = "Type the word to confirm." if "confirm" in request.POST else ""
            return _form(request, golden, confirming=True, problem=wrong, asked=asked)
        made = hub_requests.file(
            kind=asked["kind"], subject=asked["subject"], jurisdiction=asked["jurisdiction"],
            reference=asked["reference"], by=audit.user(who(request)), of_record=asked["of_record"],
            second=erases and requests.second_needed(who(request)),
        )  # fmt: skip
    except Refused as refused:
        return _form(request, golden, problem=str(refused), status=refused.status)
    work.begin(made)
    return redirect("stewardship:request", request_id=made.public_id)


def _asked(request: HttpRequest, golden: GoldenRecord) -> dict[str, Any]:
    number = request.POST.get("record", "")
    member = None
    if number:
        members = profile.members_of(golden, revealed=frozenset())
        member = next((m for m in members if str(m.id) == number), None)
        if member is None:
            raise NotFound("That record is not of this customer any more: look again.")
    kind = request.POST.get("kind", "")
    if kind not in Kind.values:
        raise Refused("Say what the customer asks for.")
    jurisdiction = request.POST.get("jurisdiction", "")
    term(jurisdiction)
    subject = (
        targets.of_record(*member.address.split(":", 1)) if member is not None else targets.of_golden(golden.public_id)
    )
    return {"kind": kind, "jurisdiction": jurisdiction, "reference": _text(request, "reference"), "subject": subject,
            "of_record": member is not None, "record": number, "member": member}  # fmt: skip


def _consequences(records: Sequence[int], golden: int | None, *, of_record: bool) -> dict[str, Any]:
    """Whom an erasure concerns."""
    told = [] if of_record or golden is None else targets.receivers([golden])
    return {"records": len(records), "systems": targets.systems(tuple(records)), "receivers": told,
            "of_record": of_record, "word": _CONFIRM}  # fmt: skip


def _form(
    request: HttpRequest, golden: GoldenRecord, *, confirming: bool = False, problem: str = "", status: int = 200,
    asked: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    context: dict[str, Any] = {"golden": golden, "problem": problem}
    if confirming and asked is not None:
        context |= {"asked": asked, "second": requests.second_needed(who(request)),
                    **_consequences(asked["subject"].records, golden.pk, of_record=asked["of_record"])}  # fmt: skip
        template, title = "stewardship/request_confirm.html", "Erase a customer"
    else:
        context |= {"kinds": [(value, label, requests.WORDS[value]) for value, label in Kind.choices],
                    "jurisdictions": requests.jurisdictions(), "chosen": request.POST,
                    "members": profile.members_of(golden, revealed=frozenset())}  # fmt: skip
        template, title = "stewardship/request_new.html", "New privacy request"
    answer = page(request, template, title=title, **context)
    answer.status_code = status
    return answer
