"""Every route of the API asked by every kind of client: who is let in, and that a refusal changes nothing."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from hub.audit.reads import reads
from hub.invariants import breaches
from hub.models import ApiClient
from hub.scopes import SCOPES
from tests.integration.api.conftest import Caller
from tests.security import unchanged
from tests.security.api_table import OPEN, ROWS, Row
from tests.security.world import PERSONAL, World, caller

pytestmark = [pytest.mark.servers, pytest.mark.django_db(databases=["default", "keystore"])]
ALL = sorted(SCOPES)
ATTRIBUTES = ("name", "birth_date", "emails", "phones", "addresses")
# Allowed, and told nothing of Alice: her records are out of reach, or all of her values kept back.
NAMED_IDS = {"golden": "gr", "request": "pr", "review": "rv", "judgement": "jd", "message": "msg", "pin": "pin",
             "endpoint": "we", "delivery": "dl"}  # fmt: skip
SHOWN_NOTHING = ("everything hidden", "everything masked", "other region")
TOLD_NOTHING = ("other scope", *SHOWN_NOTHING)
OUR_ROUTES = ("api/", "oauth/", "healthz", "readyz", "metrics")


def walk(resolver: Any = None, before: str = "") -> Iterator[tuple[str, str, Any]]:
    """(path, name, view) of every route of the hub."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = before + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from walk(entry, path)
        else:
            yield path, entry.name or "", entry.callback


def _methods(view: Any) -> set[str]:
    kind = getattr(view, "cls", getattr(view, "view_class", None))
    if kind is None or not hasattr(kind, "http_method_names"):
        return {"GET"}
    return {name.upper() for name in kind.http_method_names if hasattr(kind, name)} - {"OPTIONS", "HEAD"} or {"GET"}


def test_every_route_and_method_has_a_row() -> None:
    there = {(name, method) for path, name, view in walk() if path.startswith(OUR_ROUTES) for method in _methods(view)}
    listed = {(row.route, row.method) for row in (*ROWS, *OPEN)}
    assert there == listed


@pytest.fixture(scope="module")
def clients(world: World) -> dict[str, Caller]:
    """By what sets them apart."""
    tokens = get_access_token_model().objects
    made = {f"only {scope}": caller([scope]) for scope in ALL}
    made |= {
        "all scopes": caller(ALL),
        "bound to pos": caller(ALL, sources=["pos"]),
        "other scope": caller(ALL, within=["brand-b"]),
        "everything hidden": caller(ALL, hidden=list(ATTRIBUTES)),
        "everything masked": caller(ALL, masked=list(ATTRIBUTES)),
        "other region": caller(ALL, region="US"),
        "expired token": caller(ALL),
        "scopes taken away": caller(ALL),
        "revoked": caller(ALL),
        "bad token": Caller(Client(raise_request_exception=False), secrets.token_urlsafe(32), "nobody"),
        "no token": Caller(Client(raise_request_exception=False), "", "nobody"),
    }
    past = timezone.now() - timedelta(seconds=1)
    tokens.filter(application__client_id=made["expired token"].client_id).update(expires=past)
    tokens.filter(application__client_id=made["revoked"].client_id).delete()
    ApiClient.objects.filter(application__client_id=made["scopes taken away"].client_id).update(scopes=[])
    return made


def ask(world: World, client: Caller, row: Row) -> Any:
    path, method = world.filled(row.path), row.method
    if method == "PATCH":
        return client.patch(path, world.body(row.body), If_Match="*")
    if method == "POST":
        return client.post(path, world.body(row.body))
    if method == "DELETE":
        return client.delete(path, If_Match="*")
    return client.get(path)


def expected(row: Row, client: str) -> int:
    """What the table says."""
    if client in ("no token", "bad token", "expired token", "revoked"):
        return 401
    if client == "scopes taken away" or (client.startswith("only ") and client != f"only {row.needs}"):
        return 403
    if client == "bound to pos":
        return {"write": 403, "message": 404}.get(row.reach, row.ok)
    if row.reach == "receiver" and client in (*TOLD_NOTHING, "other region"):
        return 404
    if client == "other region" and not row.route.startswith("privacy-bundle"):
        return row.ok  # a region is of each value: what is asked is answered, without those that may not leave
    if client in SHOWN_NOTHING and row.kept_back:
        return row.kept_back
    if client == "other scope":
        return {"customer": 404, "message": 404, "write": 403}.get(row.reach, row.ok)
    return row.ok


