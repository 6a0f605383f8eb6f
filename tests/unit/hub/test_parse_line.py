"""Rows of a batch are read quickly, and exactly as a body is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.api.bodies import MAX_DEPTH, decode, parse, parse_line
from hub.api.problems import Problem

TEXT = st.text(max_size=8) | st.sampled_from(['":', '"a":', "\x00", "\ud800", "a\\", '\\"', "é", "😀"])
LEAVES = st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | st.floats() | TEXT
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
# How a sender may write it; the last of the pieces of text is put somewhere into it.
STYLES = st.sampled_from([(",", ":"), (", ", ": "), (", ", " : "), (",\n", "\t:"), (",", "  :"), (",", "\r\n:")])


def outcome(read: Any, raw: bytes) -> Any:
    try:
        return repr(read(raw))
    except Problem as problem:
        return problem.code, str(problem)


def slowly(raw: bytes) -> Any:
    return parse(decode(raw))


@given(value=VALUES, style=STYLES, ascii_only=st.booleans())
def test_it_reads_what_a_body_reads(value: Any, style: tuple[str, str], ascii_only: bool) -> None:
    raw = json.dumps(value, separators=style, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert outcome(parse_line, raw) == outcome(slowly, raw)


@given(
    keys=st.lists(st.sampled_from(["a", "b", "c", 'd":', "é"]), max_size=6),
    styles=st.lists(st.sampled_from([":", " :", "\t:", "  :", ": "]), min_size=6, max_size=6),
    escaped=st.booleans(),
)
@example(keys=["a", "a", "b"], styles=[":", ":", " :", ":", ":", ":"], escaped=False)
def test_a_key_that_comes_twice_is_seen_however_it_is_written(
    keys: list[str], styles: list[str], escaped: bool
) -> None:
    named = [json.dumps(key, ensure_ascii=escaped) for key in keys]
    raw = ("{" + ",".join(f"{key}{colon}1" for key, colon in zip(named, styles, strict=False)) + "}").encode()
    assert outcome(parse_line, raw) == outcome(slowly, raw)
    if len(set(keys)) < len(keys):
        assert outcome(parse_line, raw)[0] == "duplicate-key"


@given(raw=st.binary(max_size=40) | st.text('{}[]":,0123456789eE+-.NaInfty \\u\t\n', max_size=30).map(str.encode))
@example(raw=b'{"a":1e999}')
@example(raw=b'{"a":NaN}')
@example(raw=b"\xef\xbb\xbf{}")
@example(raw=b'{"a":"\xff"}')
@example(raw=b'{"a":12345678901234567890123}')
def test_what_is_no_json_is_refused_in_the_same_words(raw: bytes) -> None:
    assert outcome(parse_line, raw) == outcome(slowly, raw)


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 200, 5000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_bounded_alike(depth: int, opening: str, closing: str) -> None:
    for innermost in ("", "1"):
        if not innermost and closing == "}":
            continue
        raw = (opening * depth + innermost + closing * depth).encode()
        assert outcome(parse_line, raw) == outcome(slowly, raw)
