"""Idempotency-Key: one answer for one key, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hub.api.idempotency import forget_old
from hub.models import IdempotencyKey, InboxMessage
from tests.integration.api.conftest import Caller, problem_of

pytestmark = pytest.mark.django_db

PATH = "/api/v1/sources/crm/records"
RECORD = {"source_id": "1"}  # without a source time, so that only the key makes a repeat one


def test_a_retry_gets_the_first_answer(channel: Caller) -> None:
    first = channel.post(PATH, RECORD, Idempotency_Key="k")
    second = channel.post(PATH, RECORD, Idempotency_Key="k")
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert first["Location"] == second["Location"]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert InboxMessage.objects.count() == 1


def test_another_body_or_route_under_the_key_is_refused(channel: Caller) -> None:
    channel.post(PATH, RECORD, Idempotency_Key="k")
    other = channel.post(PATH, {"source_id": "2"}, Idempotency_Key="k")
    assert problem_of(other) == (422, "idempotency-key-reused")
    route = channel.post("/api/v1/sources/pos/records", RECORD, Idempotency_Key="k")
    assert problem_of(route) == (422, "idempotency-key-reused")
    assert InboxMessage.objects.count() == 1


def test_a_refused_request_uses_up_no_key(channel: Caller) -> None:
    assert channel.post(PATH, {"name": {}}, Idempotency_Key="k").status_code == 422
    assert channel.post(PATH, RECORD, Idempotency_Key="k").status_code == 202


def test_keys_of_two_clients_are_two_keys(caller: Callable[..., Caller]) -> None:
    one, two = caller("records:write"), caller("records:write")
    assert one.post(PATH, RECORD, Idempotency_Key="k").status_code == 202
    assert two.post(PATH, {"source_id": "2"}, Idempotency_Key="k").status_code == 202
    assert InboxMessage.objects.count() == 2


@pytest.mark.parametrize("key", ["", "with space", "ü", "x" * 256])
def test_what_cannot_be_a_key_is_refused(channel: Caller, key: str) -> None:
    assert problem_of(channel.post(PATH, RECORD, Idempotency_Key=key)) == (400, "invalid-idempotency-key")
    assert InboxMessage.objects.count() == 0


def test_a_batch_is_replayed_too(channel: Caller) -> None:
    first, second = (channel.post(PATH + "/batch", [RECORD, {}], Idempotency_Key="b") for _ in range(2))
    assert first.status_code == second.status_code == 207
    assert first.json() == second.json()
    assert InboxMessage.objects.count() == 1


def test_after_a_day_the_key_is_free(channel: Caller) -> None:
    channel.post(PATH, RECORD, Idempotency_Key="k")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert channel.post(PATH, {"source_id": "2"}, Idempotency_Key="k").status_code == 202
    assert InboxMessage.objects.count() == 2
    assert forget_old() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_old() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_it_once(channel: Caller) -> None:
    def send(_: int) -> tuple[int, bytes]:
        try:
            answer = channel.post(PATH, RECORD, Idempotency_Key="k")
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(24)))
    assert len(answers) == 1
    assert answers.pop()[0] == 202
    assert InboxMessage.objects.count() == 1
