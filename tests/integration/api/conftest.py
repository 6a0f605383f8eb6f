"""Clients with real tokens, and records that came in through the real path."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from hub import pipeline
from hub.management.commands.create_client import create
from hub.models import SourceSystem
from hub.models.inbox import Lane
from hub.scopes import SCOPES
from hub.stages.seal import seal


@dataclass(frozen=True)
class Caller:
    """An HTTP client that sends a bearer token."""

    http: Client
    token: str
    client_id: str

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(path, headers=self._with(headers))

    def delete(self, path: str, **headers: str) -> Any:
        return self.http.delete(path, headers=self._with(headers))

    def post(self, path: str, body: Any, *, kind: str = "application/json", **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(path, data=data, content_type=kind, headers=self._with(headers))

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        data = json.dumps(body).encode()
        return self.http.patch(path, data=data, content_type="application/json", headers=self._with(headers))

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self.token}", **named}


def token_for(http: Client, credentials: dict[str, str], **form: str) -> Any:
    return http.post(
        "/oauth/token/",
        data="&".join(f"{k}={v}" for k, v in {"grant_type": "client_credentials", **credentials, **form}.items()),
        content_type="application/x-www-form-urlencoded",
    )


@pytest.fixture
def five_sources(db: None) -> None:
    """Those of the migration, which a test that commits takes away with all else at its end."""
    for code in ("crm", "loyalty", "ecommerce", "pos", "erp"):
        SourceSystem.objects.get_or_create(code=code, defaults={"name": code, "kind": code})


@pytest.fixture
def caller(five_sources: None, settings: Any) -> Callable[..., Caller]:
    """``caller("golden:read", source="crm")``: a client with these scopes and a token for all of them."""
    # Tests make many clients; how a secret is hashed is none of their business.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "hub.hashers.RandomSecretHasher"]

    def make(*scopes: str, source: str = "*") -> Caller:
        http = Client(raise_request_exception=False)
        made = create(name="test", scopes=list(scopes), sources=[source])
        token = token_for(http, made).json()["access_token"]
        return Caller(http, token, made["client_id"])

    return make


@pytest.fixture
def channel(caller: Callable[..., Caller]) -> Caller:
    """A client that may do everything."""
    return caller(*SCOPES)


@pytest.fixture
def take(five_sources: None) -> Callable[..., list[str]]:
    """``taken``, where the five sources are."""
    return taken


def taken(system: str, *records: dict[str, Any]) -> list[str]:
    """``taken("crm", {...}, …)``: records received, resolved and told of; gives their message ids."""
    source = SourceSystem.objects.get(code=system)
    receipts = pipeline.receive(source=source, payloads=list(records), lane=Lane.BULK)
    assert [r.problem for r in receipts] == [None] * len(records)
    pipeline.drain()
    while seal():
        pass
    return [str(r.message_id) for r in receipts]


def person(source_id: str, **more: Any) -> dict[str, Any]:
    """Alice, with a mail address and a phone that nobody else has."""
    return {
        "source_id": source_id,
        "name": {"given": "Alice", "family": "Ashworth"},
        "birth_date": "1984-03-12",
        "emails": [{"value": "alice.ashworth@example.com"}],
        "phones": [{"value": "+44 20 7946 0991"}],
        "addresses": [{"street": "14 Linden Road", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB"}],
        "occurred_at": "2026-01-02T09:00:00Z",
        **more,
    }


def someone_else(source_id: str, **more: Any) -> dict[str, Any]:
    """Bob, who shares nothing with Alice."""
    return {
        "source_id": source_id,
        "name": {"given": "Bob", "family": "Okonkwo"},
        "birth_date": "1961-11-30",
        "emails": [{"value": "bob.okonkwo@example.org"}],
        "occurred_at": "2026-01-02T09:00:00Z",
        **more,
    }


def problem_of(response: Any) -> tuple[int, str]:
    """(status, slug) of a problem; fails where the answer is none."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert set(body) >= {"type", "title", "status", "detail"}
    assert body["status"] == response.status_code
    return response.status_code, body["type"].removeprefix("/problems/")
