"""Guessing passwords slowly: after some tries each further one has to wait, longer and longer, never for ever.

    key                          free tries  then
    account                      5           1 s, 2 s, 4 s … up to 15 minutes
    browser that signed in here  5           the same, by itself: whoever guesses elsewhere does not keep its owner out
    address (IPv6: its /64)      20          the same

A try counts before the password is looked at, so that many at once are no better than one after the other; one that
has to wait is not looked at and does not count. Who signs in is forgiven, and so is who did not try for a day. An
account that does not exist is slowed down like one that does. What is kept are keyed hashes, and goes after a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from hub import keyring
from hub.rates.address import address_of
from hub.sql import count, rows

FREE_ACCOUNT, FREE_ADDRESS = 5, 20
LONGEST = timedelta(minutes=15)
FORGIVEN = timedelta(days=1)
_DEVICE_DAYS = 90
_SALT = "concord.device"


def wait_after(tries: int, *, free: int) -> timedelta:
    """How long after the last of so many tries in vain the next one is looked at.

    >>> [wait_after(n, free=5).total_seconds() for n in (0, 4, 5, 6, 7, 30)]
    [0.0, 0.0, 1.0, 2.0, 4.0, 900.0]
    """
    if tries < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(tries - free, 20)), LONGEST)


def keys_of(request: HttpRequest, username: str) -> list[tuple[bytes, int]]:
    """(keyed hash, free tries) of what a try at this account counts for."""
    account = username.strip().casefold()
    known = _device_of(request, account)
    own = f"device\0{known}" if known else f"account\0{account}"
    return [
        (keyring.blind(own, use="sign-in"), FREE_ACCOUNT),
        (keyring.blind(f"address\0{address_of(request)}", use="sign-in"), FREE_ADDRESS),
    ]


def begin(keys: Sequence[tuple[bytes, int]], *, now: datetime) -> timedelta:
    """Count a try for each of these keys; zero, or how long it has to wait: then it was not counted."""
    with transaction.atomic():
        held = {}
        for key, _ in sorted(keys):  # in one order, so that two tries cannot lock each other out
            ((tries, last),) = rows(
                """
                INSERT INTO hub_signintry AS t (key, tries, last_at) VALUES (%s, 0, %s)
                ON CONFLICT (key) DO UPDATE SET tries = CASE WHEN t.last_at < %s THEN 0 ELSE t.tries END
                RETURNING tries, last_at
                """,
                key, now, now - FORGIVEN,
            )  # fmt: skip
            held[key] = (tries, last)
        waits = [held[key][1] + wait_after(held[key][0], free=free) - now for key, free in keys if held[key][0]]
        longest = max(waits, default=timedelta())
        if longest > timedelta():
            return longest
        count("UPDATE hub_signintry SET tries = tries + 1, last_at = %s WHERE key = ANY(%b::bytea[])", now,
              [key for key, _ in keys])  # fmt: skip
    return timedelta()


def succeeded(keys: Sequence[tuple[bytes, int]]) -> None:
    """Forgive the account or the browser; the address gets this one try back, or its owner could guess at others'
    accounts as often as they sign in to their own."""
    (own, _), (address, _) = keys
    with transaction.atomic():
        count("DELETE FROM hub_signintry WHERE key = %s", own)
        count("UPDATE hub_signintry SET tries = greatest(tries - 1, 0) WHERE key = %s", address)


def forget(*, now: datetime) -> int:
    """Take away what does not count any more; how many there were."""
    return count("DELETE FROM hub_signintry WHERE last_at < %s", now - FORGIVEN)


def cookie_name() -> str:
    return "__Host-concord_device" if settings.SESSION_COOKIE_SECURE else "concord_device"


def _device_of(request: HttpRequest, account: str) -> str:
    """What this browser is known by since this account signed in from it; empty where it did not."""
    try:
        said = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=timedelta(days=_DEVICE_DAYS))
    except signing.BadSignature:
        return ""
    own = keyring.blind(account, use="device").hex()
    return f"{said[1]}" if isinstance(said, list) and len(said) == 2 and said[0] == own else ""


def remember(response: HttpResponse, *, username: str, device: str) -> None:
    """Let this browser be known, by a random ``device``, as one that the account signed in from."""
    own = keyring.blind(username.strip().casefold(), use="device").hex()
    response.set_cookie(
        cookie_name(), signing.dumps([own, device], salt=_SALT), max_age=timedelta(days=_DEVICE_DAYS),
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict",
    )  # fmt: skip
