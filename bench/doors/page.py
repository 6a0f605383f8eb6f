"""``docs/benchmarks/doors.md``: a section for each part, kept as it is until that part is measured again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.matching.measure import machine
from bench.matching.report import machine_line, markdown
from bench.resolution import PAGES

PAGE = PAGES / "doors.md"
_HEAD = """# The doors

What the doors take and give, beside the floors that were measured in the same run. The parts are reads, ingest and
webhooks; `make bench ARGS="doors reads --pages"` measures one again.
"""


def table(rows: Sequence[Sequence[str]]) -> str:
    """For a terminal: the first row names the columns."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def keep(part: str, title: str, rows: Sequence[Sequence[str]], notes: Sequence[str], *, file: Path = PAGE) -> None:
    """Write the section of a part: its table, and how it was measured."""
    said = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    lines = [f"<!-- {part} -->", f"## {title}", "", markdown(rows[0], rows[1:]), "", *(f"- {note}" for note in notes),
             machine_line(machine()), f"<!-- end of {part} -->"]  # fmt: skip
    section = "\n".join(lines)
    marked = re.compile(rf"<!-- {part} -->.*<!-- end of {part} -->", re.DOTALL)
    whole = marked.sub(lambda _: section, said) if marked.search(said) else f"{said.rstrip()}\n\n{section}\n"
    file.write_text(whole, encoding="utf-8")
