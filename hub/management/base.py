"""What all commands have in common: ``--json`` for one object on the last line, exit codes, clear sentences.

Exit codes: 0 done, 1 done with rejects, 2 refused.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from hub.errors import HubError
from hub.sql import SERVER_AWAY

NO_SERVER = "No database answers. Start one with `make up`, or set DATABASE_URL to a PostgreSQL of your own."


class HubCommand(BaseCommand):
    """A command that needs the database; one sentence instead of a traceback where it is away.

    Subclasses write ``run(**options)`` and give the object to print; ``code`` is the exit code.
    """

    needs_database = True
    requires_system_checks: list[str] = []
    code = 0

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if self.needs_database:
                connection.ensure_connection()
            result = self.run(**options)
        except SERVER_AWAY:
            self._refuse(NO_SERVER)
        except HubError as error:
            self._refuse(str(error))
        except FileNotFoundError as error:
            self._refuse(f"There is no file {error.filename}.")
        except PermissionError as error:
            self._refuse(f"{error.filename} may not be read or written by this user.")
        except OSError as error:
            self._refuse(f"The operating system refused: {error.strerror or type(error).__name__}.")
        else:
            if options.get("json"):
                self.stdout.write(json.dumps(result, default=str))
            if self.code:
                sys.exit(self.code)

    def run(self, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def say(self, text: str, **options: Any) -> None:
        """Tell a person; with ``--json`` on standard error, so that the last line stays JSON."""
        (self.stderr if options.get("json") else self.stdout).write(text, style_func=lambda x: x)

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(sentence, style_func=lambda x: x)
        sys.exit(2)
