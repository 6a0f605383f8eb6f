"""``migrate``, for both databases: the main one, and the key store, which is made where it is missing."""

from __future__ import annotations

from typing import Any

import psycopg
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from psycopg import errors, sql

from hub.keystore.router import ALIAS


class Command(migrate.Command):
    help = "Bring the main database and the key store up to date (with --database: one of them)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        return super().get_check_kwargs({**options, "database": options["database"] or DEFAULT_DB_ALIAS})

    def handle(self, *args: Any, **options: Any) -> None:
        # A named app or a plan concerns the main database, as ever.
        chosen = options["database"]
        whole = chosen is None and not options["app_label"]
        if whole:  # the key store first: what the main database holds may have to be sealed
            _make_database()
            super().handle(*args, **{**options, "database": ALIAS})
        super().handle(*args, **{**options, "database": chosen or DEFAULT_DB_ALIAS})


def _make_database() -> None:
    """The key store's database, on its server, where there is none."""
    connection = connections[ALIAS]
    try:
        connection.ensure_connection()
        return
    except OperationalError as error:
        # PostgreSQL says "database … does not exist" before there is a session to ask for the code of the error.
        if "does not exist" not in str(error):
            raise
    name = connection.settings_dict["NAME"]
    given = {**connection.get_connection_params(), "dbname": connections[DEFAULT_DB_ALIAS].settings_dict["NAME"]}
    for extra in ("cursor_factory", "context", "prepare_threshold"):
        given.pop(extra, None)
    try:
        with psycopg.connect(**given, autocommit=True) as session:
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except errors.DuplicateDatabase:
        return
    except psycopg.Error as error:
        raise CommandError(
            f"The key store needs a database of its own, {name}, which could not be made: "
            f"make it (CREATE DATABASE {name}) or name another in KEYSTORE_URL, and run this again."
        ) from error
