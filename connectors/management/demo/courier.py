"""The demo's receiver: a process of its own, started again when it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.utils import timezone

from connectors.management.commands.receiver import ENVIRONMENT
from connectors.management.demo.kept import folder, state
from hub.embedded import processes
from hub.embedded.paths import CHECKOUT
from hub.models import Endpoint


class ReceiverDownError(Exception):
    """The receiver does not start."""


class Receiver:
    """The process that gets the webhooks of ``endpoint`` at ``port`` of the loopback interface."""

    def __init__(self, endpoint: Endpoint, port: int) -> None:
        self.port = port
        self._secret = " ".join(endpoint.secrets_at(timezone.now()))
        self._out: Path = folder() / f"received-{endpoint.public_id}.ndjson"
        self._child: subprocess.Popen[bytes] | None = None
        self._log = state().log("receiver")

    def ensure(self) -> None:
        """Start it unless it runs, and wait until it answers; raises ``ReceiverDownError``."""
        if self._child is not None and self._child.poll() is None:
            return
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._child = processes.spawn(
            [sys.executable, CHECKOUT / "manage.py", "receiver", "--port", str(self.port), "--out", self._out],
            output=self._log,
            environ={**os.environ, ENVIRONMENT: self._secret},
            folder=CHECKOUT,
        )
        until = time.monotonic() + 30
        while self.counts() is None:
            if self._child.poll() is not None or time.monotonic() > until:
                raise ReceiverDownError(f"The webhook receiver does not start at port {self.port}: see {self._log}.")
            time.sleep(0.1)

    def counts(self) -> dict[str, int] | None:
        """``received``, ``distinct``, ``invalid``, ``out_of_order``; None while it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/count")
            return {str(name): int(number) for name, number in json.load(connection.getresponse()).items()}
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def stop(self) -> None:
        if self._child is not None:
            processes.end(self._child, [(int(signal.SIGTERM), 5.0)])
