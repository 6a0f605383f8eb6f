"""If-Match: nobody changes what somebody else changed since they read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.models import Pin, PrivacyRequest
from tests.integration.api.conftest import Caller, person, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def golden_id(channel: Caller, take: Callable[..., list[str]]) -> str:
    take("crm", person("1"))
    return str(channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"])


def test_a_pin_is_set_on_what_was_read_and_on_nothing_else(
    channel: Caller, golden_id: str, take: Callable[..., list[str]]
) -> None:
    path = f"/api/v1/golden/{golden_id}"
    pin = {"attribute": "birth_date", "value": "1984-03-13", "reason": "called"}
    seen = channel.get(path)["ETag"]
    with_provenance = channel.get(f"{path}?expand=provenance")["ETag"]
    take("crm", person("1", birth_date="1984-03-14", occurred_at="2026-05-05T00:00:00Z"))
    for tag in (seen, with_provenance, 'W/"2"', '"x"', '""', "nonsense"):
        assert problem_of(channel.post(f"{path}/pins", pin, If_Match=tag)) == (412, "precondition-failed")
    assert Pin.objects.count() == 0
    present = channel.get(path)["ETag"]
    assert present != seen
    assert channel.post(f"{path}/pins", pin, If_Match=f"{seen}, {present}").status_code == 201
    assert channel.get(path).json()["profile"]["birth_date"] == "1984-03-13"
    assert problem_of(channel.post(f"{path}/pins", pin, If_Match=present)) == (412, "precondition-failed")
    assert channel.post(f"{path}/pins", pin, If_Match="*").status_code == 201


def test_an_act_on_a_privacy_request_is_done_to_what_was_read(channel: Caller, golden_id: str) -> None:
    asked = {"kind": "access", "golden_id": golden_id, "jurisdiction": "EU"}
    path = f"/api/v1/privacy-requests/{channel.post('/api/v1/privacy-requests', asked).json()['request_id']}"
    seen = channel.get(path)["ETag"]
    assert channel.get(path, If_None_Match=seen).status_code == 304
    extended = channel.post(f"{path}/extension", {"reason": "many systems"}, If_Match=seen)
    assert extended.status_code == 200
    assert extended["ETag"] == channel.get(path)["ETag"] != seen
    refused = channel.post(f"{path}/refusal", {"reason": "not known"}, If_Match=seen)
    assert problem_of(refused) == (412, "precondition-failed")
    assert PrivacyRequest.objects.get().state != "refused"
    assert channel.post(f"{path}/refusal", {"reason": "not known"}, If_Match=extended["ETag"]).status_code == 200


@pytest.mark.parametrize("path", ["lifting", "acknowledgements"])
def test_every_act_looks_at_it(channel: Caller, golden_id: str, path: str) -> None:
    asked = {"kind": "restriction", "golden_id": golden_id, "jurisdiction": "EU"}
    here = f"/api/v1/privacy-requests/{channel.post('/api/v1/privacy-requests', asked).json()['request_id']}"
    body: dict[str, Any] = {"target": "x"} if path == "acknowledgements" else {"reason": "over"}
    assert problem_of(channel.post(f"{here}/{path}", body, If_Match='"other"')) == (412, "precondition-failed")
