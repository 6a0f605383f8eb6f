"""Judgements and reviews by API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from hub.models import GoldenRecord, Judgement, Review
from tests import opened
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(take: Callable[..., list[str]]) -> None:
    take("crm", person("1"))
    take("pos", someone_else("9"))


def golden_ids(channel: Caller) -> list[str]:
    return [channel.get(f"/api/v1/crosswalk/{address}").json()["golden_id"] for address in ("crm/1", "pos/9")]


def test_a_judgement_joins_and_its_retraction_parts(channel: Caller, two: None) -> None:
    before = golden_ids(channel)
    answer = channel.post("/api/v1/judgements", {"a": "crm:1", "b": "pos:9", "judgement": "same", "reason": "called"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["a"], made["b"], made["judgement"], made["reason"]) == ("crm:1", "pos:9", "same", "called")
    assert Judgement.objects.get(public_id=made["judgement_id"]).client == channel.client_id
    assert len(set(golden_ids(channel))) == 1
    for _ in range(2):
        assert channel.delete(f"/api/v1/judgements/{made['judgement_id']}").status_code == 204
    assert golden_ids(channel) == before
    assert Judgement.objects.get().retracted_by == f"client:{channel.client_id}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid-request")),
        ({"a": "crm:1", "b": "pos:9", "judgement": "maybe"}, (400, "invalid-request")),
        ({"a": "crm:1", "b": "crm:1", "judgement": "same"}, (400, "invalid-request")),
        ({"a": "crm", "b": "pos:9", "judgement": "same"}, (400, "invalid-request")),
        ({"a": "crm:1", "b": "pos:9", "judgement": "same", "reason": 5}, (400, "invalid-request")),
        ({"a": "crm:1", "b": "pos:9", "judgement": "same", "because": "x"}, (400, "invalid-request")),
        ({"a": "crm:1", "b": "pos:404", "judgement": "same"}, (404, "not-found")),
    ],
)
def test_a_judgement_that_is_none_changes_nothing(
    channel: Caller, two: None, body: dict[str, object], expected: tuple[int, str]
) -> None:
    before = golden_ids(channel)
    assert problem_of(channel.post("/api/v1/judgements", body)) == expected
    assert golden_ids(channel) == before
    assert not Judgement.objects.exists()


def test_an_unknown_judgement_is_not_found(channel: Caller) -> None:
    for public_id in ("jd_00000000000000000000000000", "x", "gr_00000000000000000000000000"):
        assert problem_of(channel.delete(f"/api/v1/judgements/{public_id}")) == (404, "not-found")


@pytest.fixture
def review(channel: Caller, two: None) -> Review:
    one, other = (GoldenRecord.objects.get(public_id=golden) for golden in golden_ids(channel))
    records = [opened.record_at(*named) for named in (("crm", "1"), ("pos", "9"))]
    return Review.objects.create(
        golden_a=one, golden_b=other, record_a=records[0], record_b=records[1], weight=-1500, opened_at=timezone.now()
    )


def test_the_queue_is_listed(channel: Caller, review: Review) -> None:
    page = channel.get("/api/v1/reviews?state=open").json()
    (shown,) = page["items"]
    assert page["next"] is None
    assert shown["review_id"] == review.public_id
    assert shown["match_weight"] == -1.5
    assert shown["golden_ids"] == golden_ids(channel)
    assert channel.get("/api/v1/reviews?state=decided").json()["items"] == []
    assert problem_of(channel.get("/api/v1/reviews?state=any")) == (400, "invalid-request")


def test_a_review_is_decided_once(channel: Caller, review: Review) -> None:
    path = f"/api/v1/reviews/{review.public_id}/decision"
    versions = channel.get("/api/v1/reviews").json()["items"][0]["versions"]
    answer = channel.post(path, {"judgement": "same", "reason": "same voice", "versions": versions})
    assert answer.status_code == 200, answer.content
    assert answer.json()["review_id"] == review.public_id
    assert len(set(golden_ids(channel))) == 1
    review.refresh_from_db()
    assert review.state == "decided"
    assert problem_of(channel.post(path, {"judgement": "different"})) == (409, "stale")
    assert Judgement.objects.count() == 1


def test_a_decision_about_what_has_changed_is_refused(channel: Caller, review: Review) -> None:
    path = f"/api/v1/reviews/{review.public_id}/decision"
    before = golden_ids(channel)
    versions = dict.fromkeys(before, 99)
    assert problem_of(channel.post(path, {"judgement": "same", "versions": versions})) == (409, "stale")
    wrong = [{"judgement": "yes"}, *({"judgement": "same", "versions": v} for v in ([1], {"a": 1}, {before[0]: "1"}))]
    for body in wrong:
        assert problem_of(channel.post(path, body))[0] in (400, 404)
    review.refresh_from_db()
    assert review.state == "open"
    assert golden_ids(channel) == before
    assert not Judgement.objects.exists()


def test_an_unknown_review_is_not_found(channel: Caller) -> None:
    path = "/api/v1/reviews/rv_00000000000000000000000000/decision"
    assert problem_of(channel.post(path, {"judgement": "same"})) == (404, "not-found")
