"""F1 against the number of records, a line for each tool, a panel for each generator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from bench.matching.runners import TITLES, TOOLS, Result

# Told apart without colour too: by marker and by dashes.
_STYLES = {
    "concord": ("#0b5394", "o", "-"),
    "concord-labels": ("#3d85c6", "s", "--"),
    "splink": ("#b45f06", "^", "-"),
    "recordlinkage": ("#666666", "D", ":"),
}
_PANELS = (("sample", "The project's generator"), ("second", "A generator by another hand"))


def draw(results: Sequence[Result], path: Path) -> bool:
    """Writes the picture; False where no retail file was measured."""
    panels = [(kind, title) for kind, title in _PANELS if any(_points(results, kind, tool) for tool in TOOLS)]
    if not panels:
        return False
    figure, found = pyplot.subplots(
        1, len(panels), figsize=(5.2 * len(panels), 4.2), sharey=True, squeeze=False, layout="constrained"
    )
    for axes, (kind, title) in zip(found[0], panels, strict=True):
        ticks = set()
        for tool in TOOLS:
            points = _points(results, kind, tool)
            if points:
                colour, marker, dashes = _STYLES[tool]
                sizes, scores = zip(*points, strict=True)
                axes.plot(sizes, scores, color=colour, marker=marker, linestyle=dashes, label=TITLES[tool])
                ticks |= set(sizes)
        axes.set_xscale("log")
        axes.set_xticks(sorted(ticks), [_size(n) for n in sorted(ticks)])
        axes.minorticks_off()
        axes.set_ylim(0, 1)
        axes.set_title(title)
        axes.set_xlabel("records")
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    found[0][0].set_ylabel("pairwise F1 at the default threshold")
    found[0][0].legend(loc="lower left", frameon=False)
    figure.savefig(path, dpi=144, metadata={"Software": None})
    pyplot.close(figure)
    return True


def _points(results: Sequence[Result], kind: str, tool: str) -> list[tuple[int, float]]:
    """(records asked for, F1), by size."""
    ours = [r for r in results if r.ok and r.tool == tool and r.data.partition("-")[0] == kind]
    return sorted((round(r.rows, 1 - len(str(r.rows))), r.pairwise["f1"]) for r in ours)


def _size(number: int) -> str:
    return f"{number // 1_000_000}M" if number >= 1_000_000 else f"{number // 1000}k"
