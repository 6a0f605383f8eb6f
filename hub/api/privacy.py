"""Privacy requests: what a customer may ask of those who hold their data, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from hub.api import idempotency
from hub.api.access import client_name, grant_of, reach_of
from hub.api.bodies import BodyReader, decode, parse, read_object
from hub.api.doors import Door, answer_json, body_text, only, public_id, query_number, query_text, record_address
from hub.api.idempotency import Answer
from hub.api.openapi import describe, header, query, ref
from hub.api.paging import cursor_after, cursor_for
from hub.api.preconditions import allow, etag_of, require, unchanged
from hub.api.problems import Problem
from hub.models import PrivacyRequest
from hub.privacy import bundle, requests, restrict, targets, work
from hub.privacy.page import page
from hub.reach import Reach
from hub.release import Gate
from hub.sql import rows

KEYS = ("kind", "golden_id", "record", "jurisdiction", "reference")
_MATCH = header("If-Match", "The ETag of the request as it was read: 412 where it is another now.")
_KEY = header("Idempotency-Key", "The answer is kept for a day under this key of yours; a retry gets the same one.")


class PrivacyRequestsDoor(Door):
    """``/privacy-requests``"""

    required_scopes = ["privacy"]

    @describe(
        "Privacy requests, the oldest first",
        name="privacy_requests_list",
        answers={200: ref("PrivacyRequestPage")},
        parameters=[
            query("state", {"type": "string", "enum": list(PrivacyRequest.State.values)}, "Those in this state only."),
            query("cursor", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Requests a page."),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        state = query_text(request, "state")
        if state and state not in PrivacyRequest.State.values:
            raise Problem(
                "invalid-request", f"state is one of {', '.join(PrivacyRequest.State.values)}.", field="state"
            )
        limit = query_number(request, "limit", 100, lowest=1, highest=500)
        condition, params = reach_of(request).requests("p")
        ids = rows(
            f"SELECT id FROM hub_privacyrequest p WHERE id > %s AND (%s = '' OR state = %s) AND {condition} "
            "ORDER BY id LIMIT %s",
            cursor_after(request), state, state, *params, limit,
        )  # fmt: skip
        found = PrivacyRequest.objects.filter(id__in=[request_id for (request_id,) in ids])
        items = list(found.select_related("golden").order_by("id"))
        following = cursor_for(items[-1].pk) if len(items) == limit else None
        return answer_json({"items": [requests.shown(item) for item in items], "next": following})

    @describe(
        "File a privacy request; the hub does its own part of it at once, unless a person has to approve it first",
        body=ref("PrivacyRequestStatement"),
        answers={202: ref("PrivacyRequest")},
        problems=["not-found", "gone"],
        parameters=[_KEY],
    )
    def post(self, request: Request) -> HttpResponse:
        reader = BodyReader(request, limit=64 * 1024)
        asked = parse(decode(reader.all()))
        if not isinstance(asked, dict):
            raise Problem("invalid-request", "The body is a JSON object.")
        asked = only(asked, *KEYS)
        fingerprint = idempotency.fingerprint_of(request, reader.digest.digest())
        answer, replayed = idempotency.once(request, fingerprint=fingerprint, work=lambda: _file(request, asked))
        if not replayed:
            made = requests.by_id(answer.headers["Location"].rsplit("/", 1)[-1])
            told = requests.shown(work.begin(made))
            return answer_json(told, status=202, Location=answer.headers["Location"])
        return answer.response(**{"Idempotency-Replayed": "true"})


def _file(request: Request, asked: dict[str, Any]) -> Answer:
    kind = body_text(asked, "kind", required=True, longest=40)
    subject, of_record = _subject(asked, reach_of(request))
    made = requests.file(
        kind=kind,
        subject=subject,
        jurisdiction=body_text(asked, "jurisdiction", longest=20) or "EU",
        reference=body_text(asked, "reference"),
        by=f"client:{client_name(request)}",
        of_record=of_record,
        second=kind == PrivacyRequest.Kind.ERASURE and settings.HUB_ERASURE_APPROVAL == "desk",
    )
    # What is kept for a retry names the request and nothing else: its reference may be a name.
    kept = {"request_id": made.public_id, "kind": made.kind, "state": made.state, "golden_id": subject.golden_id}
    body = answer_json({**kept, "due_at": _due(made), "steps": []}).content
    return Answer(202, body, {"Location": f"/api/v1/privacy-requests/{made.public_id}"})


def _due(made: PrivacyRequest) -> str:
    return made.due_at.isoformat().replace("+00:00", "Z")


def _subject(asked: dict[str, Any], reach: Reach) -> tuple[targets.Subject, bool]:
    """Whom it is about, and whether that is one source record alone."""
    golden_id, record = body_text(asked, "golden_id", longest=40), body_text(asked, "record", longest=600)
    if bool(golden_id) == bool(record):
        raise Problem("invalid-request", "Name a golden_id, or a record as system:source_id.", field="golden_id")
    if golden_id:
        return targets.of_golden(reach.golden(public_id(golden_id, "gr"))), False
    return targets.of_record(*reach.record(record_address(record, "record"))), True


def _named(request: Request, request_id: str) -> PrivacyRequest:
    return requests.by_id(reach_of(request).request(public_id(request_id, "pr")))


def _of_bundle(request: Request, request_id: str) -> PrivacyRequest:
    """A request whose bundle the client may have: it holds all that there is of a customer."""
    found = _named(request, request_id)
    grant, gate = grant_of(request), Gate.now()
    held_by = [code for (code,) in rows(
        "SELECT DISTINCT s.code FROM hub_sourcerecord r JOIN hub_sourcesystem s ON s.id = r.system_id "
        "WHERE r.id = ANY(%b::bigint[])", list(found.records),
    )] if gate is not None else []  # fmt: skip
    if gate is not None and not gate.lets_everything(held_by, grant.region):
        detail = "A bundle holds everything, and the policy withholds some of it from the client's region."
        raise Problem("withheld", detail)
    if grant.view is not None:
        detail = "A bundle holds everything, and some of it is hidden from the client or masked: ask as another one."
        raise Problem("withheld", detail)
    return found


class PrivacyRequestDoor(Door):
    """``GET /privacy-requests/{request_id}``"""

    required_scopes = ["privacy"]

    @describe(
        "How far a privacy request is",
        answers={200: ref("PrivacyRequest"), 304: None},
        problems=["not-found"],
        parameters=[header("If-None-Match", "An ETag of before: 304 while it is the same.")],
    )
    def get(self, request: Request, request_id: str) -> HttpResponse:
        return _tagged(_named(request, request_id), request)


def _tag(found: PrivacyRequest) -> str:
    return etag_of(answer_json(requests.shown(found)).content)


def _tagged(found: PrivacyRequest, request: Request | None = None) -> HttpResponse:
    answer = answer_json(requests.shown(found))
    tag = etag_of(answer.content)
    if request is not None and unchanged(request, tag):
        answer = HttpResponse(status=304)
        del answer["Content-Type"]
    answer["ETag"] = tag
    return answer


class _Act(Door):
    """What is done to a request that is open, by a small object."""

    required_scopes = ["privacy"]

    def act(self, request: Request, request_id: str, *keys: str) -> tuple[PrivacyRequest, dict[str, Any], str]:
        body = only(read_object(request), *keys)
        return _named(request, request_id), body, f"client:{client_name(request)}"

    def answer(self, request: Request, found: PrivacyRequest, work: Callable[[], PrivacyRequest]) -> HttpResponse:
        """What ``work`` made of the request, which is done to what If-Match names and to nothing else."""
        if "If-Match" not in request.headers:
            return _tagged(work())
        with transaction.atomic():
            require(request, _tag(PrivacyRequest.objects.select_for_update().get(pk=found.pk)))
            done = work()
        return _tagged(done)


class AcknowledgementsDoor(_Act):
    """``POST /privacy-requests/{request_id}/acknowledgements``"""

    @describe(
        "A target of the request did what it asks",
        body=ref("PrivacyAcknowledgement"),
        answers={200: ref("PrivacyRequest")},
        problems=["not-found", "stale", "precondition-failed"],
        parameters=[_MATCH],
    )
    def post(self, request: Request, request_id: str) -> HttpResponse:
        found, body, by = self.act(request, request_id, "target", "proof")
        target, proof = body_text(body, "target", required=True, longest=100), body_text(body, "proof")
        return self.answer(request, found, lambda: requests.acknowledge(found, target=target, proof=proof, by=by))


class ExtensionDoor(_Act):
    """``POST /privacy-requests/{request_id}/extension``"""

    @describe(
        "The customer was told that it takes longer, and why",
        body=ref("PrivacyReason"),
        answers={200: ref("PrivacyRequest")},
        problems=["not-found", "stale", "precondition-failed"],
        parameters=[_MATCH],
    )
    def post(self, request: Request, request_id: str) -> HttpResponse:
        found, body, by = self.act(request, request_id, "reason")
        reason = body_text(body, "reason", required=True)
        return self.answer(request, found, lambda: requests.extend(found, reason=reason, by=by))


class RefusalDoor(_Act):
    """``POST /privacy-requests/{request_id}/refusal``"""

    @describe(
        "The request is not met, and the customer was told why",
        body=ref("PrivacyReason"),
        answers={200: ref("PrivacyRequest")},
        problems=["not-found", "stale", "precondition-failed"],
        parameters=[_MATCH],
    )
    def post(self, request: Request, request_id: str) -> HttpResponse:
        found, body, by = self.act(request, request_id, "reason")
        reason = body_text(body, "reason", required=True)
        return self.answer(request, found, lambda: requests.refuse(found, reason=reason, by=by))


class LiftingDoor(_Act):
    """``POST /privacy-requests/{request_id}/lifting``"""

    @describe(
        "End a restriction; the customer was told before",
        body=ref("PrivacyReason"),
        answers={200: ref("PrivacyRequest")},
        problems=["not-found", "stale", "precondition-failed"],
        parameters=[_MATCH],
    )
    def post(self, request: Request, request_id: str) -> HttpResponse:
        found, body, by = self.act(request, request_id, "reason")
        allow(request, _tag(found))
        restrict.lift(found, reason=body_text(body, "reason", required=True), by=by)
        return _tagged(requests.by_id(found.public_id))


class BundleDoor(Door):
    """``GET /privacy-requests/{request_id}/bundle.json``"""

    required_scopes = ["privacy"]

    @describe(
        "All that is held about the customer of an access or portability request, made now and not stored",
        name="privacy_bundle",
        answers={200: {"type": "object"}},
        problems=["not-found", "gone", "stale", "invalid-request", "withheld"],
    )
    def get(self, request: Request, request_id: str) -> HttpResponse:
        found = _of_bundle(request, request_id)
        held = bundle.handed_over(found, by=f"client:{client_name(request)}")
        name = f'attachment; filename="{found.public_id}.json"'
        return answer_json(held, Content_Disposition=name, Cache_Control="no-store")


class ReadableBundleDoor(Door):
    """``GET /privacy-requests/{request_id}/bundle.html``"""

    required_scopes = ["privacy"]

    @describe(
        "The same as a page that a person can read",
        name="privacy_bundle_page",
        answers={200: {"type": "string"}},
        answer_type="text/html",
        problems=["not-found", "gone", "stale", "invalid-request", "withheld"],
    )
    def get(self, request: Request, request_id: str) -> HttpResponse:
        found = _of_bundle(request, request_id)
        held = bundle.handed_over(found, by=f"client:{client_name(request)}")
        answer = HttpResponse(page(held), content_type="text/html; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{found.public_id}.html"'
        answer["Cache-Control"] = "no-store"
        return answer
