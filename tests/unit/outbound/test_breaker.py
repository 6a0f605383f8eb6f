"""The circuit of one endpoint: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.outbound.breaker import Habits, Health, Heard, after
from connectors.outbound.marks import Outcome, heard

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HABITS = Habits()


def fail(was: Health, number: int = 1, *, probe: bool = False, now: datetime = NOW, wished: float = 0.0) -> Health:
    return after(was, Heard(failures=number, probe=probe, wished=wished), now=now, habits=HABITS)


def test_five_failures_in_a_row_open_it_and_each_lost_probe_doubles_the_rest() -> None:
    health = fail(Health(), 4)
    assert (health.failures, health.until, health.failing_since) == (4, None, NOW)
    health = fail(health)
    rests = [(health.rests, (health.until - NOW).total_seconds())]
    while rests[-1][1] < HABITS.longest_rest:
        health = fail(health, probe=True, now=health.until)
        rests.append((health.rests, (health.until - NOW).total_seconds() - sum(rest for _, rest in rests)))
    assert rests == [(1, 5.0), (2, 10.0), (3, 20.0), (4, 40.0), (5, 80.0), (6, 160.0), (7, 300.0)]
    assert health.failing_since == NOW
    assert after(health, Heard(taken=True), now=NOW, habits=HABITS) == Health()


def test_what_was_under_way_when_the_rest_began_does_not_lengthen_it() -> None:
    opened = fail(Health(), 5)
    assert fail(opened, 15) == opened


def test_who_asks_to_be_left_alone_is() -> None:
    health = fail(Health(), wished=120.0)
    assert (health.rests, health.until) == (0, NOW + timedelta(seconds=120))
    assert fail(health, 5, probe=True, wished=10.0).until == NOW + timedelta(seconds=120)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.booleans(), st.floats(0, 1e5), st.integers(0, 400))))
def test_a_rest_is_never_longer_than_the_longest_or_what_was_asked_for(steps: list) -> None:
    health, now, asked = Health(), NOW, NOW
    for taken, failures, probe, wished, later in steps:
        now += timedelta(seconds=later)
        if taken:
            asked = NOW
        if failures:
            asked = max(asked, now + timedelta(seconds=wished))
        health = after(health, Heard(taken, failures, wished, probe, 1.0), now=now, habits=HABITS)
        assert 0 <= health.failures < max(HABITS.give_up_after, 1) or health.rests_at(now)
        if health.until is not None:
            longest = timedelta(seconds=HABITS.longest_rest * 1.2)
            assert health.until <= max(now + longest, asked)
        assert (health == Health()) == (health.failing_since is None)


def test_tries_are_summed_up_in_the_order_in_which_they_ended() -> None:
    def tried(endpoint: int, error: str, probe: bool = False) -> Outcome:
        return Outcome(1, endpoint, 1, NOW, 1, None, error, probe=probe)

    said = heard([tried(1, "timeout"), tried(1, ""), tried(1, "timeout"), tried(2, ""), tried(3, "tls", True)],
                 spread=lambda: 0.5)  # fmt: skip
    assert said == {1: Heard(True, 1, 0.0, False, 0.5), 2: Heard(taken=True), 3: Heard(False, 1, 0.0, True, 0.5)}
