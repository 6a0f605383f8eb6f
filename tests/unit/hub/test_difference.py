"""The difference of two views, applied to the first, gives the second."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.history.difference import applied, difference, flat
from matching.jsontext import dumps

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
    max_leaves=5,
)
_PROFILES = st.dictionaries(st.sampled_from(["name", "emails", "phones"]), _VALUES) | st.fixed_dictionaries(
    {"attributes": st.dictionaries(st.sampled_from(["tier", "points"]), _VALUES)}
)
_VIEWS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["live", "retired"]),
        "profile": _PROFILES,
        "crosswalk": st.lists(_VALUES, max_size=3),
        "consents": st.lists(_VALUES, max_size=3),
    },
)


@given(_VIEWS, _VIEWS)
def test_applied_to_the_one_it_gives_the_other(one: dict[str, Any], two: dict[str, Any]) -> None:
    a, b = flat(one), flat(two)
    assert dumps(applied(a, difference(a, b))) == dumps(b)
    assert dumps(applied(b, difference(b, a))) == dumps(a)


@given(_VIEWS)
def test_what_is_the_same_differs_in_nothing(view: dict[str, Any]) -> None:
    assert difference(flat(view), flat(view)) == []


def test_values_of_a_list_are_told_one_by_one() -> None:
    one, two, three = ({"value": f"{n}@example.com"} for n in "abc")
    a = flat({"state": "live", "profile": {"emails": [one, two], "attributes": {"tier": "gold"}}})
    b = flat({"state": "live", "profile": {"emails": [three, one], "attributes": {}}})
    assert difference(a, b) == [
        {"attribute": "profile.attributes.tier", "before": "gold"},
        {"attribute": "profile.emails", "before": [one, two], "after": [three, one], "added": [three],
         "removed": [two]},
    ]  # fmt: skip
