"""``audit export`` and ``audit verify``: the chain as a file, and whether a file is what the hub wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from hub import audit
from hub.audit import files
from hub.errors import Refused
from hub.management.base import HubCommand
from hub.stages.seal import seal


class Command(HubCommand):
    help = "The audit: export --out FILE [--since T] [--until T], verify FILE [--against-hub]."
    # A file is checked where there is no hub.
    needs_database = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        actions = parser.add_subparsers(dest="action", required=True, metavar="export|verify")
        export = actions.add_parser("export", help="write the chain, or the part of some time, as NDJSON")
        export.add_argument("--out", required=True, type=Path)
        for name, what in (("since", "from this time on"), ("until", "before this time")):
            export.add_argument(f"--{name}", type=_time, metavar="TIME", help=f"{what} (ISO 8601; UTC unless it says)")
        verify = actions.add_parser("verify", help="check an exported file, without a database")
        verify.add_argument("file", type=Path)
        verify.add_argument("--against-hub", action="store_true", help="and that this hub's own chain holds its end")
        for action in actions.choices.values():
            action.add_argument(
                "--json", action="store_true", default=False, help="print one JSON object on the last line"
            )

    def run(self, **options: Any) -> dict[str, Any]:
        return self._export(**options) if options["action"] == "export" else self._verify(**options)

    def _export(self, **options: Any) -> dict[str, Any]:
        out: Path = options["out"]
        while seal():
            pass
        with out.open("w", encoding="utf-8") as file:
            written = files.export(file, since=options["since"], until=options["until"])
        audit.note("audit.exported", actor=audit.command(), subject="audit", entries=written)
        self.say(f"{written:,} entries in {out}", **options)
        return {"entries": written, "out": str(out)}

    def _verify(self, **options: Any) -> dict[str, Any]:
        head = files.verify(options["file"])
        if options["against_hub"] and not files.is_held(head):
            raise Refused(f"The file is sound, but this hub's chain has another hash at position {head['last']}.")
        self.say(f"Sound: positions {head['first']:,} to {head['last']:,}.", **options)
        return head


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
