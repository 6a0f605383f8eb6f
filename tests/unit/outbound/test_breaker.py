"""The circuit of one endpoint, and the places of many: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.outbound.breaker import Habits, Health, Heard, after
from connectors.outbound.lanes import Places, Speeds, rooms
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


@given(
    st.dictionaries(st.integers(1, 60), st.integers(0, 500)), st.sets(st.integers(1, 60)),
    st.dictionaries(st.integers(1, 60), st.floats(0, 30)),
)  # fmt: skip
def test_those_that_hang_never_take_the_places_of_the_quick(
    flying: dict[int, int], failing: set[int], took: dict[int, float]
) -> None:
    places, speeds = Places(slow=10, quick=100, batch=40), Speeds()
    for endpoint, seconds in took.items():
        speeds.note(endpoint, seconds, taken=True)
    found = rooms(range(1, 61), flying=flying, failing=failing, half_open=failing, speeds=speeds, places=places)
    quick = {e for e in range(1, 61) if e not in failing and (speeds.get(e) or 0.0) <= places.slow_after}
    assert all(room > 0 for room in found.values())
    for lane, most in ((quick, places.quick), (set(range(1, 61)) - quick, places.slow)):
        used = sum(min(number, places.at_once) for e, number in flying.items() if e in lane)
        given_now = sum(min(room, places.at_once) for e, room in found.items() if e in lane)
        assert given_now <= max(most - used, 0)
    alone = rooms(sorted(quick), flying={e: n for e, n in flying.items() if e in quick}, failing=(), half_open=(),
                  speeds=speeds, places=places)  # fmt: skip
    assert {e: room for e, room in found.items() if e in quick} == alone
    assert all(found.get(e, 1) == 1 for e in failing)
