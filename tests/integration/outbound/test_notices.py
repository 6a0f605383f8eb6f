"""People are told once that a receiver was disabled, by a letter that a real mail server gets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
import redis
from django.db import connections

from connectors import tasks
from connectors.outbound import endpoints, notices
from connectors.outbound.deliver import deliver_due
from hub.conf.mail import mail_settings
from hub.models import Endpoint, User
from hub.roles import create_roles, give_role
from hub.sql import rows
from tests.integration.outbound.letters import Letters


@pytest.fixture
def letters(settings) -> Iterator[Letters]:
    made = Letters()
    settings.HUB_EMAIL_URL = f"smtp://127.0.0.1:{made.port}"
    settings.DEFAULT_FROM_EMAIL = "Concord <concord@example.com>"
    settings.HUB_OPERATORS = ["ops@example.com"]
    settings.HUB_PUBLIC_URL = "https://hub.example.com"
    for name, value in mail_settings(settings.HUB_EMAIL_URL).items():
        setattr(settings, name, value)
    yield made
    made.close()


@pytest.fixture
def disabled(endpoint, receiver, feed) -> Endpoint:
    """Disabled by an answer 410, once letters go out. To be asked for after ``letters``."""
    Endpoint.objects.update(url=f"{receiver.url}/anna-ashworth?key=anna", description="Anna's shop")
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: 410
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.state == "disabled"
    return endpoint


def test_a_letter_says_which_since_when_and_how_to_resume_and_no_more(letters, disabled):
    tasks.tell()
    [got], [to] = letters.got, letters.to
    assert to == ["ops@example.com"]
    assert got["From"] == "Concord <concord@example.com>"
    assert disabled.public_id in got["Subject"]
    text = got.get_content()
    assert f"{disabled.public_id}  127.0.0.1" in text
    assert f"disabled {disabled.disabled_at:%Y-%m-%d %H:%M} UTC: it answered 410" in text
    assert "failing since" in text
    assert f"https://hub.example.com/api/v1/webhook-endpoints/{disabled.public_id}/resume" in text
    assert f"manage.py webhooks resume {disabled.public_id}" in text
    assert "anna" not in got.as_string().lower()
    assert "gr_1" not in text


def test_it_is_told_once_however_often_and_by_however_many(letters, disabled):
    go = threading.Barrier(4)

    def tell() -> None:
        go.wait()
        tasks.tell()
        connections.close_all()

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    tasks.tell()
    assert len(letters.got) == 1
    assert not notices.due()


def test_what_the_mail_server_does_not_take_is_tried_again_and_its_words_are_in_no_log(letters, disabled, caplog):
    letters.refuse = 1
    tasks.tell()
    assert letters.got == []
    assert not notices.due()  # not at once
    waits = rows("SELECT extract(epoch FROM notice_at - now())::int FROM hub_endpoint")[0][0]
    assert 50 <= waits <= 60
    rows("UPDATE hub_endpoint SET notice_at = now()")
    assert notices.due()
    tasks.tell()
    assert len(letters.got) == 1
    assert "anna" not in caplog.text
    assert "SMTP" in caplog.text


def test_a_mail_server_that_is_away_is_given_up_after_days_and_the_hub_goes_on(letters, disabled, caplog):
    letters.close()
    tasks.tell()
    assert rows("SELECT notice_tries, notice_at > now() FROM hub_endpoint") == [(1, True)]
    rows("UPDATE hub_endpoint SET notice_at = now(), notice_tries = 9")
    tasks.tell()
    assert rows("SELECT notice_at FROM hub_endpoint") == [(None,)]
    assert "given up" in caplog.text


def test_each_disabling_is_told_and_one_that_was_resumed_is_not(letters, disabled, receiver):
    endpoints.resume(disabled)
    assert not notices.due()
    tasks.tell()
    assert letters.got == []
    deliver_due()  # 410 once more
    tasks.tell()
    first = letters.got[0]["Message-ID"]
    endpoints.resume(disabled)
    deliver_due()
    tasks.tell()
    assert len(letters.got) == 2
    assert letters.got[1]["Message-ID"] != first


def test_who_looks_calls_a_worker_and_not_again_at_once(letters, disabled, settings, monkeypatch):
    monkeypatch.setattr(tasks._Looked, "at", float("-inf"))
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete("concord")
        for _ in range(3):
            tasks.look_for_notices()
        until = time.monotonic() + 30
        while not broker.llen("concord") and time.monotonic() < until:
            time.sleep(0.05)
        called = [json.loads(message)["headers"]["task"] for message in broker.lrange("concord", 0, -1)]
        broker.delete("concord")
    assert called == ["connectors.tell"]


def test_several_come_in_one_letter(letters, endpoint, receiver, feed):
    others = [Endpoint(url=f"{receiver.url}/{number}") for number in range(3)]
    for one in others:
        one.take_secret(receiver.secret, now=endpoint.created_at)
        one.save()
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: 410
    deliver_due()
    tasks.tell()
    [got] = letters.got
    assert got["Subject"].endswith("was disabled, and 3 more")
    assert all(one.public_id in got.get_content() for one in [endpoint, *others])


def test_whoever_operates_the_hub_is_told_unless_others_are_named(letters, disabled, settings):
    settings.HUB_OPERATORS = []
    create_roles()
    for name, role, active in (("olga", "operator", True), ("left", "operator", False), ("stew", "steward", True)):
        give_role(user=User.objects.create_user(name, f"{name}@example.com", is_active=active), role=role)
    give_role(user=User.objects.create_user("mute"), role="operator")
    User.objects.create_superuser("root", "root@example.com", "a long pass phrase")
    assert notices.readers() == ["olga@example.com", "root@example.com"]
    tasks.tell()
    assert letters.to == [["olga@example.com", "root@example.com"]]


def test_without_anybody_to_tell_or_a_mail_server_nothing_waits(endpoint, receiver, feed, letters, settings, caplog):
    settings.HUB_OPERATORS = []
    settings.HUB_EMAIL_URL = ""
    feed.tell(1)
    feed.publish()
    receiver.answer = lambda got: 410
    deliver_due()
    assert rows("SELECT state, notice_at FROM hub_endpoint") == [("disabled", None)]
    settings.HUB_EMAIL_URL = "smtp://127.0.0.1"
    endpoints.resume(Endpoint.objects.get())
    deliver_due()
    tasks.tell()
    assert "nobody to tell" in caplog.text
    assert not notices.due()
