"""``HUB_EMAIL_URL``: what it may be, and that no password goes over a network in the clear."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from hub.conf.mail import mail_settings, sender


@pytest.mark.parametrize(("url", "host", "port", "tls", "ssl"), [
    ("smtp://u:p%40ss@mail.example.com:587", "mail.example.com", 587, True, False),
    ("smtp://u:p%40ss@mail.example.com", "mail.example.com", 587, True, False),
    ("smtp://u:p%40ss@mail.example.com:25", "mail.example.com", 25, True, False),
    ("smtps://u:p%40ss@mail.example.com", "mail.example.com", 465, False, True),
    ("smtp://u:p%40ss@127.0.0.1", "127.0.0.1", 25, False, False),
    ("smtp://u:p%40ss@localhost:2525", "localhost", 2525, False, False),
    ("smtps://u:p%40ss@[::1]", "::1", 465, False, True),
])  # fmt: skip
def test_what_is_not_this_machine_is_spoken_to_encrypted(url: str, host: str, port: int, tls: bool, ssl: bool) -> None:
    found = mail_settings(url)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("u", "p@ss")


@pytest.mark.parametrize("url", ["mail.example.com", "http://u:secret@h", "smtp://", "smtp://u:secret@h:port",
                                 "smtp://u:secret@h/box", "smtp://u:secret@h?tls=no", "smtp://[u:secret@h",
                                 ])  # fmt: skip
def test_a_bad_one_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        mail_settings(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", ["", "nobody", "a@b.example\r\nBcc: c@d.example"])
def test_a_sender_is_an_address(address: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        sender(address)
    assert sender("Concord <concord@example.com>") == "Concord <concord@example.com>"