_IDS: dict[str, Callable[[Row], str]] = {"ids": lambda row: f"{row.method} {row.route}"}


@pytest.mark.parametrize("row", ROWS, **_IDS)
def test_who_is_let_in(row: Row, world: World, clients: dict[str, Caller]) -> None:
    """The refused first: at their end every table is as it was, and nothing of a customer was told."""
    before, noted = unchanged.contents(), reads._number
    wrong, allowed = [], []
    for name, client in clients.items():
        if expected(row, name) == row.ok:
            allowed.append((name, client))
            continue
        answer = ask(world, client, row)
        told = [value for value in PERSONAL if value in answer.content.decode()]
        if answer.status_code != expected(row, name) or told or answer["Content-Type"] != "application/problem+json":
            wrong.append((name, answer.status_code, told))
    assert unchanged.changed(before) == []
    assert reads._number == noted
    assert wrong == []
    assert allowed
    for name, client in allowed[:1]:
        answer = ask(world, client, row)
        assert answer.status_code == row.ok, (name, answer.content)
    assert list(breaches()) == []


@pytest.mark.parametrize("row", ROWS, **_IDS)
def test_each_of_those_who_may_is_answered_alike(row: Row, world: World, clients: dict[str, Caller]) -> None:
    for name, client in clients.items():
        if expected(row, name) == row.ok and row.method == "GET":
            assert ask(world, client, row).status_code == row.ok, name


@pytest.mark.parametrize("row", ROWS, **_IDS)
@pytest.mark.parametrize("name", TOLD_NOTHING)
def test_what_is_kept_back_is_told_by_no_door(row: Row, name: str, world: World, clients: dict[str, Caller]) -> None:
    answer = ask(world, clients[name], row)
    assert answer.status_code == expected(row, name), answer.content
    said = answer.content.decode()
    # What the asker says itself may come back to it.
    assert not [value for value in PERSONAL if value in said and value not in json.dumps(world.body(row.body))]
    if name == "other scope":
        assert world.named["golden"] not in said
        assert "crm:1" not in said


@pytest.mark.parametrize("row", [row for row in ROWS if row.reach in ("customer", "message", "receiver")], **_IDS)
def test_what_is_out_of_reach_is_answered_like_what_never_was(
    row: Row, world: World, clients: dict[str, Caller]
) -> None:
    """Byte for byte: nobody learns that there is something."""
    there = ask(world, clients["other scope"], row)
    nowhere = World({**world.named, **{name: f"{prefix}_{'7' * 26}" for name, prefix in NAMED_IDS.items()}})
    other = dataclasses.replace(
        row,
        path=row.path.replace("crosswalk/crm/1", "crosswalk/crm/none").replace("a=crm:1", "a=crm:none"),
        body=json.loads(json.dumps(row.body).replace('"crm:1"', '"crm:none"')),
    )
    never = ask(nowhere, clients["all scopes"], other)
    assert (there.status_code, never.status_code) == (404, 404)
    assert there.content == never.content
    assert without_date(there) == without_date(never)


def without_date(answer: Any) -> dict[str, str]:
    """The headers, apart from what is left of each client's own budget."""
    return {name: value for name, value in answer.headers.items() if not name.startswith("RateLimit")}


@pytest.mark.parametrize("row", OPEN, **_IDS)
def test_open_doors_answer_everybody_alike(row: Row, world: World, clients: dict[str, Caller]) -> None:
    before = unchanged.contents()
    for name in ("no token", "bad token", "all scopes"):
        answer = ask(world, clients[name], row)
        assert answer.status_code == row.ok, (name, answer.content[:300])
        assert not [value for value in PERSONAL if value in answer.content.decode()]
    assert unchanged.changed(before) == []
