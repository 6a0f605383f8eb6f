"""The published matrix is the one that the tests ask."""

from __future__ import annotations

from tests.security.page import WHERE, text


def test_the_published_matrix_is_up_to_date() -> None:
    assert WHERE.read_text() == text(), "write it anew: python -m tests.security.page"
