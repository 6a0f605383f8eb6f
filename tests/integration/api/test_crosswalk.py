"""The crosswalk: source ids may hold anything."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db

ODD = ["a/b", "a//b/", "lookup", "100%", "a b", "ü?x=1&y#z", "line\nbreak", "k:1", "mail@example.com", "%2F", "../up"]


@pytest.mark.parametrize("source_id", ODD)
def test_a_source_id_may_hold_anything(channel: Caller, take: Callable[..., list[str]], source_id: str) -> None:
    take("crm", {"source_id": source_id})
    answer = channel.get(f"/api/v1/crosswalk/crm/{quote(source_id, safe='')}")
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["source_system"], found["source_id"], found["others"]) == ("crm", source_id, [])
    asked = {"records": [{"source_system": "crm", "source_id": source_id}, f"crm:{source_id}"]}
    assert channel.post("/api/v1/crosswalk/lookup", asked).json() == {"items": [found, found]}


def test_the_same_customer_elsewhere_is_named(channel: Caller, take: Callable[..., list[str]]) -> None:
    take("crm", person("1"))
    take("loyalty", person("L/1"))
    take("pos", someone_else("9"))
    found = channel.get("/api/v1/crosswalk/crm/1").json()
    assert found["others"] == [{"source_system": "loyalty", "source_id": "L/1"}]
    assert channel.get("/api/v1/crosswalk/loyalty/L/1").json()["golden_id"] == found["golden_id"]


@pytest.mark.parametrize("path", ["crm/404", "nobody/1", "crm/%00", "a%00b/1", "crm/%20"])
def test_what_is_not_there_is_not_found(channel: Caller, path: str) -> None:
    assert problem_of(channel.get(f"/api/v1/crosswalk/{path}")) == (404, "not-found")


def test_a_lookup_keeps_the_order_and_says_what_it_does_not_know(
    channel: Caller, take: Callable[..., list[str]]
) -> None:
    take("crm", person("1"))
    items = channel.post("/api/v1/crosswalk/lookup", {"records": ["crm:no", "crm:1", "x:1"]}).json()["items"]
    assert [item["golden_id"] is not None for item in items] == [False, True, False]
    assert items[0] == {"golden_id": None, "source_system": "crm", "source_id": "no", "others": []}


@pytest.mark.parametrize(
    "body",
    [{}, [], {"records": []}, {"records": "crm:1"}, {"records": ["crm"]}, {"records": [5]},
     {"records": ["crm:1"] * 1001}, {"records": [{"source_system": "crm"}]}, {"records": ["crm:1"], "more": 1}],
)  # fmt: skip
def test_a_lookup_that_cannot_be_understood_is_refused(channel: Caller, body: object) -> None:
    assert problem_of(channel.post("/api/v1/crosswalk/lookup", body)) == (400, "invalid-request")


def test_a_thousand_at_once_are_answered(channel: Caller) -> None:
    items = channel.post("/api/v1/crosswalk/lookup", {"records": [f"crm:{i}" for i in range(1000)]}).json()["items"]
    assert len(items) == 1000
