"""``restore DIR [--keys DIR2]``: back to a backup, and forward again over all that was erased since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import connections

from hub import audit, erasures, keyring
from hub.audit import head
from hub.errors import Refused
from hub.keystore.router import ALIAS
from hub.management.base import HubCommand
from hub.privacy import backups, erase


class Command(HubCommand):
    help = "Puts a backup in the place of the main database, and forgets again what was erased since it was made."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR", help="what `backup DIR` made")
        parser.add_argument("--keys", type=Path, metavar="DIR2", help="put back the key store too, where it was lost")

    def run(self, **options: Any) -> dict[str, Any]:
        folder, keys = options["folder"], options["keys"]
        if number := backups.workers():
            raise Refused(f"{number} worker processes are connected: stop the hub first (its servers may run).")
        note = backups.read_note(backups.MAIN, folder)
        if keys is not None:
            self._keys(keys, note, **options)
        _compare(note)
        backups.restore(backups.MAIN, folder)
        _connect_anew()
        call_command("migrate", interactive=False, verbosity=0)
        forgotten = erase.follow()
        head.after_restore()
        audit.note("backup.restored", actor=audit.command(), subject="backup", made_at=note["made_at"])
        self.say(f"Restored as of {note['made_at']}. {forgotten:,} erasures since then were done again.", **options)
        return {"made_at": note["made_at"], "erasures_repeated": forgotten, "ledger": erasures.applied()[0]}

    def _keys(self, kept_apart: Path, note: dict[str, Any], **options: Any) -> None:
        kept = backups.read_note(backups.KEYS, kept_apart)
        if kept["key_store"] != note["key_store"]:
            raise Refused("The two backups are not of one hub: these keys open nothing in that database.")
        if (more := _end_of_present() - kept["ledger"]) > 0:
            raise Refused(
                f"The key store that is here knows {more} erasures that the backup of the keys does not: what was "
                "erased would be readable again. Restore without --keys."
            )
        backups.restore(backups.KEYS, kept_apart)
        _connect_anew()
        self.say(f"The key store is as of {kept['made_at']}.", **options)


def _end_of_present() -> int:
    """How far the ledger is that is here; 0 where the key store is lost."""
    try:
        return erasures.end()
    except Exception:
        connections[ALIAS].close()
        return 0


def _compare(note: dict[str, Any]) -> None:
    """Raises ``Refused`` where the keys that are here are not those of the backup, or older than it."""
    if erasures.name().hex() != note["key_store"]:
        raise Refused("The key store here is not that of the backup: restore it from its own backup with --keys.")
    if (more := note["ledger"] - erasures.end()) > 0:
        raise Refused(
            f"The key store is older than the backup, which knows {more} erasures more: what they destroyed would be "
            "readable again. Restore a newer backup of the key store with --keys."
        )


def _connect_anew() -> None:
    connections.close_all()
    keyring.forget_all()
