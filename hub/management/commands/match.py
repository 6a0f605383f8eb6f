"""Match flat files: from records to clusters, without a database."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandParser

from hub.errors import Refused
from hub.management.commands._matching import FlatCommand, Stages, find_model, peak_memory_mb, read_frame, read_labels
from matching import columnar
from matching.bulk import match_table
from matching.flatfiles import parse_columns
from matching.frames import Frame
from matching.model import shipped
from matching.parallel import cores


class Command(FlatCommand):
    help = (
        "Matches the records of CSV, NDJSON or Parquet files and writes source_system, source_id, cluster_id. "
        "Without --model, weights and prior are estimated from the files; with it, the model is frozen."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--out", required=True, type=Path, metavar="CLUSTERS.csv")
        parser.add_argument("--model", metavar="NAME_OR_FILE", help="use this match model as it is")
        parser.add_argument("--save-model", type=Path, metavar="FILE", help="write the model that was used")
        parser.add_argument(
            "--labels", type=Path, metavar="PAIRS.csv", help="judgements: same joins, different keeps apart"
        )
        parser.add_argument("--columns", metavar="canonical=theirs,…", help="what the files call the canonical columns")
        parser.add_argument(
            "--workers", type=int, default=0, metavar="N", help="processes at once (default: the cores)"
        )

    def work(self, **options: Any) -> dict[str, Any]:
        _writable(options["out"])
        workers = options["workers"] or cores()
        labels = read_labels(options["labels"])
        with Stages() as stages:
            stages("read")
            frame, unknown = read_frame(options["files"], parse_columns(options["columns"]), workers)
            model = find_model(options["model"]) if options["model"] else shipped().with_attributes(unknown)
            stages("prepare")
            table = columnar.prepare(frame, model, workers)
            frame = frame.only_ids()
            found = match_table(
                table, model, estimate=not options["model"], judgements=labels, workers=workers, progress=stages
            )
            stages("write")
            _write(options["out"], frame, found.labels)
        if options["save_model"]:
            options["save_model"].write_text(json.dumps(found.model.to_json(), indent=1) + "\n", encoding="utf-8")
        clusters = np.bincount(found.labels) if len(found.labels) else np.zeros(0, dtype=np.int64)
        for reject in frame.rejects[:20]:
            self.stderr.write(f"{reject.file}, line {reject.line}: {reject.reason}", style_func=lambda x: x)
        if unknown:
            self.say(f"Columns that are not canonical, kept as attributes: {', '.join(unknown)}", **options)
        self.say(f"{len(frame):,} records in {len(clusters):,} clusters; {len(frame.rejects):,} rejects", **options)
        self.code = 1 if frame.rejects else 0
        return {
            "records": len(frame),
            "pairs": found.pairs,
            "clusters": len(clusters),
            "largest_cluster": int(clusters.max(initial=0)),
            "seconds": stages.seconds,
            "peak_memory_mb": peak_memory_mb(),
            "model": {
                "name": found.model.name,
                "prior": found.model.prior_mb / 1000,
                "cut": found.model.cut_mb / 1000,
                "population": found.model.population,
                "estimated": not options["model"],
            },
            "unknown_columns": list(unknown),
            "rejects": len(frame.rejects),
        }


def _writable(out: Path) -> None:
    """Refuses before the work what would fail after it."""
    folder = out.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or out.is_dir():
        raise Refused(f"{out} cannot be written: name a file in a folder that exists and may be written.")


def _write(out: Path, frame: Frame, labels: np.ndarray) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source_system", "source_id", "cluster_id"))
        writer.writerows(zip(*frame.ids(), labels.tolist(), strict=True))
