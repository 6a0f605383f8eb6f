"""The databases of a test session: migrated once, copied for each process, and emptied after each test that commits.

Django would migrate anew in every process, and empty by truncating all tables and making every permission again.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from hub.embedded import throwaway
from hub.embedded.paths import CHECKOUT
from hub.embedded.postgres import binaries
from tests.servers import Servers, Stack, outside_environment

# What is copied, in the session's server: a migrated main database and, by the name that it always has, its key store.
BEGUN = "test_concord_begun"
SUFFIXES = ("", "_keys")
# Filled by Django after every migration, and the same for all tests: put back only where a test changed them.
KEPT = ("auth_group_permissions", "auth_permission", "auth_group", "django_content_type")


def named(url: str, name: str) -> str:
    """The same server's database of that name."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def copy_begun(servers: Servers, name: str) -> None:
    """Make the database ``name``, and its key store, as ``migrate`` leaves them; what had the name is gone."""
    _migrate_once(servers)
    with psycopg.connect(servers.database_url, autocommit=True) as session:
        for suffix in SUFFIXES:
            _drop(session, name + suffix)
            made, begun = sql.Identifier(name + suffix), sql.Identifier(BEGUN + suffix)
            session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(made, begun))


def fill(servers: Servers, stack: Stack) -> None:
    """Bring the databases of an installation of its own to where ``migrate`` would."""
    if os.environ.get("DATABASE_URL"):  # a server of which we know nothing: another version may not be copied
        done = stack.manage("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
        return
    _migrate_once(servers)
    with psycopg.connect(stack.runtime()["DATABASE_URL"], autocommit=True) as session:
        session.execute("CREATE DATABASE concord_keys")
    programs, taken = binaries(stack.state).folder, stack.state.root / "taken.dump"
    own = stack.runtime()["DATABASE_URL"]
    for suffix in SUFFIXES:
        begun, filled = named(servers.database_url, BEGUN + suffix), named(own, f"concord{suffix}")
        dump = [programs / "pg_dump", "--format=custom", "--compress=0", "--exclude-schema=kept", f"--file={taken}"]
        subprocess.run([*dump, begun], check=True, capture_output=True)
        restore = [programs / "pg_restore", "--exit-on-error", f"--dbname={filled}"]
        subprocess.run([*restore, taken], check=True, capture_output=True)
    taken.unlink()


def drop(servers: Servers, name: str) -> None:
    with psycopg.connect(servers.database_url, autocommit=True) as session:
        for suffix in SUFFIXES:
            _drop(session, name + suffix)


def forget_begun() -> None:
    """At the end of a session: leave nothing on a server that is not its own."""
    folder = os.environ.get(throwaway.FOLDER)
    if folder and (note := Path(folder) / "migrated").exists():
        url = note.read_text()
        drop(Servers(database_url=url, redis_url=""), BEGUN)


def _drop(session: psycopg.Connection[Any], name: str) -> None:
    session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _migrate_once(servers: Servers) -> None:
    folder = Path(os.environ[throwaway.FOLDER])
    note = folder / "migrated"
    with (folder / "migrate").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if note.exists():
            return
        with psycopg.connect(servers.database_url, autocommit=True) as session:
            for suffix in SUFFIXES:
                _drop(session, BEGUN + suffix)
            session.execute(f"CREATE DATABASE {BEGUN}")
        given = {"DATABASE_URL": named(servers.database_url, BEGUN), "REDIS_URL": servers.redis_url, **throwaway.KEYS}
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        done = subprocess.run(command, cwd=CHECKOUT, env=outside_environment(**given), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with psycopg.connect(given["DATABASE_URL"]) as session:
            session.execute("CREATE SCHEMA kept")
            for table in KEPT:
                session.execute(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
        note.write_text(servers.database_url)


def empty(alias: str) -> None:
    """Take away every row that tests wrote, as Django's ``flush`` does; what it would make again is put back."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections, transaction

    connection = connections[alias]
    tables, question = _tables(alias)
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        cursor.execute(question)
        *full, changed = cursor.fetchone()
        dirty = [table for table, some in zip(tables, full, strict=True) if some]
        if dirty or changed:
            # No triggers: nothing refers to anything afterwards, and what is only ever added to goes as well.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(";".join(f'DELETE FROM "{table}"' for table in dirty))
        if changed:
            for table in KEPT:
                cursor.execute(f"DELETE FROM {table}; INSERT INTO {table} TABLE kept.{table}")
            ContentType.objects.clear_cache()


@cache
def _tables(alias: str) -> tuple[list[str], str]:
    """The tables that tests write to, and the question which of them hold rows and whether KEPT was changed."""
    from django.db import connections

    found = connections[alias].introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted({*found} - {*KEPT})
    parts = [f'EXISTS (SELECT FROM "{table}")' for table in tables]
    kept = [f"EXISTS (TABLE {t} EXCEPT TABLE kept.{t}) OR EXISTS (TABLE kept.{t} EXCEPT TABLE {t})"
            for t in KEPT if t in found]  # fmt: skip
    return tables, f"SELECT {', '.join(parts)}, {' OR '.join(kept) or 'false'}"
