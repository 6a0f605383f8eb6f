"""``backup DIR [--keys DIR2]``: the main database, and apart from it the key store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from hub import audit
from hub.errors import Refused
from hub.management.base import HubCommand
from hub.privacy import backups


class Command(HubCommand):
    help = "Dumps the main database into DIR and, with --keys, the key store into a folder that is kept apart."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR", help="a new folder for the main database")
        parser.add_argument("--keys", type=Path, metavar="DIR2", help="a new folder, kept elsewhere, for the key store")

    def run(self, **options: Any) -> dict[str, Any]:
        folder, keys = options["folder"], options["keys"]
        if keys is not None and _within(keys, folder):
            raise Refused("Keys that lie with what they open protect nothing: name a folder of its own with --keys.")
        note = backups.back_up(backups.MAIN, folder)
        audit.note("backup.made", actor=audit.command(), subject="backup", keys=keys is not None)
        self.say(f"The main database is in {folder} ({note['bytes']:,} bytes).", **options)
        told: dict[str, Any] = {"folder": str(folder), "ledger": note["ledger"], "bytes": note["bytes"], "keys": None}
        if keys is None:
            self.say("Without its keys nothing personal in it can be read: back them up with --keys.", **options)
            return told
        kept = backups.back_up(backups.KEYS, keys)
        self.say(f"The key store is in {keys} ({kept['bytes']:,} bytes). Keep it apart.", **options)
        return {**told, "keys": str(keys)}


def _within(one: Path, two: Path) -> bool:
    a, b = one.resolve(), two.resolve()
    return a == b or a in b.parents or b in a.parents
