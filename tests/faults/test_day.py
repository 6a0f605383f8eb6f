"""A day in the life of a hub, in less than a minute; the long one is ``make bench ARGS=day``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.day.cli import simulate

pytestmark = [pytest.mark.faults, pytest.mark.servers]


def test_a_day_ends_with_everything_kept_and_delivered_in_order(tmp_path: Path) -> None:
    """Stores that reconnect at once, receivers that are away, FLUSHALL, kill -9 of each process, a power cut,
    duplicates and late records, erasures; held to what senders and receivers wrote down."""
    day, figures, faults = simulate(seconds=40, stores=15, persons=100, seed=7, folder=tmp_path, begun=True)
    assert faults == []
    assert len(day.seen.deeds) == 28
    assert figures["acknowledged"] > 1200
    assert figures["received"]["billing"]["events"] == figures["events"]
