"""What those that fail may take of the time of the others: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.outbound.breaker import Known
from connectors.outbound.suspects import Allowance, Suspects

HABIT = Allowance(a_second=40.0, at_once=10, places=400, idle=50)


def suspects(number: int, *, left: float | None = -1.0, now: float = 0.0, habit: Allowance = HABIT) -> Suspects:
    made = Suspects(habit)
    made.see({pk: Known(0, 1, left) for pk in range(1, number + 1)}, (), now)
    return made


def choose(of: Suspects, now: float, *, busy: bool, under_way: int = 0, good: tuple[int, ...] = ()) -> list[int]:
    return of.choose(range(1, 10_000), flying=(), under_way=under_way, busy=busy, good=good, now=now)


@given(st.lists(st.tuples(st.floats(0.0, 0.5), st.integers(0, 3)), min_size=1, max_size=80))
def test_while_others_have_work_failing_tries_keep_to_the_allowance(turns: list[tuple[float, int]]) -> None:
    """Whoever takes what it is sent costs nothing of it; the others no more than so many a second, and once the most
    that gathers."""
    some, now, failed = suspects(2000), 0.0, 0
    for later, taken in turns:
        now += later
        chosen = choose(some, now, busy=True)
        some.spent(len(chosen))
        well = chosen[:taken]
        for pk in well:
            some.cleared(pk)
        some.given_back(len(well))
        for pk in chosen[taken:]:
            some.failed(pk, now + 5.0)
        failed += len(chosen) - len(well)
        assert failed <= HABIT.a_second * now + HABIT.at_once


@given(st.integers(1, 300))
def test_nobody_starves_each_is_tried_within_the_time_that_the_allowance_takes(number: int) -> None:
    some, waited = suspects(number, left=0.0), {}
    now = 0.0
    while now <= (number + HABIT.at_once) / HABIT.a_second + 0.2:
        chosen = choose(some, now, busy=True)
        some.spent(len(chosen))
        for pk in chosen:
            waited.setdefault(pk, now)
            some.failed(pk, now)  # due again at once, behind all the others
        now += 0.05
    assert set(waited) == set(range(1, number + 1))


def test_whoever_has_been_due_longest_goes_first_and_before_all_who_took_something() -> None:
    some = Suspects(HABIT)
    some.see({1: Known(0, 3, -20.0), 2: Known(0, 1, -25.0), 3: Known(2, 0, None), 4: Known(0, 2, 7.0)}, (), 100.0)
    assert choose(some, 100.0, busy=False) == [2, 1, 3]
    assert choose(some, 100.0, busy=False, good=(3,)) == [3, 2, 1]
    assert choose(some, 107.0, busy=False) == [2, 1, 3, 4]
    some.see({3: Known(3, 0, None), 4: Known(0, 2, -1.0)}, (), 108.0)  # read anew: the place in the queue stays
    assert choose(some, 108.0, busy=False) == [3, 4]


def test_with_nothing_else_to_do_all_are_tried_as_far_as_there_are_places() -> None:
    some = suspects(1000)
    found = [choose(some, 0.0, busy=False, under_way=under_way) for under_way in (0, 380, 400, 500)]
    assert [len(tried) for tried in found] == [50, 20, 0, 0]


def test_where_nothing_is_due_it_is_looked_at_the_more_seldom_the_more_of_them_there_are() -> None:
    few, many = suspects(2), suspects(1000)
    for some, wait in ((few, 0.25), (many, 5.0)):
        some.nothing_at(1, 0.0)
        assert 1 not in choose(some, wait - 0.01, busy=False)
        some.see({1: Known(0, 1, -30.0)}, (), wait - 0.01)
        assert choose(some, wait, busy=False) == [1]


def test_what_is_looked_at_in_vain_is_left_alone_twice_as_long_until_it_is_tried() -> None:
    some, now, waits = suspects(1), 0.0, []
    for _ in range(9):
        some.nothing_at(1, now)
        began = now
        while not choose(some, now, busy=False):
            now += 0.05
        waits.append(round(now - began))
    assert waits[-2:] == [30, 30]
    assert waits == sorted(waits)
    some.failed(1, now)
    some.nothing_at(1, now)
    assert choose(some, now + 0.26, busy=False) == [1]


def test_under_way_or_not_active_is_not_chosen() -> None:
    some = suspects(3)
    assert some.choose({1, 2}, flying={2}, under_way=1, busy=False, good=(), now=0.0) == [1]


def test_who_was_never_tried_goes_before_those_that_keep_failing() -> None:
    some = Suspects(HABIT)
    some.see({1: Known(0, 3, -20.0), 2: Known(0, 1, -40.0)}, {7, 8}, 0.0)
    assert choose(some, 0.0, busy=True) == [2, 7, 8, 1]
    some.failed(7, 4.0)
    some.see({1: Known(0, 3, -25.0), 2: Known(0, 1, -45.0), 7: Known(1, 0, None)}, {7, 8, 9}, 5.0)
    assert choose(some, 5.0, busy=False) == [2, 8, 9, 1, 7]
