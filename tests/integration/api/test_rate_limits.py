"""Rate limits: per client and per address, one budget over all web processes, with or without Valkey."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any

import pytest
from django.test import Client

from hub.api import throttle
from hub.management.commands.create_client import create
from hub.models import InboxMessage
from hub.rates import shared
from hub.rates.bucket import Limit, limits
from hub.scopes import SCOPES
from tests.integration.api.conftest import Caller, person, problem_of, token_for

pytestmark = pytest.mark.django_db
RATES = "reads=1000:5000,writes=1000:5000,rows=1000:5000,vendors=1000:5000,tokens=1000:5000,failures=1000:5000"


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> Iterator[None]:
    # Another secret is another name for every bucket in Valkey: each test has full ones of its own.
    settings.SECRET_KEY = os.urandom(20).hex()
    shared.forget()
    yield
    shared.forget()


@pytest.fixture
def limited(settings: Any) -> Callable[[str], None]:
    def limit(text: str) -> None:
        found = {**limits(RATES), **limits(text)}
        settings.HUB_RATE_LIMIT = ",".join(f"{name}={one.per_second:f}:{one.burst}" for name, one in found.items())

    return limit


def test_a_client_that_asks_too_much_is_told_when_to_come_again(
    limited: Callable[[str], None], channel: Caller, caller: Callable[..., Caller]
) -> None:
    limited("reads=0.5:3")
    answers = [channel.get("/api/v1/events") for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert problem_of(answers[3]) == (429, "rate-limited")
    assert answers[3].json()["budget"] == "reads"
    assert 1 <= int(answers[3]["Retry-After"]) <= 2
    assert answers[0]["RateLimit-Policy"] == '"reads";q=3;w=6'
    left = [re.fullmatch(r'"reads";r=(\d+);t=(\d+)', a["RateLimit"]) for a in answers]
    assert [int(found[1]) for found in left if found] == [2, 1, 0, 0, 0]
    assert caller(*SCOPES).get("/api/v1/events").status_code == 200, "another client has a budget of its own"
    assert channel.post("/api/v1/sources/crm/records", person("1")).status_code == 202, "writing is another budget"
    sleep(2.05)
    assert channel.get("/api/v1/events").status_code == 200


def test_what_is_refused_changes_nothing(limited: Callable[[str], None], channel: Caller) -> None:
    limited("writes=0.1:1")
    assert channel.post("/api/v1/sources/crm/records", person("1")).status_code == 202
    assert channel.post("/api/v1/sources/crm/records", person("2")).status_code == 429
    assert InboxMessage.objects.count() == 1


def test_rows_of_a_batch_are_counted_one_by_one(limited: Callable[[str], None], channel: Caller) -> None:
    limited("rows=10:20")
    batch = "\n".join(json.dumps(person(str(n))) for n in range(30)).encode()
    sent = channel.post("/api/v1/sources/crm/records/batch", batch, kind="application/x-ndjson")
    assert sent.status_code == 207, "what is larger than the burst is taken once the budget is there"
    again = channel.post("/api/v1/sources/crm/records/batch", batch, kind="application/x-ndjson")
    assert problem_of(again) == (429, "rate-limited")
    assert int(again["Retry-After"]) in (1, 2), "ten rows more than there were, at ten a second"
    assert InboxMessage.objects.count() == 30


def test_a_client_can_have_limits_of_its_own(limited: Callable[[str], None], five_sources: None, settings: Any) -> None:
    limited("")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "hub.hashers.RandomSecretHasher"]
    http = Client()
    made = create(name="till", scopes=["events:read"], sources=[], rate="reads=0.1:2")
    till = Caller(http, token_for(http, made).json()["access_token"], made["client_id"])
    assert [till.get("/api/v1/events").status_code for _ in range(3)] == [200, 200, 429]


def test_who_fails_too_often_is_not_looked_at_any_more(limited: Callable[[str], None], db: None) -> None:
    limited("failures=0.1:3")
    http = Client()
    refused = [http.get("/api/v1/events", headers={"Authorization": f"Bearer {n}x"}).status_code for n in range(32)]
    assert refused == [401] * 30 + [429] * 2, "an address may fail ten times as often as one client there"
    other = http.get("/api/v1/events", headers={"Authorization": "Bearer x"}, REMOTE_ADDR="203.0.113.9")
    assert other.status_code == 401


def test_a_guessed_client_secret(limited: Callable[[str], None], five_sources: None, settings: Any) -> None:
    limited("failures=0.1:3")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "hub.hashers.RandomSecretHasher"]
    made = create(name="till", scopes=["events:read"], sources=[])
    http = Client()
    guess = {**made, "client_secret": "no"}
    assert [token_for(http, guess).status_code for _ in range(4)] == [401, 401, 401, 429]
    assert token_for(http, made).status_code == 429, "the right one is not heard either, or guessing would go on"
    basic = b64encode(f"{made['client_id']}:{made['client_secret']}".encode()).decode()
    form: dict[str, Any] = {
        "data": "grant_type=client_credentials",
        "content_type": "application/x-www-form-urlencoded",
    }
    refused = http.post("/oauth/token/", **form, headers={"Authorization": f"Basic {basic}"})
    assert problem_of(refused) == (429, "rate-limited")
    elsewhere = http.post(
        "/oauth/token/", **form, headers={"Authorization": f"Basic {basic}"}, REMOTE_ADDR="::ffff:1.2.3.4"
    )
    assert elsewhere.status_code == 200, "a guesser locks nobody out who is elsewhere"
    second = create(name="till 2", scopes=["events:read"], sources=[])
    assert token_for(http, second).status_code == 200, "nor another client of the same store"


def test_tokens_are_counted_by_address(limited: Callable[[str], None], five_sources: None, settings: Any) -> None:
    limited("tokens=0.1:2")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "hub.hashers.RandomSecretHasher"]
    made = create(name="till", scopes=["events:read"], sources=[])
    assert [token_for(Client(), made).status_code for _ in range(3)] == [200, 200, 429]


def test_the_address_is_what_the_nearest_proxy_saw(rf: Any, settings: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "1.1.1.1, 2001:db8:1:2:3:4:5:6"})
    assert throttle.address_of(request) == "10.0.0.1", "without a proxy nobody is believed"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert throttle.address_of(request) == "2001:db8:1:2::"


SPENDER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "hub.conf.settings"
import django; django.setup()
from django.conf import settings
settings.SECRET_KEY = sys.argv[1]
from hub.rates import shared
from hub.rates.bucket import Limit
limit, until, taken = Limit(200.0, 100), time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < until:
    if shared.take("reads", "somebody", limit).passed:
        taken += 1
    else:
        time.sleep(0.001)
print(taken)
"""


