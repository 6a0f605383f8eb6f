"""The second factor: codes by the standard, each once, and nobody in without one where it is required."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from hub.models import AuditEntry, User
from hub.signin import factor
from hub.sql import rows
from tests.security.signing import PASSWORD, enter, inside, said

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
HERE = "/admin/second-factor/"


@pytest.mark.parametrize(("seconds", "expected"), [
    (59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130"),
])  # fmt: skip
def test_codes_are_those_of_rfc_6238(seconds: int, expected: str) -> None:
    key = base64.b32encode(b"12345678901234567890").decode()
    assert factor.code_at(key, datetime.fromtimestamp(seconds, UTC)) == expected


def set_up(http: Client) -> tuple[str, list[str]]:
    """(key, recovery codes), through the page."""
    page = http.post(HERE, {"do": "begin", "password": PASSWORD}).content.decode()
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page)
    assert key
    text = key[1].replace(" ", "")
    done = http.post(HERE, {"do": "confirm", "code": factor.code_at(text, datetime.now(UTC))})
    codes = re.findall(r"<li><code>([a-z2-7]{16})</code>", done.content.decode())
    assert len(codes) == 10
    return text, codes


def next_code(key: str) -> str:
    """A code that was not used yet, within what a clock may be off."""
    return factor.code_at(key, datetime.now(UTC) + timedelta(seconds=30))


def test_the_form_asks_for_it() -> None:
    page = Client().get("/admin/login/").content.decode()
    assert page.count("<input") == 4  # token against forgery, name, password, code
    assert 'autocomplete="one-time-code"' in page


def test_once_set_up_a_password_alone_lets_nobody_in(http: Client, alice: User) -> None:
    key, codes = set_up(http)
    assert inside(http)
    assert codes[0] not in http.get(HERE).content.decode()
    wrong = said(enter(Client(), password="not the one"))
    for code in ("", "000000", "x" * 40, codes[0] + "a"):
        refused = said(enter(Client(), form={"code": code}))
        assert re.sub(r'name="code" value="[^"]*"', 'name="code"', refused) == wrong
        rows("DELETE FROM hub_signintry")
    fresh, code = Client(), next_code(key)
    assert enter(fresh, form={"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert inside(fresh)
    assert enter(Client(), form={"code": code}).status_code == 200  # each code once
    assert AuditEntry.objects.filter(action="user.second_factor_set").count() == 1


def test_a_recovery_code_counts_once(http: Client, alice: User) -> None:
    _, codes = set_up(http)
    assert enter(Client(), form={"code": codes[3].upper()}).status_code == 302
    assert enter(Client(), form={"code": codes[3]}).status_code == 200
    assert enter(Client(), form={"code": codes[4]}).status_code == 302
    alice.refresh_from_db()
    assert len(alice.recovery) == 8


def test_keys_and_codes_stand_nowhere_in_clear(http: Client, alice: User) -> None:
    key, codes = set_up(http)
    raw = base64.b32decode(key)
    alice.refresh_from_db()
    held = [bytes(alice.second_factor), *map(bytes, alice.recovery)]
    assert not any(secret in blob for blob in held for secret in (raw, key.encode(), codes[0].encode()))
    told = str(list(AuditEntry.objects.values())) + str(rows("SELECT session_data FROM django_session"))
    assert key not in told


def test_it_is_set_up_and_taken_away_by_who_knows_the_password(http: Client, alice: User) -> None:
    assert http.post(HERE, {"do": "begin", "password": "guess"}).status_code == 422
    assert http.post(HERE, {"do": "confirm", "code": "123456"}).status_code == 422
    set_up(http)
    assert http.post(HERE, {"do": "remove", "password": "guess"}).status_code == 422
    alice.refresh_from_db()
    assert alice.second_factor
    assert http.post(HERE, {"do": "remove", "password": PASSWORD}).status_code == 200
    alice.refresh_from_db()
    assert not alice.second_factor
    assert inside(http)
    assert enter(Client()).status_code == 302


def test_the_page_is_no_place_to_guess_a_password(http: Client) -> None:
    for _ in range(6):
        answer = http.post(HERE, {"do": "remove", "password": "guess"})
    assert "Too many attempts" in answer.content.decode()


def test_where_it_is_required_nobody_gets_further_without(http: Client, settings: Any) -> None:
    settings.HUB_SECOND_FACTOR = "required"
    for page in ("/admin/", "/stewardship/", "/admin/hub/user/"):
        answer = http.get(page)
        assert (answer.status_code, answer["Location"]) == (302, HERE)
    assert http.get(HERE).status_code == 200
    set_up(http)
    assert http.get("/admin/").status_code == 200
