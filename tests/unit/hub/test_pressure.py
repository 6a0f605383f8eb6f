"""Back-pressure: who is refused first, and how much one process takes in hand."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import pressure
from hub.errors import Overloaded
from hub.models.inbox import Lane
from hub.pressure import room
from hub.pressure.bounds import Bounds, Reading, judged

BOUNDS = Bounds(waiting=1000, oldest=3600, disk=1024**3, memory=256 * 1024**2)
NUMBER = st.none() | st.integers(0, 2**40)
READINGS = st.builds(Reading, NUMBER, st.none() | st.floats(0, 1e6), NUMBER, st.integers(2**30, 2**44), NUMBER)


@given(READINGS)
def test_the_more_urgent_lane_is_refused_later(reading: Reading) -> None:
    refused = judged(reading, BOUNDS)
    assert Lane.EVENT not in refused or Lane.BULK in refused
    assert Lane.INTERACTIVE not in refused or Lane.EVENT in refused
    assert all(why.retry_after > 0 for why in refused.values())


@pytest.mark.parametrize(
    ("reading", "refused"),
    [
        (Reading(), []),
        (Reading(waiting=1000), []),
        (Reading(waiting=1001), [Lane.BULK]),
        (Reading(waiting=2001), [Lane.BULK, Lane.EVENT]),
        (Reading(waiting=10**9), [Lane.BULK, Lane.EVENT]),
        (Reading(oldest=3601.0), [Lane.BULK]),
        (Reading(disk=2**30 - 1, disk_size=2**40), [Lane.BULK]),
        (Reading(disk=2**29 - 1, disk_size=2**40), [Lane.BULK, Lane.EVENT]),
        (Reading(disk=2**27 - 1, disk_size=2**40), list(Lane)),
        (Reading(disk=50 * 2**20, disk_size=500 * 2**20), []),
        (Reading(disk=20 * 2**20, disk_size=500 * 2**20), [Lane.BULK]),
        (Reading(memory=0), list(Lane)),
    ],
)
def test_who_is_refused(reading: Reading, refused: list[Lane]) -> None:
    assert sorted(judged(reading, BOUNDS)) == sorted(refused)


@pytest.fixture
def small(settings: Any) -> None:
    settings.HUB_BATCHES_AT_ONCE, settings.HUB_BYTES_AT_ONCE = 2, 1000


def refused(lane: Lane, size: int = 1) -> bool:
    try:
        with room(lane, size):
            return False
    except Overloaded:
        return True


def test_batches_leave_room_for_the_others(small: None) -> None:
    with ExitStack() as hands:
        for _ in range(2):
            hands.enter_context(room(Lane.BULK, 1))
        assert refused(Lane.BULK)
        for _ in range(50):
            hands.enter_context(room(Lane.EVENT, 1))
        assert not refused(Lane.INTERACTIVE)
    assert not refused(Lane.BULK)


def test_bodies_together_are_bounded_but_one_alone_is_taken(small: None) -> None:
    with room(Lane.BULK, 5000):
        assert refused(Lane.BULK, 1)
    with room(Lane.BULK, 600):
        assert refused(Lane.BULK, 500)
        assert not refused(Lane.BULK, 400)


def test_room_is_given_back_whatever_happens_in_it(small: None) -> None:
    for _ in range(10):
        with pytest.raises(ZeroDivisionError), room(Lane.BULK, 900):
            raise ZeroDivisionError
    assert not refused(Lane.BULK, 900)


def test_a_lane_is_refused_for_as_long_as_it_is_said(small: None) -> None:
    pressure.say({Lane.BULK: pressure.Refusal("the sky is falling", 7)})
    try:
        with pytest.raises(Overloaded, match="the sky is falling") as why, room(Lane.BULK, 1):
            pass
        assert why.value.retry_after == 7
        assert not refused(Lane.EVENT)
    finally:
        pressure.say({})
    assert not refused(Lane.BULK)
