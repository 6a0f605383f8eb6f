"""Privacy requests: filed, worked off step by step, acknowledged by whoever holds copies, and accounted for.

    received ─► in_progress ─► waiting_for_targets ─► done
        └───────────┴──────────────────┴────────────► refused

What the hub does itself (a step without target) is done when the request is filed; where that was cut off, the
workers' sweeper goes on. Every step that somebody else owes waits until it is acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from hub import audit as entries
from hub import erasures
from hub.errors import NotFound, Refused, Stale
from hub.models import PrivacyRequest, PrivacyStep
from hub.privacy import targets, words
from hub.privacy.deadlines import term
from hub.privacy.targets import Subject

Kind, State = PrivacyRequest.Kind, PrivacyRequest.State
REQUESTER = "requester"
SECOND = "second_person"
OPEN = (State.RECEIVED, State.IN_PROGRESS, State.WAITING)

Step = tuple[str, str]


def file(
    *, kind: str, subject: Subject, jurisdiction: str = "EU", reference: str = "", by: str, of_record: bool = False,
    second: bool = False,
) -> PrivacyRequest:  # fmt: skip
    """A new request and the steps that it takes; with ``second`` nothing of it is done before a person other than
    ``by`` confirmed it. Raises ``Refused`` for a kind or jurisdiction that is none."""
    if kind not in Kind.values:
        raise Refused(f"kind is one of {', '.join(Kind.values)}.", field="kind")
    law = term(jurisdiction)
    now = timezone.now()
    with transaction.atomic():
        made = PrivacyRequest(
            kind=kind, golden_id=subject.golden, of_record=of_record, records=list(subject.records),
            address=subject.address, jurisdiction=jurisdiction.strip().upper(), filed_by=by, received_at=now,
            due_at=law.due(now),
        )  # fmt: skip
        made.reference = words.seal(made.public_id, reference, "reference")
        made.save()
        PrivacyStep.objects.bulk_create(
            PrivacyStep(request=made, place=place, step=step, target=target)
            for place, (step, target) in enumerate(
                [*([("confirm", SECOND)] if second else []), *_steps(kind, subject, of_record=of_record, by=by)]
            )
        )
        audit(made, "privacy.filed", by, {"kind": kind, "golden_id": subject.golden_id})
    return made


def _steps(kind: str, subject: Subject, *, of_record: bool, by: str) -> list[Step]:
    """(step, target) of each thing to be done, in order."""
    sources = [code for code in targets.systems(subject.records) if by != f"source:{code}"]
    told = targets.receivers([subject.golden] if subject.golden else [])
    if kind in (Kind.ACCESS, Kind.PORTABILITY):
        return [("collect", ""), ("hand_over", REQUESTER)]
    if kind == Kind.RECTIFICATION:
        # The hub masters no value: whoever owns it sets it right, and the hub hears of it as of any change.
        return [("rectify", code) for code in sources]
    if kind == Kind.RESTRICTION:
        return [("restrict", ""), *(("restrict", name) for name in (*sources, *told))]
    # One record that is redacted reaches receivers as a new version of its golden record.
    return [("erase", ""), *(("erase", name) for name in (*sources, *([] if of_record else told)))]


def work_off(request: PrivacyRequest, *, doing: Mapping[str, Callable[[PrivacyRequest], None]]) -> PrivacyRequest:
    """Do the hub's own steps that wait, by ``doing[step]``, and say where the request is then.

    May be cut off anywhere and repeated: each step of ours leaves the same when it is done again. What a second person
    has still to confirm stays as it is.
    """
    if unconfirmed(request):
        return PrivacyRequest.objects.get(pk=request.pk)
    PrivacyRequest.objects.filter(pk=request.pk, state=State.RECEIVED).update(state=State.IN_PROGRESS)
    for step in request.steps.filter(target="", state=PrivacyStep.State.WAITING).order_by("place"):
        if PrivacyRequest.objects.get(pk=request.pk).state != State.IN_PROGRESS:
            break  # it was refused meanwhile
        doing[step.step](request)
        PrivacyStep.objects.filter(pk=step.pk).update(state=PrivacyStep.State.DONE, at=timezone.now(), by="system")
    return settle(request, by="system")


def settle(request: PrivacyRequest, *, by: str) -> PrivacyRequest:
    """Move the request on as far as its steps are; gives it as it is now."""
    with transaction.atomic():
        held = PrivacyRequest.objects.select_for_update().get(pk=request.pk)
        waiting = list(held.steps.filter(state=PrivacyStep.State.WAITING).values_list("target", flat=True))
        if held.state in OPEN and "" not in waiting:
            if waiting and held.state != State.WAITING:
                held.state = State.WAITING
                held.save(update_fields=["state"])
            elif not waiting:
                held.state, held.closed_at = State.DONE, timezone.now()
                held.save(update_fields=["state", "closed_at"])
                audit(held, "privacy.done", by)
    return held


def unconfirmed(request: PrivacyRequest) -> bool:
    """Whether a second person has still to confirm it."""
    return request.steps.filter(target=SECOND, state=PrivacyStep.State.WAITING).exists()


def confirm(request: PrivacyRequest, *, by: str) -> PrivacyRequest:
    """A second person says that it is to be done; the hub's part may begin. Raises ``Refused`` for the one who filed
    it, ``Stale`` where nothing is to be confirmed."""
    with transaction.atomic():
        held = _open(request)
        if not unconfirmed(held):
            raise Stale("Nothing is to be confirmed any more.")
        if by == held.filed_by:
            raise Refused("Another person than the one who filed it must confirm it.")
        held.steps.filter(target=SECOND).update(state=PrivacyStep.State.DONE, at=timezone.now(), by=by)
        audit(held, "privacy.confirmed", by)
    return held


def acknowledge(request: PrivacyRequest, *, target: str, proof: str, by: str) -> PrivacyRequest:
    """``target`` says that it did what the request asks of it. A repeat changes nothing.

    Raises ``Refused`` for a target that owes nothing, ``Stale`` where the request was refused.
    """
    with transaction.atomic():
        held = PrivacyRequest.objects.select_for_update().get(pk=request.pk)
        steps = list(held.steps.filter(target=target)) if target not in ("", SECOND) else []
        if not steps:
            raise Refused("target is one of the targets of the request's steps.", field="target")
        if held.state == State.REFUSED:
            raise Stale("The request was refused: there is nothing to acknowledge.")
        now = timezone.now()
        for step in steps:
            if step.state == PrivacyStep.State.WAITING:
                step.state, step.at, step.by = PrivacyStep.State.DONE, now, by
                step.proof = words.seal(held.public_id, proof, "proof")
                step.save(update_fields=["state", "at", "by", "proof"])
                audit(held, "privacy.acknowledged", by, {"target": target, "step": step.step})
    return settle(request, by=by)


def extend(request: PrivacyRequest, *, reason: str, by: str) -> PrivacyRequest:
    """The customer was told, with the reason, that it takes longer: once, before the time is over, and only as far
    as the law goes. Raises ``Refused`` or ``Stale``."""
    with transaction.atomic():
        held = _open(request)
        until = term(held.jurisdiction).extended(held.received_at)
        if until is None:
            raise Refused("The law of this jurisdiction gives no more time.", field="jurisdiction")
        if held.extended_at is not None:
            raise Stale("The request was extended already: once is all that the law allows.")
        now = timezone.now()
        if now > held.due_at:
            raise Stale("The time is over: an extension must be told of before that.")
        held.due_at, held.extended_at = until, now
        held.reason = words.seal(held.public_id, reason, "reason")
        held.save(update_fields=["due_at", "extended_at", "reason"])
        audit(held, "privacy.extended", by)
    return held


def refuse(request: PrivacyRequest, *, reason: str, by: str) -> PrivacyRequest:
    """The request is not met, for a reason that the customer is told. Raises ``Stale`` where the hub has done its part
    of an erasure: what is gone stays gone."""
    with transaction.atomic():
        held = _open(request)
        if held.kind == Kind.ERASURE and erasures.of_request(held.public_id) is not None:
            raise Stale("What was held is erased already.")
        held.state, held.closed_at = State.REFUSED, timezone.now()
        held.reason = words.seal(held.public_id, reason, "reason")
        held.save(update_fields=["state", "closed_at", "reason"])
        audit(held, "privacy.refused", by)
    return held


def _open(request: PrivacyRequest) -> PrivacyRequest:
    held = PrivacyRequest.objects.select_for_update().get(pk=request.pk)
    if held.state not in OPEN:
        raise Stale("The request is closed.")
    return held


def by_id(request_id: str) -> PrivacyRequest:
    """Raises ``NotFound``."""
    found = PrivacyRequest.objects.filter(public_id=request_id).select_related("golden").first()
    if found is None:
        raise NotFound("No privacy request has this id.")
    return found


def shown(request: PrivacyRequest) -> dict[str, Any]:
    """A request as it is told of (SHAPES: Privacy requests)."""
    steps: Sequence[PrivacyStep] = list(request.steps.order_by("place"))
    golden_id = request.golden.public_id if request.golden_id and request.golden else None
    told: dict[str, Any] = {
        "request_id": request.public_id,
        "kind": request.kind,
        "state": request.state,
        "golden_id": golden_id,
        "jurisdiction": request.jurisdiction,
        "law": term(request.jurisdiction).source,
        "reference": words.read(request.public_id, request.reference, "reference"),
        "reason": words.read(request.public_id, request.reason, "reason"),
        "received_at": _time(request.received_at),
        "due_at": _time(request.due_at),
        "extended_at": _time(request.extended_at),
        "closed_at": _time(request.closed_at),
        "steps": [
            {
                "step": step.step, "state": step.state, "at": _time(step.at), "target": step.target or None,
                "by": step.by or None, "proof": words.read(request.public_id, step.proof, "proof"),
            }
            for step in steps
        ],
    }  # fmt: skip
    always = ("request_id", "kind", "state", "golden_id", "due_at", "steps")
    return {key: value for key, value in told.items() if value is not None or key in always}


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def audit(request: PrivacyRequest, action: str, by: str, detail: Mapping[str, Any] | None = None) -> None:
    """Who did what to a request; ids only."""
    entries.note(action, actor=by, subject=request.public_id, **(detail or {}))
