"""Alice's records in two systems under a model that joins nothing by itself, so that every likeness is a review."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from hub import pipeline, ports
from hub.models import MatchModelVersion, Review, SourceSystem, User
from hub.models.inbox import Lane
from hub.roles import create_roles, give_role
from hub.stages import model as models
from matching.model import shipped

Take = Callable[..., None]
SECRETS = ("Ashworth", "alice.ashworth", "1984-03-12", "14 Linden Road")


def alice(source_id: str, **more: Any) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "name": {"given": "Alice", "family": "Ashworth"},
        "birth_date": "1984-03-12",
        "emails": [{"value": "alice.ashworth@example.com"}],
        "addresses": [{"street": "14 Linden Road", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB"}],
        "occurred_at": "2026-01-02T09:00:00Z",
        **more,
    }


@pytest.fixture
def hub_of_doubts(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ports, "_doorbell", [])
    models.version.cache_clear()
    MatchModelVersion.objects.all().delete()
    doubting = dataclasses.replace(shipped(), name="joins-nothing", cut_mb=60_000)
    MatchModelVersion.objects.create(name=doubting.name, document=doubting.to_json(), active=True)
    for code in ("crm", "pos", "erp"):
        SourceSystem.objects.get_or_create(code=code, defaults={"name": code, "kind": code})
    create_roles()
    yield
    models.version.cache_clear()


@pytest.fixture
def take(hub_of_doubts: None) -> Take:
    """``take("crm", {...})``: a record received and resolved."""

    def receive(system: str, *records: dict[str, Any]) -> None:
        source = SourceSystem.objects.get(code=system)
        receipts = pipeline.receive(source=source, payloads=list(records), lane=Lane.BULK)
        assert [r.problem for r in receipts] == [None] * len(records)
        pipeline.drain()

    return receive


@pytest.fixture
def review(take: Take) -> Review:
    """Whether the Alice of the CRM and the Alicia of the tills are one."""
    take("crm", alice("1"))
    take("pos", alice("9", name={"given": "Alicia", "family": "Ashworth"}, birth_date="1984-03-21"))
    return Review.objects.get(state=Review.State.OPEN)


@pytest.fixture
def person(hub_of_doubts: None) -> Callable[..., tuple[User, Client]]:
    """``person("Bob", "steward")``: a user with roles, and a browser that is signed in."""

    def make(name: str, *roles: str) -> tuple[User, Client]:
        user = User.objects.create_user(name.lower(), first_name=name, is_staff=True)
        for role in roles:
            give_role(user=user, role=role)
        http = Client(headers={"HX-Request": "true"})
        http.force_login(user)
        return user, http

    return make


@pytest.fixture
def steward(person: Callable[..., tuple[User, Client]]) -> Client:
    return person("Bob", "steward")[1]
