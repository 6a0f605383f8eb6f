"""The token bucket: no more leaves it than its law allows, and what is refused is there when it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rates.bucket import Bucket, Limit, limits

LIMITS = st.builds(Limit, st.sampled_from([0.5, 1.0, 7.0, 100.0, 3333.3]), st.integers(1, 500))
# (pause before it, tokens asked for)
ASKED = st.lists(st.tuples(st.floats(0, 5), st.integers(1, 20)), max_size=60)


@given(limit=LIMITS, asked=ASKED)
def test_no_more_leaves_it_in_any_span_than_burst_and_refill(limit: Limit, asked: list[tuple[float, int]]) -> None:
    bucket, now = Bucket(limit), 1000.0
    taken: list[tuple[float, int]] = []
    for pause, cost in asked:
        now += pause
        if bucket.take(cost, now) == 0.0:
            taken.append((now, cost))
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            span = taken[last][0] - taken[first][0]
            left = sum(cost for _, cost in taken[first : last + 1])
            assert left <= limit.burst + limit.per_second * span + 1e-6


@given(limit=LIMITS, asked=ASKED, cost=st.integers(1, 20))
def test_after_the_wait_that_it_names_the_tokens_are_there(
    limit: Limit, asked: list[tuple[float, int]], cost: int
) -> None:
    bucket, now = Bucket(limit), 0.0
    for pause, more in asked:
        now += pause
        bucket.take(more, now)
    cost = min(cost, limit.burst)
    wait = bucket.take(cost, now)
    if wait:
        assert bucket.take(cost, now + wait * 0.9) > 0
        assert bucket.take(cost, now + wait + 1e-6) == 0.0


@given(limit=LIMITS, owed=st.integers(1, 10_000))
def test_a_debt_is_waited_for_and_then_forgotten(limit: Limit, owed: int) -> None:
    bucket = Bucket(limit)
    bucket.owe(owed, 0.0)
    until = max(0.0, (owed - limit.burst + 1) / limit.per_second)
    assert bucket.take(1, until + 1e-6) == 0.0
    assert bucket.seen(until + limit.window + 1) == limit.burst


@given(limit=LIMITS, back=st.floats(0, 100))
def test_a_clock_that_goes_back_gives_nothing_away(limit: Limit, back: float) -> None:
    bucket = Bucket(limit)
    while bucket.take(1, 200.0) == 0.0:
        pass
    assert bucket.take(1, 200.0 - back) > 0


def test_limits_are_read_as_they_are_written() -> None:
    assert limits("reads=50:100, writes=0.5") == {"reads": Limit(50, 100), "writes": Limit(0.5, 1)}
    assert limits("") == {}


@pytest.mark.parametrize(
    "text", ["reads", "reads=", "reads=0", "reads=5:0", "reads=-1", "Reads=5", "reads=5:6:7", "a b"]
)
def test_limits_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a limit is written"):
        limits(text)
