"""Whatever goes wrong is a problem that says what to do and tells nothing else."""

from __future__ import annotations

import logging

import pytest
from django.db.utils import OperationalError
from django.test import Client

from hub import selectors
from hub.errors import LostLease
from tests.integration.api.conftest import Caller, problem_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.api.urls")]

GOLDEN = "/api/v1/golden/gr_00000000000000000000000000"


def test_a_route_that_is_none(channel: Caller) -> None:
    for path in ("/api/v1/nothing", "/api/v2/golden", "/api/v1/golden/", "/oauth/authorize/"):
        answer = channel.get(path)
        assert problem_of(answer) in ((404, "unknown-route"), (404, "not-found")), path
        assert "nothing" not in answer.content.decode()
    assert Client().get("/admin-that-is-none").status_code == 404


def test_a_method_that_a_route_does_not_take(channel: Caller) -> None:
    answer = channel.http.put("/api/v1/golden", headers={"Authorization": f"Bearer {channel.token}"})
    assert problem_of(answer) == (405, "method-not-allowed")
    assert "GET" in answer["Allow"]


def test_a_kind_that_is_not_served(channel: Caller) -> None:
    assert problem_of(channel.get("/api/v1/golden", Accept="text/csv")) == (406, "not-acceptable")


def test_a_host_that_is_not_ours() -> None:
    answer = Client().get("/api/v1/golden", headers={"Host": "evil.example"})
    assert problem_of(answer) == (400, "invalid-request")


def test_a_fault_of_ours_tells_nothing(
    channel: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("Alice Ashworth")

    monkeypatch.setattr(selectors, "golden", fail)
    answer = channel.get(GOLDEN)
    assert problem_of(answer) == (500, "internal-error")
    assert "Alice" not in answer.content.decode() + caplog.text
    assert any("ValueError at fail" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("error", [OperationalError("host=secret"), LostLease()])
def test_what_may_work_later_says_when(
    channel: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(selectors, "golden", fail)
    with caplog.at_level(logging.DEBUG):
        answer = channel.get(GOLDEN)
    assert problem_of(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "5"
    assert "secret" not in answer.content.decode() + caplog.text
