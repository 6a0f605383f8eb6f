"""``receiver --port N``: a small receiver of webhooks, for trials and demos."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from connectors.outbound import sign
from connectors.outbound.receiver import Door, Ledger, serve
from hub.models import Endpoint
from hub.sql import SERVER_AWAY

ENVIRONMENT = "HUB_RECEIVER_SECRET"


class Command(BaseCommand):
    help = (
        "Receive webhooks on the loopback interface: verify and parse each with the reference libraries, count, answer "
        "204. GET /count tells the counts. Allow deliveries to it with HUB_DELIVERY_ALLOW=127.0.0.1:PORT. Without a "
        f"secret (--secret-stdin, or {ENVIRONMENT}), those of the hub's endpoints at this port are used."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="where to listen; 0 for any free port")
        parser.add_argument(
            "--out", type=Path, metavar="FILE",
            help="append a line of JSON per delivery: ids and numbers, no personal data; what it holds counts too",
        )  # fmt: skip
        parser.add_argument(
            "--secret-stdin", action="store_true", help="read the endpoint's secret from standard input"
        )

    def handle(self, *, port: int, out: Path | None, secret_stdin: bool, **options: Any) -> None:
        if not 0 <= port <= 65535:
            raise CommandError("--port must be from 0 to 65535.", returncode=2)
        given = sys.stdin.readline().strip() if secret_stdin else os.environ.get(ENVIRONMENT, "")
        try:
            for secret in given.split():
                sign.key_of(secret)
            ledger = Ledger(out)
        except sign.BadSecretError as error:
            raise CommandError(str(error), returncode=2) from None
        except OSError as error:
            raise CommandError(f"{out} cannot be read and written: {error.strerror}.", returncode=2) from None

        listening = port

        async def secrets() -> Sequence[str]:
            return given.split() or await sync_to_async(_of_endpoints)(listening)

        def ready(at: int) -> None:
            nonlocal listening
            listening = at
            self.stdout.write(f"Receiving at http://127.0.0.1:{at}/ (counts at /count); Ctrl-C stops.")
            self.stdout.flush()

        try:
            asyncio.run(serve(Door(secrets, ledger), host="127.0.0.1", port=port, ready=ready))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {port} is in use: choose another with --port.", returncode=2) from None
            raise CommandError(f"Cannot listen at port {port}: {error.strerror}.", returncode=2) from None
        self.stdout.write(", ".join(f"{name} {number}" for name, number in ledger.counts().items()))


def _of_endpoints(port: int) -> list[str]:
    """The secrets of the hub's endpoints at this port; none while no database answers."""
    try:
        here = Q(url__contains=f"127.0.0.1:{port}") | Q(url__contains=f"localhost:{port}")
        now = timezone.now()
        return [secret for found in Endpoint.objects.filter(here) for secret in found.secrets_at(now)]
    except SERVER_AWAY:
        connection.close()
        return []
