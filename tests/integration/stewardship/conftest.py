"""Alice's records in two systems under a model that joins nothing by itself, so that every likeness is a review."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from hub import ports
from hub.models import MatchModelVersion, Review, SourceSystem, User
from hub.roles import create_roles, give_role
from hub.stages import model as models
from matching.model import shipped
from tests.integration.api.conftest import person as alice
from tests.integration.api.conftest import taken

Take = Callable[..., list[str]]
SECRETS = ("Ashworth", "alice.ashworth", "1984-03-12", "14 Linden Road")


def alicia(source_id: str) -> dict[str, Any]:
    """Who may be Alice: another first name, and two digits of her birthday changed places."""
    return alice(source_id, name={"given": "Alicia", "family": "Ashworth"}, birth_date="1984-03-21")


def doubt() -> None:
    """Put a model in force that joins nothing by itself."""
    models.version.cache_clear()
    MatchModelVersion.objects.all().delete()
    doubting = dataclasses.replace(shipped(), name="joins-nothing", cut_mb=60_000)
    MatchModelVersion.objects.create(name=doubting.name, document=doubting.to_json(), active=True)


@pytest.fixture
def hub_of_doubts(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ports, "_doorbell", [])
    doubt()
    for code in ("crm", "pos", "erp"):
        SourceSystem.objects.get_or_create(code=code, defaults={"name": code, "kind": code})
    create_roles()
    yield
    models.version.cache_clear()


@pytest.fixture
def take(hub_of_doubts: None) -> Take:
    """``taken``, where the hub doubts."""
    return taken


@pytest.fixture
def review(take: Take) -> Review:
    """Whether the Alice of the CRM and the Alicia of the tills are one."""
    take("crm", alice("1"))
    take("pos", alicia("9"))
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
