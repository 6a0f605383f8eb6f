"""What orjson gives must be what the standard library gives, or be asked of the standard library."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matching.jsontext import dumps, loads

_scalars = (
    st.none() | st.booleans() | st.text() | st.floats() | st.integers() | st.integers(-(2**70), 2**70)
    | st.sampled_from([2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1])
)  # fmt: skip
_values = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@given(_values, st.booleans())
@example({"points": 18446744073709551616, "rate": float("nan"), "most": float("inf")}, True)
@example(["\ud800", 1e400, -0.0], True)
def test_reads_as_the_standard_library_does(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", [b"", b"{", b"[1,]", b"01", b'"\x01"', b"tru", b"nul", b"{'a': 1}", b"\xff"])
def test_refuses_what_is_no_json(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf[1]", '["ä"]'.encode("utf-16"), b'"\xed\xa0\x80"'])
def test_takes_what_orjson_refuses(text: bytes) -> None:
    assert loads(text) == json.loads(text)


def _turned(value: Any) -> Any:
    """The same value, the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: _turned(inner) for key, inner in reversed(list(value.items()))}
    return [_turned(inner) for inner in value] if isinstance(value, list) else value


@given(st.recursive(
    st.none() | st.booleans() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**70), 2**70),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12,
))  # fmt: skip
def test_equal_values_give_equal_bytes_that_read_back(value: Any) -> None:
    assert dumps(value) == dumps(_turned(value))
    assert repr(json.loads(dumps(_turned(value)))) == repr(json.loads(json.dumps(value, sort_keys=True)))
