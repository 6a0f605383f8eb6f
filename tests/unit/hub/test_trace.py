"""W3C Trace Context: what is a traceparent, and what is not."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import trace

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@given(
    st.binary(min_size=16, max_size=16).filter(any), st.binary(min_size=8, max_size=8).filter(any), st.integers(0, 3)
)
def test_what_is_written_is_read_again(trace_id: bytes, parent: bytes, flags: int) -> None:
    kept = trace_id + parent + bytes([flags])
    assert trace.read(trace.written(kept)) == kept


@given(st.text(max_size=80))
def test_any_header_is_read_or_none(header: str) -> None:
    found = trace.read(header)
    assert found is None or len(found) == 25


@pytest.mark.parametrize(
    "header",
    [
        "",
        None,
        GIVEN.upper(),
        GIVEN[:-1],
        GIVEN + "0",
        GIVEN + "-more",  # version 00 ends where it ends
        "ff" + GIVEN[2:],
        "00-" + "0" * 32 + GIVEN[35:],
        GIVEN[:36] + "0" * 16 + "-01",
        f" {GIVEN}",
        f"{GIVEN}\n",
        f"{GIVEN}, {GIVEN}",
        GIVEN.replace("4bf9", "４bf9"),
    ],
)
def test_what_is_no_traceparent(header: str | None) -> None:
    assert trace.read(header) is None


def test_a_version_to_come_is_read_as_far_as_it_is_known() -> None:
    assert trace.written(trace.read("cc" + GIVEN[2:] + "-what-the-future-brings") or b"") == GIVEN
    assert trace.written(trace.read(GIVEN[:-2] + "ff") or b"")[-2:] == "03", "unknown flags are not handed on"


def test_log_lines_carry_the_trace_id_and_only_while_it_is_present() -> None:
    stamp, line = trace.Stamp(), logging.makeLogRecord({})
    with trace.carried(trace.read(GIVEN)):
        with trace.carried(None):
            stamp.filter(line)
            assert line.__dict__["trace"] == ""
        stamp.filter(line)
        assert line.__dict__["trace"] == " trace=4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace.present() is None


def test_a_trace_made_here_is_one() -> None:
    made = trace.made()
    assert trace.read(trace.written(made)) == made
    assert trace.made() != made
    assert trace.common([made, made]) == made
    assert trace.common([made, None]) is None
