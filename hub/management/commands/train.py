"""Train a match model."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection

from hub import selectors
from hub.errors import Refused
from hub.management.commands._matching import FlatCommand, Stages, peak_memory_mb, read_frame, read_labels
from hub.models import MatchModelVersion
from matching import bulk, columnar, train
from matching.flatfiles import parse_columns
from matching.model import MatchModel, default
from matching.pairs import candidates
from matching.parallel import cores
from matching.table import Table


class Command(FlatCommand):
    help = (
        "Estimates a match model from records without labels (or with) and writes it as a new version: a file "
        "NAME.json, and with --from-hub also a version in the hub. A version is never changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        records = parser.add_mutually_exclusive_group(required=True)
        records.add_argument("--records", nargs="+", type=Path, metavar="FILE")
        records.add_argument("--from-hub", action="store_true", help="train on what the hub holds")
        parser.add_argument("--labels", type=Path, metavar="PAIRS.csv", help="judgements that count beside the pairs")
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
        labels = read_labels(options["labels"])
        start = default()
        rejects = 0
        if options["from_hub"]:
            connection.ensure_connection()
            if MatchModelVersion.objects.filter(name=name).exists():
                raise Refused(f"The hub holds a model named {name}: a version never changes, so take a new name.")

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
            model = train.estimated(table, pairs, start, name=name, judged=bulk.judged_rows(table, labels))
        model = train.broadened(model, start)
        if options["population"]:
            model = model.for_population(max(2, options["population"]))
        model = replace(model, provenance={**model.provenance, "labels": len(labels)})
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(model.to_json(), indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
        if options["from_hub"]:
            MatchModelVersion.objects.create(name=name, document=model.to_json())
        self.say(f"{name} was estimated from {len(table):,} records and is in {out}", **options)
        self.code = 1 if rejects else 0
        return {
            "name": name,
            "out": str(out),
            "records": len(table),
            "pairs": len(pairs[0]),
            "prior": model.prior_mb / 1000,
            "cut": model.cut_mb / 1000,
            "seconds": stages.seconds,
            "peak_memory_mb": peak_memory_mb(),
            "rejects": rejects,
        }
