"""Consents of a golden record: what counts now, the statements behind it, and the one question that channels ask."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from hub import audit, consents, history, pipeline, selectors
from hub.api import idempotency
from hub.api.access import client_name, grant_of, note_read, reach_of
from hub.api.bodies import SMALL_BODY, BodyReader, decode, parse, read_object
from hub.api.doors import Door, answer_json, body_text, only, public_id, query_text
from hub.api.idempotency import Answer
from hub.api.instants import AS_OF, instant
from hub.api.openapi import describe, header, query, ref
from hub.api.problems import Problem
from hub.api.throttle import READS
from hub.ledger import Held
from hub.ledger import policy as consent_policy
from hub.restrictions import restricted
from hub.visibility import View
from matching.canonical import rfc3339
from matching.consent import Decision

_KEY = header("Idempotency-Key", "The answer is kept for a day under this key of yours; a retry gets the same one.")
_SAID = (
    "purpose", "channel", "contact_point", "state", "captured_at", "effective_from", "effective_to", "brand",
    "jurisdiction", "legal_basis", "proof", "text_version", "source", "double_opt_in",
)  # fmt: skip
_ASKED = ("purpose", "channel", "contact_point", "brand", "jurisdiction")
MOST_POINTS = 1000


class ConsentsDoor(Door):
    """``GET`` and ``POST /golden/{golden_id}/consents``"""

    required_scopes = {"GET": ["consents:read"], "POST": ["consents:write"]}

    @describe(
        "What a customer agreed to",
        answers={200: ref("Consents")},
        problems=["not-found", "gone"],
        parameters=[
            AS_OF,
            query("effective_at", {"type": "string", "format": "date-time"},
                  "What counts at this instant, past or to come, of what is (or by as_of was) known; now without it."),
        ],
    )  # fmt: skip
    def get(self, request: Request, golden_id: str) -> HttpResponse:
        at, effective_at = instant(request, "as_of"), instant(request, "effective_at", ahead=True)
        golden = reach_of(request).golden(public_id(golden_id, "gr"))
        book = consents.of_golden(golden) if at is None else history.consents_at(golden, at)
        effective = book.effective(at=effective_at or at or timezone.now(), policy=consent_policy())
        names = selectors.names_of({one.record for one in book.held})
        statements = [_statement(one, names[one.record]) for one in book.held]
        note_read(request, "consents.read", [golden_id])
        said: dict[str, Any] = {"effective": [e.nested() for e in effective], "statements": statements}
        return answer_json(_seen(said, view) if (view := grant_of(request).view) else said)

    @describe(
        "Say what a customer agreed to or withdrew: a withdrawal of every record, a grant for one contact point",
        body=ref("ConsentStatement"),
        answers={201: ref("ConsentsSaid")},
        problems=["not-found", "invalid-record"],
        parameters=[_KEY],
    )
    def post(self, request: Request, golden_id: str) -> HttpResponse:
        golden = reach_of(request).golden(public_id(golden_id, "gr"))
        reader = BodyReader(request, limit=SMALL_BODY)
        said = parse(decode(reader.all()))
        if not isinstance(said, dict):
            raise Problem("invalid-request", "Send one JSON object.")
        client = client_name(request)
        only(said, *_SAID)
        answer, replayed = idempotency.once(
            request, fingerprint=idempotency.fingerprint_of(request, reader.digest.digest()),
            work=lambda: _say(golden, said, client=client),
        )  # fmt: skip
        return answer.response(**({"Idempotency-Replayed": "true"} if replayed else {}))


def _say(golden_id: str, said: dict[str, Any], *, client: str) -> Answer:
    written = pipeline.say_consent(golden_id, said, now=timezone.now(), actor=audit.client(client))
    # Numbers of ours alone: the answer is kept for retries, and a source id can be personal.
    body = {"statement_id": written[0][0], "statements": [{"statement_id": name} for name, _ in written]}
    return Answer(201, json.dumps(body, separators=(",", ":")).encode())


class ConsentCheckDoor(Door):
    """``GET`` and ``POST /golden/{golden_id}/consents/check``"""

    required_scopes = ["consents:read"]

    @describe(
        "May this customer be approached for this purpose by this channel?",
        answers={200: ref("ConsentDecision")},
        problems=["not-found", "invalid-request"],
        parameters=[
            query("purpose", {"type": "string", "maxLength": 200}, "Such as marketing.", required=True),
            query("channel", {"type": "string", "maxLength": 200}, "Such as email, sms, phone.", required=True),
            query("contact_point", {"type": "string", "maxLength": 1000},
                  "Ask by POST instead where addresses must not stand in URLs."),
            query("brand", {"type": "string", "maxLength": 200}, "On whose behalf; without it, of all brands."),
            query("jurisdiction", {"type": "string", "maxLength": 20}, "Whose rules count, such as DE or US-CA."),
        ],
    )  # fmt: skip
    def get(self, request: Request, golden_id: str) -> HttpResponse:
        return _decide(request, golden_id, {name: query_text(request, name) for name in _ASKED})

    @describe(
        "The same question with a contact point, which a URL should not hold",
        body=ref("ConsentQuestion"),
        answers={200: ref("ConsentDecision")},
        problems=["not-found", "invalid-request"],
        name="golden_consents_check_by_body",
    )
    def post(self, request: Request, golden_id: str) -> HttpResponse:
        body = only(read_object(request), *_ASKED)
        return _decide(request, golden_id, {name: body_text(body, name) for name in _ASKED})


def _decide(request: Request, golden_id: str, asked: dict[str, str]) -> HttpResponse:
    _name_both(asked)
    book = consents.of_golden(reach_of(request).golden(public_id(golden_id, "gr")))
    decision = book.decide(**asked, at=timezone.now(), policy=consent_policy())
    shown = _shown(decision)
    if decision.allowed and restricted([book.golden]):
        # GDPR Art. 18: what is restricted is stored, and not used until that is lifted.
        shown |= {"allowed": False, "contact_points": [], "text": "Not allowed: this customer's data are restricted."}
    note_read(request, "consents.checked", [golden_id])
    if view := grant_of(request).view:
        told = view.consents([{"contact_point": point} for point in shown["contact_points"]])
        points = [one["contact_point"] for one in told.pop("consents") if one["contact_point"]]
        shown = {**shown, "contact_points": points, **told}
    return answer_json(shown)


def _seen(said: dict[str, Any], view: View) -> dict[str, Any]:
    """The book as the client may see it."""
    effective, statements = view.consents(said["effective"]), view.consents(said["statements"])
    told = {"effective": effective.pop("consents"), "statements": statements.pop("consents")}
    for one in told["statements"]:
        one["record"] = view.record(one["record"])
        if "contact_point" in one and one["contact_point"] is None:
            del one["contact_point"]
    return {**told, **{key: sorted({*effective.get(key, ()), *statements.get(key, ())})
                       for key in ("withheld", "masked") if key in effective or key in statements}}  # fmt: skip


def _name_both(asked: dict[str, str]) -> None:
    for name in ("purpose", "channel"):
        if not asked[name].strip() or asked[name].strip() == "*":
            raise Problem("invalid-request", f"Name one {name}.", field=name)


def _shown(decision: Decision) -> dict[str, Any]:
    by = decision.verdict.by
    return {
        "allowed": decision.allowed,
        "state": decision.verdict.state,
        "decided_by": by.id if by else None,
        "text": decision.text,
        "legal_basis": decision.rule.legal_basis,
        "contact_points": list(decision.contact_points),
    }


class SuppressionDoor(Door):
    """``POST /suppression/check``"""

    required_scopes = ["consents:read"]
    budget = READS

    @describe(
        "Which of these contact points must not be written to, because a withdrawal holds there",
        body=ref("SuppressionQuestion"),
        answers={200: ref("SuppressionAnswer")},
        problems=["invalid-request"],
    )
    def post(self, request: Request) -> HttpResponse:
        body = only(read_object(request), "purpose", "channel", "brand", "jurisdiction", "contact_points")
        asked = {name: body_text(body, name) for name in ("purpose", "channel", "brand", "jurisdiction")}
        _name_both(asked)
        points = body.get("contact_points")
        fits = isinstance(points, list) and 1 <= len(points) <= MOST_POINTS
        if not fits or not all(isinstance(p, str) and 0 < len(p) <= 1000 for p in points or ()):
            detail = f"contact_points is a list of 1 to {MOST_POINTS:,} texts."
            raise Problem("invalid-request", detail, field="contact_points")
        held = consents.suppressed(points or [], **asked, at=timezone.now(), policy=consent_policy(),
                                   reach=reach_of(request))  # fmt: skip
        return answer_json({"items": [{"index": i, "suppressed": s} for i, s in enumerate(held)]})


def _statement(one: Held, record: str) -> dict[str, Any]:
    s = one.statement
    shown: dict[str, Any] = {
        "statement_id": s.id, "record": record, "purpose": s.purpose, "channel": s.channel,
        "contact_point": s.contact_point, "state": s.state, "brand": s.brand, "jurisdiction": s.jurisdiction,
        "legal_basis": s.legal_basis, "proof": s.proof, "text_version": s.text_version, "source": s.source,
        "double_opt_in": s.double_opt_in or None, "effective_from": _time(s.effective_from),
        "effective_to": _time(s.effective_to), "actor": one.actor, "captured_at": _time(s.captured_at),
        "recorded_at": _time(one.recorded_at),
    }  # fmt: skip
    more = {name: value for name, value in one.rest.items() if name not in shown}
    return {name: value for name, value in (shown | more).items() if value not in (None, "")}


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
