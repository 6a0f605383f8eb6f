from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.outbound.schedule import DELAYS, delay, retry_after

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_the_schedule_is_that_of_standard_webhooks():
    hours = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    assert [round(seconds / 3600, 6) for seconds in DELAYS] == [round(h, 6) for h in hours]


@given(st.integers(1, len(DELAYS)), st.floats(0, 1))
def test_jitter_only_lengthens_and_by_a_fifth_at_most(attempts, spread):
    wait = delay(attempts, spread=spread)
    assert DELAYS[attempts - 1] <= wait <= DELAYS[attempts - 1] * 1.2


def test_after_the_last_try_there_is_none():
    assert delay(len(DELAYS), spread=0) == 24 * 3600
    assert delay(len(DELAYS) + 1, spread=0, retry_after=5) is None


def test_retry_after_lengthens_and_never_shortens():
    assert delay(1, spread=0, retry_after=60) == 60
    assert delay(2, spread=0, retry_after=60) == 300
    assert delay(1, spread=0, retry_after=10**9) == 24 * 3600


@pytest.mark.parametrize(("said", "seconds"), [
    ("120", 120), (" 7 ", 7), ("0", 0), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None),
    ("9" * 400, 86400), (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
    (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0), ("Fri, 99 Nov 2026 10:00:00 GMT", None),
])  # fmt: skip
def test_what_a_receiver_says(said, seconds):
    assert retry_after(said, now=NOW) == seconds
