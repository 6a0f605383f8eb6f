"""The places of many endpoints: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.outbound.lanes import Places, Speeds, first_tries, rooms

ALL = range(1, 61)


@given(
    st.dictionaries(st.sampled_from(ALL), st.integers(0, 500)), st.dictionaries(st.sampled_from(ALL), st.floats(0, 30))
)
def test_those_that_hang_never_take_the_places_of_the_quick(flying: dict[int, int], took: dict[int, float]) -> None:
    places, speeds = Places(slow=10, quick=100, batch=40), Speeds()
    for endpoint, seconds in took.items():
        speeds.note(endpoint, seconds, taken=True)
    known = [e for e in ALL if e in speeds]
    found = rooms(known, flying=flying, speeds=speeds, places=places)
    quick = {e for e in ALL if (speeds.get(e) or 0.0) <= places.slow_after}
    assert all(room > 0 for room in found.values())
    for lane, most in ((quick, places.quick), (set(ALL) - quick, places.slow)):
        used = sum(min(number, places.at_once) for e, number in flying.items() if e in lane)
        given_now = sum(min(room, places.at_once) for e, room in found.items() if e in lane)
        assert given_now <= max(most - used, 0)
    alone = rooms([e for e in known if e in quick], flying={e: n for e, n in flying.items() if e in quick},
                  speeds=speeds, places=places)  # fmt: skip
    assert {e: room for e, room in found.items() if e in quick} == alone


@given(st.sets(st.sampled_from(ALL)), st.integers(0, 60))
def test_who_was_not_tried_yet_gets_one_try_as_long_as_there_are_places(new: set[int], under_way: int) -> None:
    found = first_tries(sorted(new), under_way=under_way, places=Places(first=20))
    assert set(found) <= new
    assert set(found.values()) <= {1}
    assert len(found) == min(len(new), max(20 - under_way, 0))
