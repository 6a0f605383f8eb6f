"""Train a match model."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection, transaction

from hub import audit, selectors, succession
from hub.errors import Refused
from hub.management.commands._matching import FlatCommand, Stages, peak_memory_mb, read_frame, read_labels
from hub.models import MatchModelVersion
from matching import bulk, columnar, learn, train
from matching.calibrate import best_cut, cautious
from matching.flatfiles import parse_columns
from matching.model import MatchModel, default, rounded
from matching.pairs import candidates
from matching.parallel import cores
from matching.reliability import Reliability, expected
from matching.scoring import weigh_all
from matching.table import Table


class Command(FlatCommand):
    help = (
        "Estimates a match model from records and writes it as a new version: a file NAME.json, and with --from-hub "
        "also a version in the hub. Judgements (--labels, and with --from-hub those of its stewards) teach it weights, "
        "which are taken if held-out judgements show them to be better. A version is never changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        records = parser.add_mutually_exclusive_group(required=True)
        records.add_argument("--records", nargs="+", type=Path, metavar="FILE")
        records.add_argument("--from-hub", action="store_true", help="train on what the hub holds")
        parser.add_argument("--labels", type=Path, metavar="PAIRS.csv", help="judgements to learn weights from")
        parser.add_argument("--name", required=True)
        parser.add_argument("--columns", metavar="canonical=theirs,…")
        parser.add_argument(
            "--population", type=int, metavar="N", help="how many records the model is for (default: those it saw)"
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: models/NAME.json in HUB_STATE_DIR")

    def work(self, **options: Any) -> dict[str, Any]:
        name: str = options["name"]
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or len(name) > 100:
            raise Refused("--name may hold letters, digits, dots, dashes and underscores, 100 at most.")
        out: Path = options["out"] or Path(os.environ.get("HUB_STATE_DIR") or "var") / "models" / f"{name}.json"
        if out.exists():
            raise Refused(f"{out} is there already: a version never changes, so give the model a new name.")
        labels: Sequence[bulk.Judged] = read_labels(options["labels"])
        start = default()
        rejects = 0
        if options["from_hub"]:
            connection.ensure_connection()
            if MatchModelVersion.objects.filter(name=name).exists():
                raise Refused(f"The hub holds a model named {name}: a version never changes, so take a new name.")
            labels = [*labels, *succession.stewards_judgements()]

            def prepared(model: MatchModel) -> Table:
                return bulk.prepare(selectors.canonical_records(), model)

        else:
            frame, unknown = read_frame(options["records"], parse_columns(options["columns"]))
            start = start.with_attributes(unknown)
            rejects = len(frame.rejects)

            def prepared(model: MatchModel) -> Table:
                return columnar.prepare(frame, model, cores())

        with Stages() as stages:
            stages("prepare")
            table, start = train.without_shared(prepared(start), start)
            stages("block")
            pairs = candidates(table, start, cores())
            stages("estimate")
            # Without the labels, so that they may judge it.
            model = train.broadened(train.tables(table, pairs, start, name=name), start)
            judged = bulk.judged_rows(table, labels)
            lesson = None
            if judged:
                stages("learn")
                lesson = learn.learned(table, judged, model)
                model = lesson.model
            stages("calibrate")
            model = rounded(best_cut(table, pairs, model))
            stages("report")
            believed = expected(weigh_all(table, pairs, model, cores()).match / 1000)
        if options["population"]:
            model = cautious(model.for_population(max(2, options["population"])))
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(model.to_json(), indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
        if options["from_hub"]:
            with transaction.atomic():
                version = MatchModelVersion.objects.create(name=name, document=model.to_json())
                audit.note("model.trained", actor=audit.command(), subject=f"model:{version.pk}", records=len(table))
        self.say(f"{name} was estimated from {len(table):,} records and is in {out}", **options)
        self._report(lesson, believed, len(labels), **options)
        self.code = 1 if rejects else 0
        return {
            "name": name,
            "out": str(out),
            "records": len(table),
            "pairs": len(pairs[0]),
            "prior": model.prior_mb / 1000,
            "cut": model.cut_mb / 1000,
            "expected": believed.to_json(),
            "judgements": lesson and lesson.to_json(),
            "seconds": stages.seconds,
            "peak_memory_mb": peak_memory_mb(),
            "rejects": rejects,
        }

    def _report(self, lesson: learn.Lesson | None, believed: Reliability, given: int, **options: Any) -> None:
        """How far the model's probabilities can be trusted, in words."""
        if lesson is None:
            if given:
                self.say("No judgement is of two of these records, so nothing was learned from them.", **options)
            self.say(
                "What the model expects of the candidate pairs; only judgements can tell whether it is so:", **options
            )
            for line in believed.expectations():
                self.say(f"  {line}", **options)
            return
        left_out = given - lesson.labels
        text = f"{lesson.labels:,} pairs judged, {lesson.same:,} of them same"
        self.say(
            f"{text}; {left_out:,} judgements are of other records, repeated, or of pairs in hard conflict.", **options
        )
        self.say(f"{lesson.reason}.", **options)
        if (held := lesson.held_out) is None:
            return
        mean, low, high = held.difference
        self.say(
            f"Log loss {held.before.log_loss:.4f} before, {held.after.log_loss:.4f} with learned weights "
            f"({mean:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}); Brier score {held.before.brier:.4f} and "
            f"{held.after.brier:.4f}. Each pair was judged by weights that had not seen it.",
            **options,
        )
        for line in (held.after if lesson.accepted else held.before).lines():
            self.say(f"  {line}", **options)
