"""Tests that need the whole machine run one at a time, and those of a file together."""

from __future__ import annotations

import pytest

from tests.conftest import turn_of


@pytest.mark.parametrize(
    ("nodeid", "turn"),
    [
        ("tests/faults/test_clock.py::test_a[x::y]", "machine"),
        ("tests/faults/privacy/test_canary.py::test_b", "machine"),
        ("tests/e2e/test_review.py::test_c", "machine"),
        ("tests/unit/test_turns.py::test_d", "tests/unit/test_turns.py"),
        ("tests/integration/load/test_initial.py::TestE::test_f", "tests/integration/load/test_initial.py"),
    ],
)
def test_the_turn_of_a_test(nodeid: str, turn: str) -> None:
    assert turn_of(nodeid) == turn
