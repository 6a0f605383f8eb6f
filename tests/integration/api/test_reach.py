"""Whose customers a client reaches: those of its scopes. All others are answered for as if they were not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hub.models import ApiClient, Judgement, PrivacyRequest, SourceSystem
from hub.scopes import SCOPES
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

NOBODY = "00000000000000000000000zzz"
STATEMENT = {"purpose": "marketing", "channel": "email", "state": "withdrawn"}


@pytest.fixture
def ids(channel: Caller, take: Callable[..., list[str]]) -> dict[str, str]:
    """A customer of another brand group, with something of every kind that has an id."""
    SourceSystem.objects.filter(code="pos").update(scope="outlet")
    (message,) = take("pos", person("9"))
    take("crm", someone_else("1"), person("2"), person("3"))
    golden = channel.get("/api/v1/crosswalk/pos/9").json()["golden_id"]
    judged = channel.post("/api/v1/judgements", {"a": "pos:9", "b": "crm:1", "judgement": "different"}).json()
    asked = channel.post("/api/v1/privacy-requests", {"kind": "access", "golden_id": golden}).json()
    return {"golden": golden, "message": message, "judgement": judged["judgement_id"], "request": asked["request_id"]}


@pytest.fixture
def ours(caller: Any) -> Caller:
    made: Caller = caller(*SCOPES)
    ApiClient.objects.filter(application__client_id=made.client_id).update(within=["main"])
    return made


GETS = [
    "/api/v1/golden/{golden}", "/api/v1/golden/{golden}?as_of=2026-06-01T00:00:00Z",
    "/api/v1/golden/{golden}?expand=provenance", "/api/v1/golden/{golden}/explanation",
    "/api/v1/golden/{golden}/history", "/api/v1/golden/{golden}/consents",
    "/api/v1/golden/{golden}/history?from=2020-01-01T00:00:00Z&to=2026-06-01T00:00:00Z",
    "/api/v1/golden/{golden}/consents/check?purpose=marketing&channel=email", "/api/v1/golden/{golden}/pins",
    "/api/v1/messages/{message}", "/api/v1/privacy-requests/{request}",
    "/api/v1/privacy-requests/{request}/bundle.json", "/api/v1/privacy-requests/{request}/bundle.html",
]  # fmt: skip
POSTS: list[tuple[str, dict[str, Any]]] = [
    ("/api/v1/golden/{golden}/consents", STATEMENT),
    ("/api/v1/golden/{golden}/consents/check", {"purpose": "marketing", "channel": "email"}),
    ("/api/v1/golden/{golden}/pins", {"attribute": "birth_date", "value": "1984-03-13", "reason": "called"}),
    ("/api/v1/privacy-requests", {"kind": "erasure", "golden_id": "{golden}"}),
    ("/api/v1/privacy-requests/{request}/refusal", {"reason": "no"}),
    ("/api/v1/privacy-requests/{request}/acknowledgements", {"target": "requester"}),
]


def both(ids: dict[str, str], text: str) -> tuple[str, str]:
    """The text with ids of the other brand's customer, and with ids that nobody ever had."""
    never = {name: f"{given.partition('_')[0]}_{NOBODY}" for name, given in ids.items()}
    return text.format(**ids), text.format(**never)


def test_an_id_out_of_reach_is_answered_as_one_that_was_never_given_out(ids: dict[str, str], ours: Caller) -> None:
    for path in GETS:
        theirs, nobodys = (ours.get(one) for one in both(ids, path))
        assert problem_of(theirs) == (404, "not-found"), path
        assert theirs.content == nobodys.content, path
    for path, body in POSTS:
        for_both = zip(both(ids, path), both(ids, json.dumps(body).replace("{", "{{").replace("}", "}}")
                                             .replace("{{golden}}", "{golden}")), strict=True)  # fmt: skip
        theirs, nobodys = (ours.post(one, json.loads(said)) for one, said in for_both)
        assert problem_of(theirs) == (404, "not-found"), path
        assert theirs.content == nobodys.content, path
    for path in ("/api/v1/judgements/{judgement}",):
        theirs, nobodys = (ours.delete(one) for one in both(ids, path))
        assert problem_of(theirs) == (404, "not-found")
        assert theirs.content == nobodys.content
    assert Judgement.objects.get().retracted_at is None
    assert PrivacyRequest.objects.count() == 1


