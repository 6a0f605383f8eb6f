"""The table of the terminal, the page of ``docs/benchmarks`` and its picture, drawn from what was found."""

from __future__ import annotations

from pathlib import Path

from bench.matching.report import machine_line, markdown
from bench.resolution import CHECKOUT, PAGES
from bench.resolution.run import Findings
from bench.resolution.targets import FULL, Row, rows

PAGE, PICTURE = "resolution.md", "cost-by-size.png"


def cells(row: Row, *, judged: bool) -> list[str]:
    check = row.check
    if check.value is None:
        return [row.name, "not measured", "", "", row.beside]
    bound = f"{'≤' if check.most else '≥'} {check.bound:,.{check.digits}f}"
    verdict = {True: "reached", False: "missed", None: ""}[check.reached] if judged else ""
    return [row.name, f"{check.value:,.{check.digits}f} {row.unit}", bound, verdict, row.beside]


def table(found: Findings) -> str:
    """The rows in columns for a terminal."""
    body = [cells(row, judged=found.records >= FULL) for row in rows(found.figures, found.records)]
    widths = [max(len(line[at]) for line in body) for at in range(4)]
    lines = ["  ".join([*(c.ljust(w) for c, w in zip(line[:4], widths, strict=True)), line[4]]) for line in body]
    if found.records < FULL:
        lines.append(f"The bars are for 1,000,000 records (--full); this run had {found.records:,}.")
    return "\n".join([*lines, quality(found)])


def quality(found: Findings) -> str:
    """How good the hub's own clusters are, after the initial load."""
    q = found.figures.get("quality")
    if not q:
        return ""
    pairs, records = q["pairwise"], q["bcubed"]
    return (
        f"after the load of {found.records:,}: pairwise precision {pairs['precision']:.3f}, recall "
        f"{pairs['recall']:.3f}, F1 {pairs['f1']:.3f}; B-cubed {records['precision']:.3f}, {records['recall']:.3f}, "
        f"{records['f1']:.3f}; largest cluster {q['largest']}"
    )


def write(found: Findings, folder: Path = PAGES) -> list[str]:
    """Writes page and picture; what was written, relative to the checkout."""
    from bench.resolution import picture  # what draws takes a second to be read

    folder.mkdir(parents=True, exist_ok=True)
    pictured = picture.draw(found, folder / PICTURE)
    (folder / PAGE).write_text(page(found, pictured=pictured), encoding="utf-8")
    made = [folder / PAGE, *([folder / PICTURE] if pictured else [])]
    return [str(p.relative_to(CHECKOUT)) if p.is_relative_to(CHECKOUT) else str(p) for p in made]


def page(found: Findings, *, pictured: bool) -> str:
    """The whole page as Markdown."""
    judged = found.records >= FULL
    body = [cells(row, judged=judged) for row in rows(found.figures, found.records)]
    size = f"{found.records:,}"
    parts = [
        "# Resolution at scale",
        f"A hub that grows to {size} records, its floors and a naive path measured in the same run. "
        '`make bench ARGS="resolution --full --pages"` measures it again.',
        "## What was to be reached",
        markdown(("", "measured", "to reach", "", "beside it"), body),
        "" if judged else f"The bars are for 1,000,000 records; this run had {size}.",
    ]
    if pictured:
        parts += [
            "## Cost against size",
            f"![Records a second and processor time a record against the records held]({PICTURE})",
        ]
    parts += [
        "## How good what it holds is",
        quality(found)[:1].upper() + quality(found)[1:] + "." if quality(found) else "",
        "## How it was measured",
        (Path(__file__).parent / "method.md").read_text(encoding="utf-8").strip(),
        f"- Seed of the sample: {found.seed}.",
        "## The machine",
        machine_line(found.machine),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
