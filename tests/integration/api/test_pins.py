"""Pins by API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.models import Pin
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db


@pytest.fixture
def golden_id(channel: Caller, take: Callable[..., list[str]]) -> str:
    take("crm", person("1"))
    take("pos", someone_else("9"))
    return str(channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"])


def test_a_pin_is_made_listed_and_taken_back(channel: Caller, golden_id: str) -> None:
    path = f"/api/v1/golden/{golden_id}"
    before = channel.get(path).json()["profile"]
    body = {"attribute": "name", "value": {"given": "Alyce", "family": "Ashworth"}, "reason": "called",
            "until": "2999-01-01T00:00:00Z"}  # fmt: skip
    answer = channel.post(f"{path}/pins", body)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["kind"], made["value"], made["record"], made["until"]) == (
        "pin", body["value"], "crm:1", "2999-01-01T00:00:00Z"
    )  # fmt: skip
    assert made["author"] == channel.client_id
    assert channel.get(path).json()["profile"]["name"]["given"] == "Alyce"
    assert channel.get(f"{path}/pins").json() == {"items": [made]}
    told = channel.get(f"{path}/explanation").json()
    assert told["because"]["name"].startswith("name is set at crm:1")
    for _ in range(2):
        assert channel.delete(f"{path}/pins/{made['pin_id']}").status_code == 204
    assert channel.get(path).json()["profile"] == before
    ignored = channel.post(
        f"{path}/pins", {"kind": "ignore", "attribute": "birth_date", "record": "crm:1", "reason": "a slip"}
    )
    assert ignored.status_code == 201
    assert "birth_date" not in channel.get(path).json()["profile"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid-request")),
        ({"attribute": "birth_date", "value": "1984-04-01"}, (400, "invalid-request")),
        ({"attribute": "birth_date", "value": "1984-04-01", "reason": "x", "who": "me"}, (400, "invalid-request")),
        ({"attribute": "birth_date", "value": "1984-04-01", "reason": "x", "until": "soon"}, (400, "invalid-request")),
        ({"attribute": "birth_date", "value": "x", "reason": "x", "kind": "hide"}, (400, "invalid-request")),
        ({"attribute": "birth_date", "kind": "ignore", "reason": "x"}, (400, "invalid-request")),
        ({"attribute": "birth_date", "value": "soon", "reason": "x"}, (422, "invalid-record")),
        ({"attribute": "shoe_size", "value": 40, "reason": "x"}, (422, "invalid-record")),
        ({"attribute": "birth_date", "value": "1984-04-01", "reason": "x", "record": "pos:9"}, (422, "invalid-record")),
        ({"attribute": "birth_date", "value": "1984-04-01", "reason": "x", "until": "2001-01-01T00:00:00Z"},
         (422, "invalid-record")),
    ],
)  # fmt: skip
def test_a_pin_that_is_none_changes_nothing(
    channel: Caller, golden_id: str, body: dict[str, object], expected: tuple[int, str]
) -> None:
    before = channel.get(f"/api/v1/golden/{golden_id}").json()
    assert problem_of(channel.post(f"/api/v1/golden/{golden_id}/pins", body)) == expected
    assert channel.get(f"/api/v1/golden/{golden_id}").json() == before
    assert not Pin.objects.exists()


def test_pins_need_their_scope_and_a_golden_record(
    caller: Callable[..., Caller], channel: Caller, golden_id: str
) -> None:
    path = f"/api/v1/golden/{golden_id}/pins"
    reader = caller("golden:read")
    assert problem_of(reader.get(path)) == (403, "insufficient-scope")
    assert problem_of(reader.post(path, {})) == (403, "insufficient-scope")
    assert problem_of(channel.get(f"/api/v1/golden/gr_{'0' * 26}/pins")) == (404, "not-found")
    assert problem_of(channel.delete(f"{path}/pin_{'0' * 26}")) == (404, "not-found")
    # A pin of one customer cannot be taken back under the id of another.
    made = channel.post(path, {"attribute": "attributes.tier", "value": "gold", "reason": "x"}).json()
    other = channel.get("/api/v1/crosswalk/pos/9").json()["golden_id"]
    assert problem_of(channel.delete(f"/api/v1/golden/{other}/pins/{made['pin_id']}")) == (404, "not-found")