def test_a_record_out_of_reach_is_answered_as_one_that_nobody_has(ids: dict[str, str], ours: Caller) -> None:
    def same(*answers: Any) -> None:
        theirs, nobodys = answers
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.content == nobodys.content

    same(*(ours.get(f"/api/v1/crosswalk/pos/{source_id}") for source_id in ("9", "none")))
    same(*(ours.get(f"/api/v1/crosswalk/pos/{one}?as_of=2026-06-01T00:00:00Z") for one in ("9", "none")))
    same(*(ours.get(f"/api/v1/explanation?a=crm:1&b=pos:{source_id}") for source_id in ("9", "none")))
    for asked in ({"b": "crm:1", "judgement": "same"},):
        same(*(ours.post("/api/v1/judgements", {"a": f"pos:{one}", **asked}) for one in ("9", "none")))
    same(*(ours.post("/api/v1/privacy-requests", {"kind": "erasure", "record": f"pos:{o}"}) for o in ("9", "none")))
    found = ours.post("/api/v1/crosswalk/lookup", {"records": ["pos:9", "crm:1"]}).json()["items"]
    assert found[0] == {"golden_id": None, "source_system": "pos", "source_id": "9", "others": []}
    assert found[1]["golden_id"]


def test_lists_and_the_feed_leave_them_out(ids: dict[str, str], channel: Caller, ours: Caller) -> None:
    def seen(answer: Any) -> set[str]:
        assert answer.status_code == 200, answer.content
        return {item.get("golden_id") or item.get("subject") for item in answer.json()["items"]}

    asks: list[Callable[[Caller], Any]] = [
        lambda by: by.get("/api/v1/golden"),
        lambda by: by.post("/api/v1/golden/search", {"name": "Ashworth"}),
        lambda by: by.get("/api/v1/events?limit=1000"),
        lambda by: by.get("/api/v1/privacy-requests"),
    ]
    for ask in asks:
        assert ids["golden"] in seen(ask(channel))
        assert ids["golden"] not in seen(ask(ours))
    assert len(seen(ours.get("/api/v1/golden"))) == 2


def test_a_reader_of_some_events_misses_none_and_comes_to_the_end(
    ids: dict[str, str], channel: Caller, ours: Caller
) -> None:
    def walk(by: Caller, limit: int) -> list[str]:
        found, after = [], "0"
        for _ in range(100):
            page = by.get(f"/api/v1/events?after={after}&limit={limit}").json()
            found += [item["id"] for item in page["items"]]
            if page["next"] == after:
                return found
            after = page["next"]
        raise AssertionError("it never ends")

    every = channel.get("/api/v1/events?limit=1000").json()["items"]
    theirs = [item["id"] for item in every if item["subject"] != ids["golden"]]
    for limit in (1, 2, 1000):
        assert walk(ours, limit) == theirs
        assert walk(channel, limit) == [item["id"] for item in every]


def test_resolve_looks_among_its_own_customers(ids: dict[str, str], channel: Caller, ours: Caller) -> None:
    question = {key: value for key, value in person("x").items() if key not in ("source_id", "occurred_at")}

    def who(by: Caller, scope: str | None = None) -> Any:
        body = {"record": question, **({"scope": scope} if scope else {})}
        return by.post("/api/v1/resolve", body)

    assert who(channel, "outlet").json()["golden_id"] == ids["golden"]
    assert who(channel).json()["golden_id"] not in (None, ids["golden"])
    assert who(ours).json()["golden_id"] == who(channel, "main").json()["golden_id"]
    for_them, for_nobody = who(ours, "outlet"), who(ours, "no-such")
    assert problem_of(for_them) == (400, "invalid-request")
    assert for_them.content == for_nobody.content
    ApiClient.objects.filter(application__client_id=ours.client_id).update(within=["outlet"])
    assert who(ours).json()["golden_id"] == ids["golden"]


def test_nobody_writes_for_a_source_out_of_reach(ids: dict[str, str], ours: Caller) -> None:
    assert problem_of(ours.post("/api/v1/sources/pos/records", person("10"))) == (403, "source-not-allowed")
    assert ours.post("/api/v1/sources/crm/records", person("10")).status_code == 202
