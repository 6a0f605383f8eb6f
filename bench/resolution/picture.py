"""Records a second and processor time a record, against the records held."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from bench.resolution.run import Findings
from bench.resolution.stream import Look, rate

POINTS = 40


def draw(found: Findings, path: Path) -> bool:
    """Writes the picture; False where the hub was not watched while it grew."""
    looks = [Look(**{**look, "resolved": int(look["resolved"])}) for look in found.looks]
    curves = [curve for curve in (_points(part, found.records) for part in _parts(looks)) if curve]
    if not curves:
        return False
    figure, (speed, cost) = pyplot.subplots(1, 2, figsize=(10.4, 4.2), layout="constrained")
    for curve in curves:
        sizes = [(start + end) / 2 / 1000 for start, end, _, _ in curve]
        speed.plot(sizes, [per_second for *_, per_second, _ in curve], color="#0b5394", marker=".")
        cost.plot(sizes, [cpu for *_, cpu in curve], color="#0b5394", marker=".")
    for axes, bar, title in (
        (speed, "records/s to the sealed outbox, 2 loading processes", "Speed"),
        (cost, "µs of processor time a record, hub and PostgreSQL", "Cost"),
    ):
        axes.set_title(title)
        axes.set_xlabel("thousand records held")
        axes.set_ylabel(bar)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=144, metadata={"Software": None})
    pyplot.close(figure)
    return True


def _parts(looks: list[Look]) -> list[list[Look]]:
    """The looks of each worker's run: its clock begins anew."""
    parts: list[list[Look]] = []
    for look in looks:
        if not parts or look.seconds < parts[-1][-1].seconds:
            parts.append([])
        parts[-1].append(look)
    return parts


def _points(looks: list[Look], records: int) -> list[tuple[int, int, float, float]]:
    """(from, to, records a second, microseconds a record) of equal steps."""
    step = max(1, records // POINTS)
    found = []
    for start in range(looks[0].resolved, looks[-1].resolved, step):
        seen = rate(looks, start, start + step)
        if seen and seen.end - seen.start > step // 3:
            found.append((seen.start, seen.end, seen.per_second, seen.cpu_us))
    return found
