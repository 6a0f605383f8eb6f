"""Load files into the hub and wait until they are resolved."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandParser
from django.db import DatabaseError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from hub import audit, initial, loading
from hub.errors import ModelSwitched, Refused
from hub.files import Work
from hub.management.base import HubCommand
from hub.selectors import progress as hub_progress
from hub.tasks import run_once

log = logging.getLogger("hub.load")
# Bytes: no file that is smaller for the rows asked of it is worth holding up the workers.
_SHORTEST_ROW = 20


class Command(HubCommand):
    help = (
        "Loads CSV, NDJSON or Parquet files of canonical records (or, with --map, NDJSON of a vendor's payloads) "
        "through the inbox and waits until they are resolved; with --consents, consent ledgers, a statement a "
        "row. Loading a file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument(
            "--consents", nargs="+", default=[], type=Path, metavar="FILE",
            help="consent ledgers: source_system, source_id, purpose, channel, contact_point, state, captured_at, …",
        )  # fmt: skip
        parser.add_argument("--source", metavar="CODE", help="the source system, where the rows do not name one")
        parser.add_argument(
            "--map", default="", metavar="NAME", help="the mapping that the payloads need, such as shopify"
        )
        parser.add_argument(
            "--rejects", type=Path, metavar="OUT", help="CSV of the rows that were refused, with the reason"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        outcome = loading.Outcome()
        sources = loading.sources()
        works = [Work(file, options["source"], options["map"], sources) for file in options["files"]]
        ledgers = [Work(file, options["source"], "", sources, consents=True) for file in options["consents"]]
        if not works and not ledgers:
            raise Refused("Name a file to load.")
        hold_for = [] if ledgers else works  # a ledger's rows are for the workers, who know the lanes
        works += ledgers
        loads = [loading.Load(work) for work in works]
        bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), disable=not sys.stderr.isatty(),
        )  # fmt: skip
        written = max((load.count.rejects_bytes for load in loads), default=0)
        with bar, loading.RejectsFile(options["rejects"], length=written) as rejects, self._hold(hold_for) as hold:
            reading = bar.add_task("rows read", total=None, completed=sum(load.count.rows for load in loads))
            for load in loads:
                loading.take_in(load, rejects=rejects, outcome=outcome, progress=lambda n: bar.advance(reading, n))
            bar.update(reading, total=bar.tasks[0].completed)
            resolving = bar.add_task("resolved", total=outcome.records)
            at_once = 0
            if hold.held:
                at_once = self._as_a_whole(lambda step: bar.update(resolving, description=step or "resolved"))
                hold.release()
            dead = loading.wait_until_resolved(
                work=lambda limit: run_once(limit=limit),
                progress=lambda w: bar.update(resolving, completed=max(0, outcome.records - w)),
            )
        loading.finish(loads)
        for load in loads:
            audit.note("file.loaded", actor=audit.command(), subject=options["source"] or "file",
                       file=load.fingerprint.hex(), rows=load.count.rows, rejects=load.count.rejects)  # fmt: skip
        self._tell(outcome, dead, options)
        self.code = 1 if outcome.rejects or dead else 0
        return {
            "records": outcome.records,
            "duplicates": outcome.duplicates,
            "rejects": outcome.rejects,
            "resumed_at": outcome.resumed,
            "resolved_at_once": at_once,
            "dead_letters": dead,
            "unknown_columns": sorted(outcome.unknown_columns),
            "golden_records": loading.patiently(hub_progress)["golden_records"],
        }

    @staticmethod
    def _hold(works: Sequence[Work]) -> initial.Hold:
        """The lane of the workers, where these files may be the first that an empty hub gets."""
        least = settings.HUB_INITIAL_LOAD * _SHORTEST_ROW
        large = sum(work.file.stat().st_size for work in works) >= least
        return initial.Hold(wanted=large and loading.patiently(initial.is_empty))

    @staticmethod
    def _as_a_whole(progress: Callable[[str], None]) -> int:
        """Resolve what waits at once, where there is enough of it; how many messages that was."""
        if not loading.patiently(lambda: initial.is_due(settings.HUB_INITIAL_LOAD)):
            return 0
        try:
            return initial.load(progress=progress)
        except (initial.NotAlone, ModelSwitched, psycopg.Error, DatabaseError) as error:
            # By its kind alone: what the database says may quote a record.
            log.warning("not resolved as a whole: %s; the workers do it", type(error).__name__)
            return 0

    def _tell(self, outcome: loading.Outcome, dead: int, options: dict[str, Any]) -> None:
        if outcome.resumed:
            self.say(f"Went on after row {outcome.resumed:,}, where an earlier run was ended.", **options)
        self.say(f"{outcome.records:,} records loaded, {outcome.duplicates:,} of them held already.", **options)
        if outcome.unknown_columns:
            self.say(f"Columns kept as attributes: {', '.join(sorted(outcome.unknown_columns))}.", **options)
        if outcome.rejects:
            self.say(f"{outcome.rejects:,} rows refused:", **options)
            for reject in outcome.shown:
                self.say(f"  {reject.file} line {reject.line}: {reject.reason}", **options)
            if not options["rejects"]:
                self.say("  Use --rejects OUT.csv for all of them.", **options)
        if dead:
            self.say(f"{dead:,} messages are dead letters: see them in the admin under Inbox.", **options)
