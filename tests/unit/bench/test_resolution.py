"""What is drawn from the looks at a hub that grows, and that figures which were not measured are said to be missing."""

from __future__ import annotations

import pytest

from bench.resolution import report
from bench.resolution.client import Latency
from bench.resolution.run import Findings
from bench.resolution.stream import Look, rate
from bench.resolution.targets import rows

LOOKS = [Look(float(s), s * 4000, s * 1.0, s * 0.6) for s in range(1, 26)]


def test_a_rate_is_that_between_two_sizes():
    found = rate(LOOKS, 20_000, 40_000)
    assert (found.start, found.end) == (20_000, 40_000)
    assert found.per_second == pytest.approx(4000)
    assert found.cpu_us == pytest.approx(400)
    assert rate(LOOKS[:1], 0, 10_000) is None
    assert rate([], 0, 10_000) is None


def test_a_percentile_is_an_answer_that_was_waited_for():
    latency = Latency.of([n / 1000 for n in range(1, 201)])
    assert (latency.number, latency.p50, latency.p99, latency.slowest) == (200, 101.0, 199.0, 200.0)


def test_a_row_stands_beside_its_floor_and_peer():
    figures = {
        "floor": 200_000, "naive": 80.0, "stream_first": {"per_second": 4000.0, "cpu_us": 400.0},
        "stream_last": {"per_second": 2000.0, "cpu_us": 1000.0}, "resolve": {"p50": 4.0, "p99": 26.0, "slowest": 30.0},
    }  # fmt: skip
    found = {row.name.split(",")[0]: row for row in rows(figures, 1_000_000)}
    assert found["stream at 0–100k held"].check.reached
    assert "50 × the naive path" in found["stream at 0–100k held"].beside
    assert found["cost per record"].check.value == pytest.approx(2.5)
    assert found["resolve p99 at 500k held"].check.reached is False
    assert found["initial load of 1M into an empty hub"].check.value is None


@pytest.fixture
def found() -> Findings:
    findings = Findings(1_000_000, figures={"resolve": {"p50": 4.0, "p99": 26.0, "slowest": 30.0}})
    findings.looks = [look.to_json() for look in LOOKS]
    return findings


def test_the_page_says_what_was_missed_and_on_what_machine(tmp_path, found):
    assert tmp_path / "resolution.md" in [tmp_path / written for written in report.write(found, tmp_path)]
    text = (tmp_path / "resolution.md").read_text()
    assert "26.0 ms | ≤ 25.0 | missed" in text
    assert "not measured" in text
    assert "cores" in text


def test_the_cost_is_drawn_where_the_hub_was_watched_while_it_grew(tmp_path, found):
    assert len(report.write(found, tmp_path)) == 2
    assert "![Records a second" in (tmp_path / "resolution.md").read_text()
    assert (tmp_path / "cost-by-size.png").stat().st_size > 5000
    found.looks = []
    assert len(report.write(found, tmp_path / "unwatched")) == 1
