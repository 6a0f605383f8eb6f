"""What each blocking rule brings on flat files, and what it costs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandParser
from rich.console import Console
from rich.table import Column
from rich.table import Table as Lines

from hub.management.commands._matching import FlatCommand, find_model, read_frame
from matching import columnar
from matching.flatfiles import FileError, parse_columns, read_pairs
from matching.frames import Frame
from matching.model import shipped
from matching.pairs import BlockingReport, report
from matching.parallel import cores
from matching.train import without_shared

_KEY = ("source_system", "source_id")
# Wide enough for every column; a narrower terminal scrolls.
WIDTH = 120


class Command(FlatCommand):
    help = (
        "Shows for each blocking rule the keys that records share, those over its cap, the pairs it brings and those "
        "that it alone brings; with --truth also how many are of one customer, and the recall of all candidates."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--model", metavar="NAME_OR_FILE", help="whose rules (default: the shipped model's)")
        parser.add_argument("--truth", type=Path, metavar="FILE", help="source_system, source_id, truth")
        parser.add_argument("--columns", metavar="canonical=theirs,…", help="what the files call the canonical columns")
        parser.add_argument(
            "--workers", type=int, default=0, metavar="N", help="processes at once (default: the cores)"
        )

    def work(self, **options: Any) -> dict[str, Any]:
        workers = options["workers"] or cores()
        frame, unknown = read_frame(options["files"], parse_columns(options["columns"]), workers)
        truth = _truth(options["truth"], frame) if options["truth"] else None
        model = find_model(options["model"]) if options["model"] else shipped().with_attributes(unknown)
        table, model = without_shared(columnar.prepare(frame, model, workers), model)
        found = report(table, model, truth, workers)
        if not options["json"]:
            Console(file=sys.stdout, width=WIDTH).print(_lines(found, truth is not None))
        self.say(f"{found.pairs:,} pairs, {found.pairs / max(len(frame), 1):.1f} a record", **options)
        recall = found.found / found.true_pairs if found.true_pairs else None
        if recall is not None:
            self.say(f"{recall:.4f} of the {found.true_pairs:,} pairs of one customer are among them", **options)
        self.code = 1 if frame.rejects else 0
        return {**asdict(found), "records": len(frame), "recall": recall, "rejects": len(frame.rejects)}


def _truth(path: Path, frame: Frame) -> np.ndarray:
    """A number for the customer of every row. Raises ``FileError`` where the file does not say."""
    known = {(r["source_system"], r["source_id"]): r["truth"] for r in read_pairs(path, (*_KEY, "truth"))}
    ids = list(zip(*frame.ids(), strict=True))
    missing = sum(key not in known for key in ids)
    if missing:
        raise FileError(f"{path.name}: says nothing of {missing:,} of the records; it needs a line for each")
    return np.unique([known[key] for key in ids], return_inverse=True)[1]


def _lines(found: BlockingReport, truth: bool) -> Lines:
    names = ["keys shared", "over the cap", "pairs", "it alone", *(("true", "true, it alone") if truth else ())]
    lines = Lines("rule", *(Column(name, justify="right", no_wrap=True) for name in names))
    for rule in sorted(found.rules, key=lambda r: -r.pairs):
        cells = [rule.keys, rule.suppressed, rule.pairs, rule.alone]
        cells += [rule.true_pairs, rule.true_alone] if truth else []
        lines.add_row(rule.rule, *(f"{cell:,}" for cell in cells))
    return lines
