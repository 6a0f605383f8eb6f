"""What the hub is to reach, and whether it did: every row with its figures, floors and peers of the same run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.matching.targets import Check

# At these sizes the bars hold; a smaller run shows the figures and judges nothing by them.
FULL = 1_000_000


@dataclass(frozen=True)
class Row:
    """``beside`` is the floor or peer that the figure stands next to."""

    name: str
    check: Check
    unit: str
    beside: str = ""


def _number(figures: Mapping[str, Any], *path: str) -> float | None:
    value: Any = figures
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return float(value)


def rows(figures: Mapping[str, Any], records: int) -> list[Row]:
    """The table of the issue, for a run that grew to ``records``."""

    def size(share: float) -> str:
        number = round(records * share)
        return f"{number // 1_000_000}M" if number >= 1_000_000 else f"{number / 1000:g}k"

    def stream(part: str, label: str, bound: float) -> Row:
        value = _number(figures, f"stream_{part}", "per_second")
        return Row(label, Check(label, value, bound, digits=0), "records/s", _ratios(value, figures))

    first, last = _number(figures, "stream_first", "cpu_us"), _number(figures, "stream_last", "cpu_us")
    growth = last / first if first and last else None
    breaches = _number(figures, "verify", "code")
    return [
        stream("first", f"stream at 0–{size(0.2 if records < FULL else 0.1)} held, to the sealed outbox", 4000),
        stream("half", f"stream at {size(0.5)} held", 3000),
        Row(f"cost per record, {size(0.9)}–{size(1)} held against the first",
            Check("cost", growth, 1.5, most=True, digits=2), "×", _costs(first, last)),
        Row(f"initial load of {size(1)} into an empty hub",
            Check("load", _number(figures, "load", "seconds"), 300 * records / FULL, most=True, digits=0), "s",
            _load(figures, records)),
        Row("peak memory of that load, servers included",
            Check("memory", _number(figures, "load", "peak_mb"), 4096, most=True, digits=0), "MB"),
        _latency(figures, "resolve", f"resolve p99 at {size(0.5)} held, through HTTP", 25),
        _latency(figures, "ingest_idle", f"sync ingest p99 at {size(0.5)} held, idle", 50),
        _latency(figures, "ingest_busy", "sync ingest p99 while a load runs", 150),
        _component(figures),
        Row("breaches that verify finds afterwards", Check("verify", breaches, 0, most=True, digits=0), "exit code"),
    ]  # fmt: skip


def _ratios(value: float | None, figures: Mapping[str, Any]) -> str:
    floor, naive = _number(figures, "floor"), _number(figures, "naive")
    if value is None or not floor or not naive:
        return ""
    return f"{value / floor:.3f} of COPY ({floor:,.0f}/s), {value / naive:,.0f} × the naive path ({naive:,.0f}/s)"


def _costs(first: float | None, last: float | None) -> str:
    return f"{first:,.0f} → {last:,.0f} µs of processor time" if first and last else ""


def _load(figures: Mapping[str, Any], records: int) -> str:
    seconds, floor = _number(figures, "load", "seconds"), _number(figures, "floor")
    if not seconds or not floor:
        return ""
    return f"{records / seconds:,.0f} records/s, {records / seconds / floor:.3f} of COPY"


def _latency(figures: Mapping[str, Any], name: str, label: str, bound: float) -> Row:
    median, slowest = _number(figures, name, "p50"), _number(figures, name, "slowest")
    beside = f"median {median:,.1f}, slowest {slowest:,.1f}" if median is not None and slowest is not None else ""
    return Row(label, Check(name, _number(figures, name, "p99"), bound, most=True, digits=1), "ms", beside)


def _component(figures: Mapping[str, Any]) -> Row:
    shapes = figures.get("component") or {}
    beside = ", ".join(f"{shape} {seconds:.3f}" for shape, seconds in shapes.items())
    worst = max(shapes.values(), default=None)
    return Row("component of 10,000 records, 100,000 edges, the worst shape",
               Check("component", worst, 0.5, most=True), "s", beside)  # fmt: skip
