"""Golden ids: native ones by overlap, those as judged by the native ones alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matching.assign import judged_ids, native_ids


def clusters(*members: str) -> list[frozenset[int]]:
    return [frozenset(map(int, group)) for group in members]


def claims(**members: str) -> list[tuple[int, list[int]]]:
    """``claims(a1="12")``: id 1, asked for by records 1 and 2."""
    return [(int(name[1:]), [int(m) for m in group]) for name, group in members.items()]


def test_the_larger_part_keeps_the_id_and_the_oldest_among_equals() -> None:
    live = dict.fromkeys([1, 2, 3], 7) | dict.fromkeys([4, 5], 6)
    assert native_ids(clusters("1", "23", "45"), live=live, retired={}, lent={}) == [None, 7, 6]
    assert native_ids(clusters("2345"), live=live, retired={}, lent={}) == [6]


def test_a_retired_id_comes_back_before_a_lent_one() -> None:
    found = native_ids(clusters("1", "2", "3"), live={1: 5}, retired={3: [2]}, lent={4: [2, 3]})
    assert found == [5, 3, 4]


def test_who_are_judged_one_have_the_id_of_the_first() -> None:
    assert judged_ids(clusters("129"), claims(a4="9", a7="12")) == [4]
    assert judged_ids(clusters("1239"), claims(a4="9", a7="123")) == [4]  # whoever grows


def test_who_is_judged_several_leaves_the_id_with_the_first_record() -> None:
    assert judged_ids(clusters("1", "2"), claims(a7="12")) == [7, None]
    assert judged_ids(clusters("1", "23"), claims(a7="123")) == [7, None]


def test_an_id_goes_on_with_whom_no_other_id_takes() -> None:
    assert judged_ids(clusters("1234", "5"), claims(a1="123", a2="45")) == [1, 2]
    assert judged_ids(clusters("12345"), claims(a1="123", a2="45")) == [1]
    assert judged_ids(clusters("1235", "4"), claims(a1="123", a2="45")) == [1, 2]


partitions = st.lists(st.integers(0, 4), min_size=1, max_size=9).map(
    lambda labels: [frozenset(i for i, x in enumerate(labels) if x == label) for label in sorted({*labels})]
)


@given(judged=partitions, native=partitions, first=st.integers(1, 3))
def test_each_id_is_given_once_and_the_native_ones_to_their_own_where_nobody_judged(judged, native, first) -> None:
    asked = [(first + i, sorted(members)) for i, members in enumerate(sorted(native, key=min))]
    given_out = judged_ids(judged, asked)
    named = [golden for golden in given_out if golden is not None]
    assert len(named) == len({*named})
    of = dict(asked)
    assert all(golden is None or members & {*of[golden]} for members, golden in zip(judged, given_out, strict=True))
    assert judged_ids([frozenset(members) for _, members in asked], asked) == [golden for golden, _ in asked]


@given(native=partitions, later=st.lists(st.integers(0, 8), max_size=4))
def test_who_comes_later_changes_no_id(native, later) -> None:
    """Each customer takes in newcomers; judged to be one with another or not, the ids stay."""
    judged = [frozenset().union(*native[i : i + 2]) for i in range(0, len(native), 2)]
    asked = [(i, sorted(members)) for i, members in enumerate(native)]
    grown, more = [sorted(m) for _, m in asked], [*judged]
    for number, at in enumerate(later, start=100):
        grown[at % len(grown)].append(number)
        more[at % len(grown) // 2] |= {number}
    assert judged_ids(more, list(enumerate(grown))) == judged_ids(judged, asked)
