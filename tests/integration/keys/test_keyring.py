"""Keys: made once, read by whoever has the master key, gone for good when destroyed."""

from __future__ import annotations

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from hub import keyring
from hub.keystore.models import Key
from hub.sql import rows

pytestmark = pytest.mark.django_db(transaction=True)
ONE, TWO = b"1" * 16, b"2" * 16


def _master() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def test_a_key_is_made_once_and_read_again_by_another_process() -> None:
    first = keyring.take([ONE, TWO])
    assert not first.forgotten
    keyring.forget_all()  # as another process
    assert keyring.keys([ONE, TWO]) == first.keys
    assert keyring.take([TWO, ONE, b"3" * 16]).keys.items() >= first.keys.items()
    stored = {bytes(key.wrapped or b"") for key in Key.objects.all()}
    assert not any(key in blob for key in first.keys.values() for blob in stored)


def test_two_who_take_at_once_get_the_same_keys() -> None:
    addresses = [bytes([n]) * 16 for n in range(200)]

    def take(turn: int) -> dict[bytes, bytes]:
        try:
            return dict(keyring.take(addresses if turn % 2 else addresses[::-1]).keys)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(take, range(8)))
    keyring.forget_all()
    assert all(keys == keyring.keys(addresses) for keys in found)


def test_a_destroyed_key_is_never_made_again() -> None:
    keyring.take([ONE])
    assert keyring.destroy([ONE, TWO]) == 2  # the second never had one
    assert keyring.keys([ONE]) == {}
    again = keyring.take([ONE, TWO])
    assert again.forgotten == {ONE, TWO}
    assert again.keys == {}
    assert keyring.destroy([ONE]) == 0


def test_an_address_is_the_same_in_every_process_and_differs_between_systems() -> None:
    own = keyring.address("crm", "17")
    assert len(own) == 16
    assert own not in (keyring.address("pos", "17"), keyring.address("crm", "71"), keyring.address("cr", "m17"))
    keyring.forget_all()
    assert keyring.address("crm", "17") == own


def test_rotation_wraps_every_key_anew_and_changes_none(settings: Any) -> None:
    old = settings.HUB_MASTER_KEYS
    before = keyring.take([ONE, TWO]).keys
    keyring.destroy([b"3" * 16])
    token = keyring.blind("x", use="term")
    newer = _master()
    settings.HUB_MASTER_KEYS = [newer, *old]
    keyring.forget_all()
    try:
        assert keyring.keys([ONE, TWO]) == before
        while keyring.rotate(limit=1) > 0:
            pass
        settings.HUB_MASTER_KEYS = [newer]
        keyring.forget_all()
        assert keyring.keys([ONE, TWO]) == before
        assert keyring.take([b"3" * 16]).forgotten
        assert keyring.blind("x", use="term") == token
        settings.HUB_MASTER_KEYS = old
        keyring.forget_all()
        with pytest.raises(ImproperlyConfigured, match="lacks a key"):
            keyring.keys([ONE])
    finally:  # the index key is no row of a model: it outlives this test's tables
        settings.HUB_MASTER_KEYS = [*old, newer]
        keyring.forget_all()
        while keyring.rotate() > 0:
            pass


def test_a_wrapped_key_that_was_moved_to_another_record_cannot_be_unwrapped() -> None:
    keyring.take([ONE, TWO])
    keyring.forget_all()
    Key.objects.filter(address=ONE).update(wrapped=Key.objects.get(address=TWO).wrapped)
    with pytest.raises(InvalidTag):
        keyring.keys([ONE])


def test_a_value_held_by_several_is_gone_with_the_first_of_their_keys() -> None:
    held = keyring.take([ONE, TWO]).keys
    assert keyring.joint_of([1, 2], {1: held[ONE], 2: held[TWO]}) is not None
    assert keyring.joint_of([1, 2, 3], {1: held[ONE], 2: held[TWO]}) is None


@pytest.mark.parametrize("given", [[], ["short"], ["not base64!!"]])
def test_a_master_key_that_is_none_is_named(given: list[str], settings: Any) -> None:
    settings.HUB_MASTER_KEYS = given
    keyring.forget_all()
    with pytest.raises(ImproperlyConfigured, match="HUB_MASTER_KEY"):
        keyring.take([ONE])
    keyring.forget_all()


def test_the_main_database_holds_no_key() -> None:
    assert rows("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'keystore%%'") == [(0,)]
