"""Who gets a token, and what it opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from hub.management.commands.create_client import create
from hub.models import ApiClient
from tests.integration.api.conftest import Caller, problem_of, token_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def credentials(settings) -> dict[str, str]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "hub.hashers.RandomSecretHasher"]
    return create(name="till", scopes=["golden:read", "resolve"], sources=[])


def tokens() -> int:
    return get_access_token_model().objects.count()


def test_a_client_gets_what_it_was_granted(client: Client, credentials: dict[str, str]) -> None:
    answer = token_for(client, credentials)
    assert answer.status_code == 200
    assert set(answer.json()["scope"].split()) == {"golden:read", "resolve"}
    assert answer.json()["token_type"].lower() == "bearer"
    assert answer["Cache-Control"] == "no-store"


def test_two_hundred_stores_that_ask_at_once_do_not_wait_for_a_password_hash(
    client: Client, credentials: dict[str, str]
) -> None:
    kept = get_application_model().objects.get(client_id=credentials["client_id"]).client_secret
    assert kept.startswith("pbkdf2_sha256_random$1000$")
    assert len(credentials["client_secret"]) == 128, "which is why that is enough"


def test_it_may_ask_for_less(client: Client, credentials: dict[str, str]) -> None:
    assert token_for(client, credentials, scope="resolve").json()["scope"] == "resolve"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "events:read"}, "invalid_scope"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "a"}, "unsupported_grant_type"),
        ({"client_id": "a%00b"}, "invalid_request"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
    ],
)
def test_what_is_refused(client: Client, credentials: dict[str, str], form: dict[str, str], error: str) -> None:
    answer = token_for(client, {**credentials, **form})
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == error
    assert tokens() == 0


def test_only_a_small_form_is_read(client: Client, credentials: dict[str, str]) -> None:
    assert client.post("/oauth/token/", data=b"{}", content_type="application/json").status_code == 400
    assert token_for(client, credentials, scope="x" * 20_000).status_code == 413
    assert problem_of(client.get("/oauth/token/")) == (405, "method-not-allowed")
    assert tokens() == 0


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer a b", "Bearer \x00"])
def test_without_a_valid_token_nobody_comes_in(client: Client, header: str) -> None:
    answer = client.get("/api/v1/golden", headers={"Authorization": header} if header else {})
    assert problem_of(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_query_or_the_body_opens_nothing(caller: Callable[..., Caller]) -> None:
    token = caller("golden:read").token
    assert Client().get(f"/api/v1/golden?access_token={token}").status_code == 401
    form = {"access_token": token}
    assert Client().post("/api/v1/golden/search", form).status_code == 401


def test_an_expired_token_is_none(caller: Callable[..., Caller]) -> None:
    reader = caller("golden:read")
    get_access_token_model().objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert problem_of(reader.get("/api/v1/golden")) == (401, "unauthenticated")


def test_a_scope_taken_away_counts_at_once(caller: Callable[..., Caller]) -> None:
    reader = caller("golden:read", "resolve")
    assert reader.get("/api/v1/golden").status_code == 200
    ApiClient.objects.update(scopes=["resolve"])
    assert problem_of(reader.get("/api/v1/golden")) == (403, "insufficient-scope")


ROUTES = [
    ("GET", "/api/v1/golden", "golden:read"),
    ("GET", "/api/v1/golden/gr_00000000000000000000000000", "golden:read"),
    ("GET", "/api/v1/golden/gr_00000000000000000000000000/explanation", "golden:read"),
    ("GET", "/api/v1/golden/gr_00000000000000000000000000/consents", "consents:read"),
    ("POST", "/api/v1/golden/search", "golden:read"),
    ("GET", "/api/v1/crosswalk/crm/1", "golden:read"),
    ("POST", "/api/v1/crosswalk/lookup", "golden:read"),
    ("GET", "/api/v1/explanation?a=crm:1&b=pos:2", "golden:read"),
    ("POST", "/api/v1/resolve", "resolve"),
    ("GET", "/api/v1/events", "events:read"),
    ("POST", "/api/v1/judgements", "judgements:write"),
    ("DELETE", "/api/v1/judgements/jd_00000000000000000000000000", "judgements:write"),
    ("GET", "/api/v1/reviews", "reviews:write"),
    ("POST", "/api/v1/reviews/rv_00000000000000000000000000/decision", "reviews:write"),
    ("POST", "/api/v1/sources/crm/records", "records:write"),
    ("POST", "/api/v1/sources/crm/records/batch", "records:write"),
    ("GET", "/api/v1/messages/msg_00000000000000000000000000", "records:write"),
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_every_route_asks_for_its_scope(caller: Callable[..., Caller], method: str, path: str, scope: str) -> None:
    from hub.scopes import SCOPES

    def ask(who: Caller):
        return {"GET": who.get, "DELETE": who.delete}[method](path) if method != "POST" else who.post(path, {})

    assert problem_of(ask(caller(*(s for s in SCOPES if s != scope)))) == (403, "insufficient-scope")
    assert ask(caller(scope)).status_code not in (401, 403)
