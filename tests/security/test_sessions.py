"""Sessions: new at sign-in, gone at sign-out and by time, and bound to password and second factor."""

from __future__ import annotations

import io
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from hub.management.commands import create_user
from hub.models import AuditEntry, User
from hub.signin import factor, sessions
from tests.security.signing import OTHER, PASSWORD, enter, inside

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        monkeypatch.setattr(sessions.time, "time", lambda: real() + self.ahead)


real = time.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(alice: User) -> None:
    http = Client()
    planted = http.session
    planted["planted"] = True
    planted.save()
    http.cookies["sessionid"] = planted.session_key
    enter(http)
    assert http.cookies["sessionid"].value != planted.session_key
    thief = Client()
    thief.cookies["sessionid"] = planted.session_key
    assert not inside(thief)


def test_it_ends_at_sign_out_for_whoever_kept_its_cookie(http: Client) -> None:
    thief = Client()
    thief.cookies["sessionid"] = http.cookies["sessionid"].value
    assert inside(thief)
    assert http.get("/admin/logout/").status_code == 405  # a picture on another page signs nobody out
    answer = http.post("/admin/logout/")
    assert (answer.status_code, answer["Clear-Site-Data"]) == (200, '"cache", "storage"')
    assert not inside(thief)
    assert not Session.objects.exists()
    assert AuditEntry.objects.filter(action="user.signed_out").count() == 1


def test_it_ends_when_its_person_does_nothing_for_an_hour(http: Client, clock: Clock, settings: Any) -> None:
    assert settings.HUB_SESSION_IDLE_SECONDS == 3600
    for _ in range(3):
        clock.ahead += 3500
        assert inside(http)
    clock.ahead += 3601
    assert not inside(http)
    assert not Session.objects.exists()


def test_a_page_that_asks_by_itself_keeps_no_session(http: Client, clock: Clock) -> None:
    assert inside(http)
    for _ in range(3):
        clock.ahead += 1500
        http.post("/stewardship/reviews/rv_01m7zrma5bazsspx2e7zzrd7qd/hold")
    assert not inside(http)


def test_it_ends_twelve_hours_after_it_began_whatever_its_person_does(http: Client, clock: Clock) -> None:
    for _ in range(12):
        clock.ahead += 3590
        assert inside(http)
    clock.ahead += 200
    assert not inside(http)


def test_another_password_ends_the_other_sessions(http: Client, alice: User) -> None:
    elsewhere = Client()
    enter(elsewhere)
    body = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}
    assert http.post("/admin/password_change/", body).status_code == 302
    assert inside(http)
    assert not inside(elsewhere)


def test_another_second_factor_ends_the_other_sessions(http: Client, alice: User) -> None:
    key, now = factor.new_key(), datetime.now(UTC)
    alice.refresh_from_db()
    assert factor.set_up(alice, key, factor.code_at(key, now), now=now)
    assert not inside(http)


def test_who_is_not_let_in_any_more_is_out_at_once(http: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not inside(http)


def test_a_password_that_is_set_by_command_ends_every_session(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    create_user._save(
        name="alice", password=OTHER, roles=["steward"], admin=False,
        options={"first_name": "", "last_name": "", "reset_second_factor": False},
    )  # fmt: skip
    assert not inside(http)


def test_a_page_that_was_refused_is_logged_by_its_route(http: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="hub.signin"):
        assert http.get("/stewardship/golden/gr_alice@example.com/").status_code == 403
    user = User.objects.get()
    assert [r.getMessage() for r in caplog.records] == [f"GET /stewardship/golden/<str:public_id>/ 403 user:{user.pk}"]


def test_sessions_of_one_or_of_all_are_ended_by_command(http: Client, alice: User) -> None:
    bob, out = Client(), io.StringIO()
    User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    enter(bob, "bob")
    call_command("end_sessions", "alice", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"ended": 1}
    assert not inside(http)
    assert inside(bob)
    call_command("end_sessions", "--all", stdout=io.StringIO())
    assert not inside(bob)
    assert AuditEntry.objects.filter(action="sessions.ended").count() == 2
    with pytest.raises(CommandError):
        call_command("end_sessions", "nobody")
