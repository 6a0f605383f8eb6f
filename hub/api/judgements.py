"""Judgements by API, and the queue of reviews: the same services that the steward's pages call."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub import pipeline, selectors
from hub.api.access import client_name, grant_of, reach_of
from hub.api.bodies import read_object
from hub.api.doors import Door, answer_json, body_text, only, public_id, query_number, query_text, record_address
from hub.api.openapi import describe, query, ref
from hub.api.paging import cursor_after, cursor_for
from hub.api.problems import Problem
from hub.errors import NotFound, Stale
from hub.models import Judgement, Review

VERDICTS = tuple(Judgement.Verdict.values)


def _verdict(body: dict[str, Any]) -> str:
    verdict = body.get("judgement")
    if verdict not in VERDICTS:
        raise Problem("invalid-request", "judgement is same, different or unsure.", field="judgement")
    return str(verdict)


def _versions(body: dict[str, Any]) -> dict[str, int] | None:
    """``{golden id: version}`` as its sender last saw them."""
    versions = body.get("versions")
    if versions is None:
        return None
    ok = isinstance(versions, dict) and len(versions) <= 100
    if not ok or not all(isinstance(v, int) and not isinstance(v, bool) and abs(v) < 2**31 for v in versions.values()):
        raise Problem("invalid-request", "versions maps golden ids to the versions that were seen.", field="versions")
    return {public_id(golden, "gr"): version for golden, version in versions.items()}


def shown(judgement: Judgement, a: str, b: str) -> dict[str, Any]:
    return {
        "judgement_id": judgement.public_id,
        "a": a,
        "b": b,
        "judgement": judgement.judgement,
        "reason": selectors.reason_of(judgement),
        "created_at": _time(judgement.created_at),
    }


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


class JudgementsDoor(Door):
    """``POST /judgements``"""

    required_scopes = ["judgements:write"]

    @describe(
        "Say that two source records are one customer, or two",
        body=ref("JudgementStatement"),
        answers={201: ref("Judgement")},
        problems=["not-found"],
    )
    def post(self, request: Request) -> HttpResponse:
        body = only(read_object(request), "a", "b", "judgement", "reason")
        a, b = (body_text(body, name, required=True) for name in ("a", "b"))
        first, second = record_address(a, "a"), record_address(b, "b")
        if first == second:
            raise Problem("invalid-request", "a and b are the same record: name two.", field="b")
        reach, reason = reach_of(request), body_text(body, "reason")
        judgement = pipeline.judge(
            a=reach.record(first), b=reach.record(second), judgement=_verdict(body), reason=reason,
            client=client_name(request),
        )  # fmt: skip
        return answer_json(shown(judgement, a, b), status=201)


class JudgementDoor(Door):
    """``DELETE /judgements/{judgement_id}``"""

    required_scopes = ["judgements:write"]

    @describe("Take a judgement back", answers={204: None}, problems=["not-found"])
    def delete(self, request: Request, judgement_id: str) -> HttpResponse:
        judgement = Judgement.objects.filter(
            public_id=reach_of(request).judgement(public_id(judgement_id, "jd"))
        ).first()
        if judgement is None:
            raise NotFound
        if judgement.retracted_at is None:  # a repeat changes nothing and is answered as the first was
            pipeline.retract(judgement, by=f"client:{client_name(request)}")
        return HttpResponse(status=204)


class ReviewsDoor(Door):
    """``GET /reviews``"""

    required_scopes = ["reviews:write"]

    @describe(
        "The queue of reviews",
        answers={200: ref("ReviewPage")},
        parameters=[
            query("state", {"type": "string", "enum": list(Review.State.values), "default": "open"}, "Which ones."),
            query("cursor", {"type": "string"}, "The `next` of the page before."),
            query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Reviews a page."),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        state = query_text(request, "state", "open")
        if state not in Review.State.values:
            raise Problem("invalid-request", "state is open, decided or obsolete.", field="state")
        limit = query_number(request, "limit", 100, lowest=1, highest=500)
        found = Review.objects.filter(state=state, id__gt=cursor_after(request))
        if (scopes := reach_of(request).scopes) is not None:
            found = found.filter(golden_a__scope__in=scopes)
        reviews = list(found.select_related("golden_a", "golden_b").order_by("id")[:limit])
        following = cursor_for(reviews[-1].pk) if len(reviews) == limit else None
        return answer_json({"items": [_review(review) for review in reviews], "next": following})


def _review(review: Review) -> dict[str, Any]:
    return {
        "review_id": review.public_id,
        "state": review.state,
        "golden_ids": [review.golden_a.public_id, review.golden_b.public_id],
        "versions": {golden.public_id: golden.version for golden in (review.golden_a, review.golden_b)},
        "match_weight": review.weight / 1000,
        "opened_at": _time(review.opened_at),
        "priority": review.priority,
    }


class ReviewDecisionDoor(Door):
    """``POST /reviews/{review_id}/decision``"""

    required_scopes = ["reviews:write"]

    @describe(
        "Decide a review",
        body=ref("ReviewDecision"),
        answers={200: ref("Judgement")},
        problems=["not-found", "stale"],
    )
    def post(self, request: Request, review_id: str) -> HttpResponse:
        body = only(read_object(request), "judgement", "reason", "versions")
        verdict, versions = _verdict(body), _versions(body)
        reason = body_text(body, "reason")
        review = Review.objects.filter(public_id=reach_of(request).review(public_id(review_id, "rv"))).first()
        if review is None:
            raise NotFound
        if review.state != Review.State.OPEN:
            raise Stale("The review is closed: see GET /api/v1/reviews for those that are open.")
        pair = selectors.pair_of(review)
        judgement = pipeline.judge(
            a=pair[0],
            b=pair[1],
            judgement=verdict,
            reason=reason,
            client=client_name(request),
            review=review,
            versions=versions,
        )
        view = grant_of(request).view
        a, b = (view.record(f"{s}:{i}") if view else f"{s}:{i}" for s, i in pair)
        return answer_json({**shown(judgement, a, b), "review_id": review.public_id})
