"""Who is this? Nothing that is asked is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.models import InboxMessage, SourceRecord
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db

FLAT = {"given_name": "Alice", "family_name": "Ashworth", "birth_date": "1984-03-12",
        "email": "alice.ashworth@example.com", "phone": "+44 20 7946 0991"}  # fmt: skip


@pytest.fixture
def alice(take: Callable[..., list[str]], channel: Caller) -> str:
    take("crm", person("1"))
    take("pos", someone_else("9"))
    return str(channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"])


@pytest.mark.parametrize(
    "question",
    [FLAT, {"record": FLAT}, person("whatever"), {"record": person("x", source_system="pos"), "limit": 1}],
    ids=["flat", "flat in record", "nested", "nested in record"],
)
def test_somebody_known_is_recognised(channel: Caller, alice: str, question: dict[str, Any]) -> None:
    before = (InboxMessage.objects.count(), SourceRecord.objects.count())
    answer = channel.post("/api/v1/resolve", question)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["decision"], found["golden_id"]) == ("match", alice)
    best = found["candidates"][0]
    explanation = best["explanation"]
    total = explanation["prior"] + sum(c["match_weight"] for c in explanation["comparisons"])
    assert total == pytest.approx(explanation["total"], abs=1e-9)
    assert 0.5 < best["match_probability"] <= 1
    assert (InboxMessage.objects.count(), SourceRecord.objects.count()) == before


def test_somebody_unknown_is_nobody(channel: Caller, alice: str) -> None:
    found = channel.post("/api/v1/resolve", {"given_name": "Zoltan", "family_name": "Quist"}).json()
    assert (found["decision"], found["golden_id"]) == ("non_match", None)


@pytest.mark.parametrize(
    ("question", "slug"),
    [
        ([], "invalid-request"),
        ({"record": [], "limit": 3}, "invalid-request"),
        ({"record": {}, "limit": 0}, "invalid-request"),
        ({"record": {}, "limit": True}, "invalid-request"),
        ({"record": {}, "email": "a@b.c"}, "invalid-request"),
        ({"birth_date": "1990-02-31"}, "invalid-record"),
        ({"emails": "a@b.c"}, "invalid-record"),
    ],
)
def test_a_question_that_is_none_is_refused(channel: Caller, question: object, slug: str) -> None:
    assert problem_of(channel.post("/api/v1/resolve", question))[1] == slug


def test_two_records_are_explained(channel: Caller, alice: str, take: Callable[..., list[str]]) -> None:
    take("loyalty", person("L:1", phones=[]))
    said = channel.get("/api/v1/explanation?a=crm:1&b=loyalty:L:1").json()
    assert said["linked"] is True
    assert said["because"]
    assert said["prior"] + sum(c["match_weight"] for c in said["comparisons"]) == pytest.approx(said["total"])
    apart = channel.get("/api/v1/explanation?a=crm:1&b=pos:9").json()
    assert apart["linked"] is False
    assert isinstance(apart["would_flip"], list)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=crm:1", (400, "invalid-request")),
        ("a=crm&b=pos:9", (400, "invalid-request")),
        ("a=crm:1&b=pos:404", (404, "not-found")),
        ("a=crm:1&a=crm:1&b=pos:9", (400, "invalid-request")),
    ],
)
def test_a_pair_that_is_none_is_refused(channel: Caller, alice: str, query: str, expected: tuple[int, str]) -> None:
    assert problem_of(channel.get(f"/api/v1/explanation?{query}")) == expected


def test_a_golden_record_is_explained(channel: Caller, alice: str, take: Callable[..., list[str]]) -> None:
    take("loyalty", person("2"))
    said = channel.get(f"/api/v1/golden/{alice}/explanation").json()
    assert said["golden_id"] == alice
    assert said["records"] == ["crm:1", "loyalty:2"]
    assert [{link["a"], link["b"]} for link in said["links"]] == [{"crm:1", "loyalty:2"}]
