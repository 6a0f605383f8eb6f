"""What is sealed comes back under its own key and kind, and under nothing else."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sealing import CANONICAL, GOLDEN, Unreadable, blinded, joint, seal, unseal

KEY = bytes(range(32))


@given(st.binary(max_size=2000))
def test_what_was_sealed_is_read_again(data: bytes) -> None:
    sealed = seal(KEY, data, CANONICAL)
    assert unseal(KEY, sealed, CANONICAL) == data
    assert len(sealed) == len(data) + 29
    assert len(data) < 8 or data not in sealed


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert seal(KEY, b"x", GOLDEN) != seal(KEY, b"x", GOLDEN)


@given(st.binary(min_size=1, max_size=50), st.data())
def test_another_key_kind_or_a_changed_byte_reads_nothing(data: bytes, draw: st.DataObject) -> None:
    sealed = seal(KEY, data, GOLDEN)
    place = draw.draw(st.integers(0, len(sealed) - 1))
    damaged = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    for key, blob, what in ((os.urandom(32), sealed, GOLDEN), (KEY, sealed, CANONICAL), (KEY, damaged, GOLDEN)):
        with pytest.raises(Unreadable):
            unseal(key, blob, what)
    for short in (b"", sealed[:5], sealed[:20]):
        with pytest.raises(Unreadable):
            unseal(KEY, short, GOLDEN)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=5, unique=True))
def test_a_joint_key_needs_each_of_its_keys_in_whatever_order(keys: list[bytes]) -> None:
    whole = joint(keys)
    assert joint(reversed(keys)) == whole
    assert whole not in keys
    for left_out in keys:
        assert joint([k for k in keys if k != left_out]) != whole


def test_a_token_says_nothing_without_its_key_and_its_use() -> None:
    token = blinded(KEY, "katherine@example.com", use="term")
    assert token == blinded(KEY, "katherine@example.com", use="term")
    assert len({token, blinded(KEY, "katherine@example.com", use="address"), blinded(bytes(32), "katherine@example.com",
                                                                                     use="term")}) == 3  # fmt: skip
