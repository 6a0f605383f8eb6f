"""What may be shown of a value that nobody revealed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stewardship.difference import DOT, Relation, initials, mask, pieces, relation

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)


@given(words, words)
def test_revealed_pieces_are_the_value(text: str, other: str) -> None:
    assert "".join(p.text for p in pieces(text, other, revealed=True)) == text


@given(words, words)
def test_hidden_pieces_tell_at_most_half_of_the_value(text: str, other: str) -> None:
    cut = pieces(text, other, revealed=False)
    shown = sum(c.isalnum() for p in cut if p.changed for c in p.text)
    assert shown * 2 <= sum(c.isalnum() for c in text)
    assert not any(c.isalnum() for p in cut if not p.changed for c in p.text)


@given(words, words)
def test_relation_is_the_same_from_either_side_where_it_is_certain(one: str, two: str) -> None:
    assert (relation(one, two) is Relation.SAME) == (relation(two, one) is Relation.SAME)
    assert relation(one, one) is Relation.SAME


def test_a_slip_of_the_pen_is_shown_and_nothing_else() -> None:
    cut = pieces("Katherine", "Katharine", revealed=False)
    assert "".join(p.text for p in cut) == DOT * 4 + "e" + DOT * 4
    assert [p.text for p in cut if p.changed] == ["e"]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("Müller", "MULLER", Relation.SAME),
        ("Meyer-Lang", "Meyer Lang", Relation.SAME),
        ("Katherine", "Katharine", Relation.SIMILAR),
        ("T.", "Theo", Relation.SIMILAR),
        ("1984-03-12", "1984-03-21", Relation.SIMILAR),
        ("1964-11-17", "1994-01-01", Relation.DIFFERENT),
        ("Alice", "Bob", Relation.DIFFERENT),
    ],
)
def test_relation(one: str, two: str, expected: Relation) -> None:
    assert relation(one, two) is expected


def test_phones_are_the_same_with_and_without_country_code() -> None:
    assert relation("+49 151 23455994", "0151/23455994", digits=True) is Relation.SAME


def test_masks_keep_the_shape() -> None:
    assert mask("k.meyer@example.com") == "•.•••••@•••••••.•••"
    assert initials("alice ashworth") == "A•••• A•••••••"
