"""Compare clusters with the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection

from hub import selectors
from hub.management.commands._matching import FlatCommand
from matching.evaluate import evaluate
from matching.flatfiles import FileError, read_pairs


class Command(FlatCommand):
    help = "Pairwise and B-cubed precision, recall and F1 of a clusters file, or else of what the hub holds."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--truth", required=True, type=Path, metavar="FILE", help="source_system, source_id, truth")
        parser.add_argument("--clusters", type=Path, metavar="FILE", help="source_system, source_id, cluster_id")

    def work(self, **options: Any) -> dict[str, Any]:
        truth = _column(options["truth"], "truth")
        if options["clusters"]:
            clusters = _column(options["clusters"], "cluster_id")
        else:
            connection.ensure_connection()
            clusters = {(system, source_id): golden for system, source_id, golden in selectors.crosswalk_rows()}
        found = evaluate(truth, clusters)
        for name, measure in (("pairwise", found.pairwise), ("B-cubed", found.bcubed)):
            self.say(
                f"{name:<9} precision {measure.precision:.4f}  recall {measure.recall:.4f}  F1 {measure.f1:.4f}",
                **options,
            )
        if found.missing:
            self.say(f"{found.missing:,} records of the truth have no cluster and stand alone", **options)
        return dict(found.to_json())


def _column(path: Path, name: str) -> dict[tuple[str, str], str]:
    out: dict[tuple[str, str], str] = {}
    for row in read_pairs(path, ("source_system", "source_id", name)):
        key = (row["source_system"], row["source_id"])
        if out.setdefault(key, row[name]) != row[name]:
            raise FileError(f"{path.name}: names a record twice, in two places")
    return out
