"""The table of the terminal and the pages of ``docs/benchmarks``, drawn from results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.matching import CHECKOUT, PAGES
from bench.matching.runners import TITLES, TOOLS, Result, find
from bench.matching.targets import TARGETS, Target, verdict

_HEAD = ("file", "tool", "precision", "recall", "F1", "B³ P", "B³ R", "B³ F1", "largest", "seconds", "peak MB")
PAGE, PICTURE = "matching.md", "f1-by-size.png"


def cells(result: Result) -> list[str]:
    name = TITLES.get(result.tool, result.tool)
    if not result.ok:
        return [result.title, name, f"{result.status}: {result.reason}"]
    figures = [*_three(result.pairwise), *_three(result.bcubed)]
    return [result.title, name, *figures, f"{result.largest:,}", f"{result.seconds:,.1f}", f"{result.peak_mb:,.0f}"]


def _three(measures: dict[str, float]) -> list[str]:
    return [f"{measures[name]:.3f}" for name in ("precision", "recall", "f1")]


def line(result: Result) -> str:
    """One result on one line."""
    if not result.ok:
        return "  ".join(cells(result))
    values = dict(zip(_HEAD, cells(result), strict=True))
    return (
        f"{values['file']}  {values['tool']}  F1 {values['F1']} (precision {values['precision']}, recall "
        f"{values['recall']})  largest {values['largest']}  {values['seconds']} s  {values['peak MB']} MB"
    )


def ordered(results: Iterable[Result]) -> list[Result]:
    """Labelled files first, then retail by size; tools always in the same order."""

    def place(result: Result) -> tuple[int, str, int, int]:
        kind = result.data.partition("-")[0]
        return (
            (kind == "sample") + 2 * (kind == "second"),
            "" if kind in ("sample", "second") else kind,
            result.rows,
            TOOLS.index(result.tool) if result.tool in TOOLS else len(TOOLS),
        )

    return sorted(results, key=place)


def table(results: Sequence[Result]) -> str:
    """The results in columns for a terminal; what was left out follows with its reason."""
    rows = [cells(r) for r in ordered(results) if r.ok]
    widths = [max(len(row[at]) for row in (list(_HEAD), *rows)) for at in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.ljust(w) if at < 2 else cell.rjust(w) for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in (list(_HEAD), *rows)
    ]
    return "\n".join([*lines, *("  ".join(cells(r)) for r in ordered(results) if not r.ok)])


def ratios(results: Sequence[Result]) -> list[str]:
    """Concord's time and memory as parts of Splink's, file by file."""
    out = []
    for ours in ordered(results):
        theirs = find(results, ours.data, "splink")
        if ours.tool == "concord" and ours.ok and theirs:
            same = "" if ours.run == theirs.run else ", not of the same run"
            out.append(
                f"{ours.title}: {ours.seconds / theirs.seconds:.2f} of Splink's time, "
                f"{ours.peak_mb / theirs.peak_mb:.2f} of its memory{same}"
            )
    return out


def write(results: Sequence[Result], folder: Path = PAGES) -> list[str]:
    """Writes the page and, where it was measured, the picture; what was written, relative to the checkout."""
    from bench.matching import picture  # what draws takes a second to be read

    folder.mkdir(parents=True, exist_ok=True)
    pictured = picture.draw(results, folder / PICTURE)
    (folder / PAGE).write_text(page(results, pictured=pictured or (folder / PICTURE).is_file()), encoding="utf-8")
    made = [folder / PAGE, *([folder / PICTURE] if pictured else [])]
    return [str(p.relative_to(CHECKOUT)) if p.is_relative_to(CHECKOUT) else str(p) for p in made]


def page(results: Sequence[Result], *, pictured: bool) -> str:
    """The whole page as Markdown."""
    done = ordered(results)
    parts = [
        "# Matching, beside its peers",
        "Concord's engine, Splink and recordlinkage on the same files, each in a process of its own, from the file to "
        'a file of clusters, each at its own default threshold. Drawn by `make bench ARGS="matching --report"` from '
        'what was measured; `make bench ARGS="matching --full --pages"` measures it again.',
        "## What was to be reached",
        markdown(("row", "", "measured"), [_target(target, done) for target in TARGETS]),
    ]
    tried = [f"- **{t.row}**: {t.tried}" for t in TARGETS if t.tried and verdict(t.checks(done)) == "missed"]
    if tried:
        parts += ["What was tried for the rows that were missed:", "\n".join(tried)]
    if pictured:
        parts += ["## F1 against size", f"![F1 of each tool against the number of records]({PICTURE})"]
    parts += [
        "## Every file",
        markdown(_HEAD, [cells(r) for r in done if r.ok]),
        "\n".join(f"- {' · '.join(cells(r))}" for r in done if not r.ok),
        _rejects(done),
        "Labels are about the files that they are drawn from. With the labelled pairs left out of the count:",
        markdown(
            ("file", "precision", "recall", "F1"), [[r.title, *_three(r.held_out)] for r in done if r.ok and r.held_out]
        ),
        "## Time and memory against Splink",
        "\n".join(f"- {text}" for text in ratios(done)),
        "## How it was measured",
        _method(done),
        "## The machine",
        _machine(done),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _rejects(results: Sequence[Result]) -> str:
    """What Concord left out of a file, if anything."""
    found = [(r.title, r.said.get("rejects", 0)) for r in results if r.ok and r.tool == "concord"]
    said = ", ".join(f"{number:,} of {title}" for title, number in found if number)
    return f"Rows that Concord rejected, and that count as records without a match: {said}." if said else ""


def _target(target: Target, results: Sequence[Result]) -> list[str]:
    checks = target.checks(results)
    return [target.row, f"**{verdict(checks)}**", "; ".join(check.text() for check in checks)]


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def _method(results: Sequence[Result]) -> str:
    text = (Path(__file__).parent / "method.md").read_text(encoding="utf-8").strip()
    seeds = sorted({r.seed for r in results})
    return f"{text}\n- Seed of the generated files: {', '.join(map(str, seeds))}."


def _machine(results: Sequence[Result]) -> str:
    machines = {json.dumps(r.machine, sort_keys=True) for r in results if r.machine}
    return "\n".join(machine_line(json.loads(text)) for text in sorted(machines))


def machine_line(facts: Mapping[str, Any]) -> str:
    """What ``measure.machine`` found, in one line."""
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return (
        f"- {facts['cores']} cores ({facts['processor']}), {facts['memory_gb']} GB of memory, {facts['system']}, "
        f"Python {facts['python']}; {versions}"
    )