def _spend(redis_url: str, secret: str, *, processes: int, seconds: float) -> list[int]:
    environ = {**os.environ, "REDIS_URL": redis_url}
    command = [sys.executable, "-c", SPENDER, secret, str(seconds)]
    running = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return [int(one.communicate(timeout=60)[0]) for one in running]


def test_all_processes_share_one_budget(settings: Any) -> None:
    began = monotonic()
    taken = _spend(settings.REDIS_URL, settings.SECRET_KEY, processes=3, seconds=3)
    most = 100 + 200 * (monotonic() - began)
    assert sum(taken) <= most
    # The interpreters start one after the other; they run three seconds each, together at least three.
    assert sum(taken) >= 0.8 * (100 + 200 * 3), taken
    assert min(taken) > 0


def test_without_valkey_each_process_keeps_to_its_share() -> None:
    taken = _spend("redis://127.0.0.1:1/0", "secret", processes=2, seconds=2)
    assert all(0.8 * (50 + 100 * 2) <= one <= 50 + 100 * 2.2 for one in taken), taken


def test_hardly_any_request_asks_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    ask = shared._ask

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal asked
        asked += 1
        return ask(*args, **kwargs)

    monkeypatch.setattr(shared, "_ask", counted)
    limit = Limit(2000.0, 4000)
    assert all(shared.take("reads", "somebody", limit).passed for _ in range(2000))
    assert asked <= 30
    before = asked
    tight = Limit(0.001, 1)
    assert [shared.take("reads", "other", tight).passed for _ in range(50)] == [True] + [False] * 49
    assert asked - before <= 2, "who is refused is refused without a round trip"


def test_nothing_personal_is_in_valkey(settings: Any) -> None:
    import redis

    shared.take("failures", "203.0.113.77 k.meyer@example.com", Limit(1.0, 10))
    keys = b" ".join(bytes(key) for key in redis.Redis.from_url(settings.REDIS_URL).scan_iter("concord:rate:*"))
    assert keys
    assert b"203.0" not in keys
    assert b"meyer" not in keys
