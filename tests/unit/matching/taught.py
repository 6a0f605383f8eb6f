"""Models that judgements taught something, for the tests of learning and explaining."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from matching.model import Learned, MatchModel
from tests.unit.matching.make import MODEL


@st.composite
def taught_models(draw: st.DrawFn) -> MatchModel:
    """The shipped model with any learned weights that a model file may hold."""
    amount = st.integers(-4000, 4000)
    corrections = {
        c.attribute: tuple(draw(st.lists(amount, min_size=len(c.levels) + 1, max_size=len(c.levels) + 1)))
        for c in MODEL.comparisons
        if draw(st.booleans())
    }
    slopes = draw(st.tuples(*[st.integers(300, 1500)] * 3))
    return replace(MODEL, learned=Learned(draw(amount), slopes, corrections))
