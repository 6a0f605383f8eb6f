"""Signing in: guesses are slowed down, nobody is shut out for good, and an answer says nothing of an account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone

from hub import keyring
from hub.models import AuditEntry, SignInTry, User
from hub.signin import sweep, tries
from hub.signin.tries import FREE_ACCOUNT, FREE_ADDRESS
from hub.sql import rows
from tests.security.signing import HERE, PASSWORD, enter, inside, said

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands while a test runs, so that a slow machine sits out no wait; ``later`` is how time goes by."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)


def later(by: timedelta) -> None:
    rows("UPDATE hub_signintry SET last_at = last_at - %s", by)


@pytest.mark.parametrize("name", ["nobody", "idle", "outside"])
def test_an_answer_does_not_tell_an_account_from_none(alice: User, name: str) -> None:
    User.objects.create_user("idle", password=PASSWORD, is_staff=True, is_active=False)
    User.objects.create_user("outside", password=PASSWORD, is_staff=False)
    wrong, other = enter(Client(), password="not the one"), enter(Client(), name)
    assert wrong.status_code == other.status_code == 200
    assert said(wrong) == said(other)


def test_a_password_without_an_end_is_not_hashed(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", lambda *_, **said: tried.append(said["password"]))
    assert enter(Client(), password="x" * 1001).status_code == 200
    enter(Client(), password="x" * 1000)
    assert [len(text) for text in tried] == [1000]


def test_guessing_is_slowed_down_and_the_owner_gets_in_after_a_while(alice: User) -> None:
    http = Client()
    for _ in range(FREE_ACCOUNT):
        assert "correct" in said(enter(http, password="guess"))
    refused = AuditEntry.objects.filter(action="user.refused").count()
    assert refused == FREE_ACCOUNT
    assert "Too many attempts" in said(enter(http))  # the right one is not looked at either
    assert not inside(http)
    assert AuditEntry.objects.filter(action="user.refused").count() == refused
    later(timedelta(seconds=1))
    assert enter(http).status_code == 302
    assert inside(http)
    assert SignInTry.objects.filter(tries__gt=0).count() == 1  # the address keeps what the guesses cost


@pytest.mark.parametrize("nothing", ["", "x" * 1001])
def test_a_form_without_a_password_forgives_nothing(alice: User, nothing: str) -> None:
    for _ in range(FREE_ACCOUNT):
        enter(Client(), password="guess")
    enter(Client(), password=nothing)
    later(timedelta(seconds=0.5))
    enter(Client(), password=nothing)
    assert "Too many attempts" in said(enter(Client()))


def test_an_account_that_there_is_not_is_slowed_down_alike(alice: User) -> None:
    for name in ("alice", "nobody"):
        for _ in range(FREE_ACCOUNT):
            enter(Client(), name, "guess")
    assert said(enter(Client(), "alice", "guess")) == said(enter(Client(), "nobody", "guess"))
    assert "Too many" in said(enter(Client(), " ALICE", "guess"))


def test_the_wait_grows_to_a_quarter_of_an_hour_and_a_day_forgives(alice: User) -> None:
    http = Client()
    for _ in range(FREE_ACCOUNT + 12):
        enter(http, password="guess")
        later(timedelta(minutes=15))
    enter(http, password="guess")
    assert "15 minutes" in said(enter(http))
    later(timedelta(days=1, seconds=1))
    assert enter(http).status_code == 302


def test_who_guesses_elsewhere_does_not_keep_the_owner_out(alice: User) -> None:
    own = Client()
    assert enter(own).status_code == 302
    own.post("/admin/logout/")
    for n in range(FREE_ACCOUNT + 3):
        enter(Client(REMOTE_ADDR=f"203.0.113.{n}"), password="guess")
    assert "Too many" in said(enter(Client(REMOTE_ADDR="198.51.100.1")))
    assert enter(own, REMOTE_ADDR="192.0.2.7").status_code == 302
    # The cookie is of one account and signed.
    other = Client(REMOTE_ADDR="198.51.100.2")
    other.cookies["concord_device"] = own.cookies["concord_device"].value[:-2] + "xx"
    assert "Too many" in said(enter(other))


def test_one_address_cannot_try_many_accounts(alice: User) -> None:
    http = Client(REMOTE_ADDR="203.0.113.9")
    for n in range(FREE_ADDRESS):
        enter(http, f"somebody-{n}", "guess")
    assert "Too many" in said(enter(http))
    assert enter(Client(REMOTE_ADDR="203.0.113.10")).status_code == 302


def test_signing_in_oneself_buys_no_more_guesses_at_others(alice: User) -> None:
    http = Client(REMOTE_ADDR="203.0.113.9")
    for n in range(FREE_ADDRESS):
        enter(http, f"somebody-{n}", "guess")
        if n < FREE_ADDRESS - 1:
            assert enter(Client(REMOTE_ADDR="203.0.113.9")).status_code == 302
    assert "Too many" in said(enter(http, "one-more", "guess"))


@pytest.mark.parametrize(
    ("address", "seen"), [("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"), ("::ffff:192.0.2.1", "192.0.2.1")]
)
def test_an_address_of_ipv6_is_its_network(address: str, seen: str) -> None:
    assert tries.address_of(RequestFactory(REMOTE_ADDR=address).get("/")) == seen


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(settings: Any) -> None:
    asked = RequestFactory(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.5").get("/")
    assert tries.address_of(asked) == "10.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert tries.address_of(asked) == "203.0.113.5"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_better_than_one_after_the_other() -> None:
    keys = [(keyring.blind("a", use="sign-in"), FREE_ACCOUNT), (keyring.blind("b", use="sign-in"), FREE_ADDRESS)]
    now = timezone.now()

    def guess(_: int) -> bool:
        try:
            return not tries.begin(keys, now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(40))) == FREE_ACCOUNT


def test_what_is_kept_names_nobody_and_goes_after_a_day(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(Client(REMOTE_ADDR="203.0.113.9"), password="guess")
    kept = str(rows("SELECT * FROM hub_signintry")).lower()
    assert SignInTry.objects.count() == 2
    assert "alice" not in kept
    assert "203.0.113" not in kept
    later(timedelta(days=1, seconds=1))
    monkeypatch.setattr(sweep, "_looked", float("-inf"))
    sweep.look()
    assert not SignInTry.objects.exists()


@pytest.mark.parametrize("next_page", [
    "https://evil.example/", "//evil.example/", r"\\evil.example", "/\\evil.example", "javascript:alert(1)",
    "https:/evil.example", "http://testserver.evil.example/", "https:evil.example", "\thttps://evil.example/",
])  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(alice: User, next_page: str) -> None:
    answer = enter(Client(), form={"next": next_page})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    page = Client().get(HERE, {"next": next_page}).content.decode()
    assert 'action="https' not in page


def test_a_password_is_kept_by_a_memory_hard_hash_and_older_hashes_are_made_anew(db: None) -> None:
    user = User.objects.create_user("bob", is_staff=True)
    user.set_password(PASSWORD)
    assert user.password.startswith("scrypt$")
    from django.contrib.auth.hashers import make_password

    User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert enter(Client(), "bob").status_code == 302
    user.refresh_from_db()
    assert user.password.startswith("scrypt$")
