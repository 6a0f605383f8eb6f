"""Packed bodies: unpacked as far as there is room, and taken whole or not at all."""

from __future__ import annotations

import gzip
import tracemalloc
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.bodies import unpacked
from hub.api.problems import Problem

LIMIT = 10_000


def pieces(packed: bytes, size: int) -> Iterator[bytes]:
    return (packed[start : start + size] for start in range(0, len(packed), size))


@given(body=st.binary(max_size=LIMIT), size=st.integers(1, 3000), level=st.integers(0, 9))
def test_what_was_packed_comes_out_however_it_is_cut(body: bytes, size: int, level: int) -> None:
    assert b"".join(unpacked(pieces(gzip.compress(body, level), size), limit=LIMIT)) == body


@given(body=st.binary(max_size=2000), size=st.integers(1, 500), data=st.data())
def test_what_was_cut_off_is_refused(body: bytes, size: int, data: st.DataObject) -> None:
    packed = gzip.compress(body)
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(Problem, match="cut off"):
        list(unpacked(pieces(cut, size), limit=LIMIT))


@given(body=st.binary(max_size=2000), more=st.binary(min_size=1, max_size=50), size=st.integers(1, 500))
def test_what_has_something_behind_its_end_is_refused(body: bytes, more: bytes, size: int) -> None:
    with pytest.raises(Problem, match="Behind the end"):
        list(unpacked(pieces(gzip.compress(body) + more, size), limit=LIMIT))


@given(garbage=st.binary(min_size=20, max_size=200).filter(lambda found: found[:2] != b"\x1f\x8b"))
def test_what_is_no_gzip_is_refused(garbage: bytes) -> None:
    with pytest.raises(Problem, match="is not"):
        list(unpacked(iter([garbage]), limit=LIMIT))


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
def test_the_limit_is_of_what_comes_out(size: int) -> None:
    packed = iter([gzip.compress(b"0" * size)])
    if size <= LIMIT:
        assert sum(map(len, unpacked(packed, limit=LIMIT))) == LIMIT
    else:
        with pytest.raises(Problem) as refused:
            list(unpacked(packed, limit=LIMIT))
        assert refused.value.code == "body-too-large"


def test_a_bomb_is_not_unpacked_beyond_its_limit() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    seen: list[int] = []
    tracemalloc.start()
    try:
        with pytest.raises(Problem):
            deque(map(seen.append, map(len, unpacked(pieces(bomb, 65536), limit=1_000_000))), 0)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(seen) <= 1_000_000
    assert most < 1_000_000, "nothing is gathered on the way"
