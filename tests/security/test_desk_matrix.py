"""Every page of the desk and the administration opened by every role, and by who has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from hub.roles import ROLES
from tests.security import unchanged
from tests.security.desk_table import ADMIN_PAGES, EVERYBODY, PAGES, WITHOUT_ROWS, Page
from tests.security.test_api_matrix import walk
from tests.security.world import PERSONAL, World, people

pytestmark = [pytest.mark.servers, pytest.mark.django_db(databases=["default", "keystore"])]
HTMX = {"HX-Request": "true"}
WHERE = ("stewardship/", "deliveries/", "admin/")


def test_every_page_has_a_row() -> None:
    assert set(EVERYBODY) == {*ROLES, "no role"}
    there = {name for path, name, _ in walk() if path.startswith(WHERE)} - WITHOUT_ROWS
    assert there == {page.route for page in (*PAGES, *ADMIN_PAGES)}


@pytest.fixture(scope="module")
def browsers(world: World) -> dict[str, Client]:
    return people()


def open_page(world: World, http: Client, page: Page, **headers: str) -> Any:
    path = world.filled(page.path)
    if page.method == "GET":
        return http.get(path, headers=headers)
    return http.post(path, world.body(page.body or {}), headers=headers)


_IDS: dict[str, Any] = {"ids": lambda page: f"{page.method} {page.route}"}


@pytest.mark.parametrize("page", [*PAGES, *ADMIN_PAGES], **_IDS)
def test_who_is_let_in(page: Page, world: World, browsers: dict[str, Client]) -> None:
    """The refused first: they see nothing of a customer, and change nothing."""
    before, wrong = unchanged.contents(), []
    for role, http in browsers.items():
        if page.lets_in(role):
            continue
        answer = open_page(world, http, page)
        if role == "nobody":
            right = answer.status_code == 302 and answer["Location"].startswith("/admin/login/?next=/")
        else:
            right = answer.status_code == page.refused
        told = [value for value in PERSONAL if value in answer.content.decode()]
        if not right or told:
            wrong.append((role, answer.status_code, told))
    assert unchanged.changed(before) == []
    assert wrong == []
    for role in [role for role in browsers if page.lets_in(role)][:1]:
        assert open_page(world, browsers[role], page).status_code == page.ok, role


@pytest.mark.parametrize("page", [p for p in (*PAGES, *ADMIN_PAGES) if p.method == "GET"], **_IDS)
def test_everybody_who_may_is_let_in(page: Page, world: World, browsers: dict[str, Client]) -> None:
    for role, http in browsers.items():
        if page.lets_in(role):
            assert open_page(world, http, page).status_code == page.ok, role


@pytest.mark.parametrize("page", [p for p in (*PAGES, *ADMIN_PAGES) if p.method == "POST"], **_IDS)
def test_no_other_site_can_have_something_done(page: Page, world: World, browsers: dict[str, Client]) -> None:
    """A form of another site comes with the session and without the token that our pages hold."""
    before = unchanged.contents()
    http = Client(enforce_csrf_checks=True, raise_request_exception=False)
    http.cookies = browsers["superuser"].cookies
    assert open_page(world, http, page).status_code == 403
    assert unchanged.changed(before) == []


@pytest.mark.parametrize("page", PAGES, **_IDS)
def test_a_part_of_a_page_is_not_given_to_who_is_not_signed_in(page: Page, world: World) -> None:
    answer = open_page(world, Client(raise_request_exception=False), page, **HTMX)
    assert answer.status_code in (302, 401)
    assert answer.content == b""
