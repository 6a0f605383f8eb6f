"""Load files into the hub and wait until they are resolved."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from hub import loading
from hub.management.base import HubCommand
from hub.selectors import progress as hub_progress
from hub.tasks import run_once


class Command(HubCommand):
    help = (
        "Loads CSV, NDJSON or Parquet files of canonical records (or, with --map, NDJSON of a vendor's payloads) "
        "through the inbox and waits until they are resolved. Loading a file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--source", metavar="CODE", help="the source system, where the rows do not name one")
        parser.add_argument(
            "--map", default="", metavar="NAME", help="the mapping that the payloads need, such as shopify"
        )
        parser.add_argument(
            "--rejects", type=Path, metavar="OUT", help="CSV of the rows that were refused, with the reason"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        outcome = loading.Outcome()
        bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            console=Console(stderr=True), disable=not sys.stderr.isatty(),
        )  # fmt: skip
        with bar:
            reading = bar.add_task("read", total=None)
            found = loading.read_files(
                options["files"], source=options["source"], mapping=options["map"], outcome=outcome
            )
            loading.load(found, mapping=options["map"], outcome=outcome, progress=lambda n: bar.advance(reading, n))
            bar.update(reading, total=outcome.records + len(outcome.rejects))
            resolving = bar.add_task("resolved", total=outcome.records)
            dead = loading.wait_until_resolved(
                work=run_once, progress=lambda w: bar.update(resolving, completed=max(0, outcome.records - w))
            )
        if options["rejects"]:
            _write_rejects(options["rejects"], outcome.rejects)
        self._tell(outcome, dead, options)
        self.code = 1 if outcome.rejects or dead else 0
        return {
            "records": outcome.records,
            "duplicates": outcome.duplicates,
            "rejects": len(outcome.rejects),
            "dead_letters": dead,
            "unknown_columns": sorted(outcome.unknown_columns),
            "golden_records": loading.patiently(hub_progress)["golden_records"],
        }

    def _tell(self, outcome: loading.Outcome, dead: int, options: dict[str, Any]) -> None:
        self.say(f"{outcome.records:,} records loaded, {outcome.duplicates:,} of them held already.", **options)
        if outcome.unknown_columns:
            self.say(f"Columns kept as attributes: {', '.join(sorted(outcome.unknown_columns))}.", **options)
        if outcome.rejects:
            self.say(f"{len(outcome.rejects):,} rows refused:", **options)
            for file, line, _, reason in outcome.rejects[:5]:
                self.say(f"  {file} line {line}: {reason}", **options)
            if not options["rejects"]:
                self.say("  Use --rejects OUT.csv for all of them.", **options)
        if dead:
            self.say(f"{dead:,} messages are dead letters: see them in the admin under Inbox.", **options)


def _write_rejects(out: Path, rejects: Iterable[tuple[str, int, str, str]]) -> None:
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "line", "source_id", "reason"))
        writer.writerows(rejects)
