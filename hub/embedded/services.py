"""The two processes of the project itself that the supervisor runs beside its servers: web and worker."""

from __future__ import annotations

import http.client
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hub.embedded.paths import CHECKOUT, Account

WEB_HOST = "127.0.0.1"


class Web:
    """Granian serving ``hub.conf.wsgi`` on the loopback interface."""

    name = "web"
    folder = CHECKOUT
    account: Account | None = None
    start_seconds = 60.0
    stop_signals: Sequence[tuple[int, float]] = ((int(signal.SIGTERM), 10.0),)
    orphan_signal = int(signal.SIGTERM)

    def __init__(self, *, port: int, environ: Mapping[str, str], processes: int = 2) -> None:
        self.port = port
        self.processes = processes
        self._environ = environ

    def prepare(self) -> None:
        """Nothing to make ready."""

    def command(self) -> list[str | Path]:
        options = {
            "--interface": "wsgi",
            "--host": WEB_HOST,
            "--port": str(self.port),
            "--workers": str(self.processes),
            "--blocking-threads": "8",
            "--workers-kill-timeout": "5",
        }
        flags = ["--no-ws", "--respawn-failed-workers", "--no-access-log"]
        given = [part for pair in options.items() for part in pair]
        return [sys.executable, "-m", "granian", *given, *flags, "hub.conf.wsgi:application"]

    def environ(self) -> Mapping[str, str]:
        return self._environ

    def ready(self, pid: int) -> bool:
        return status(self.port, "/healthz") == 200


class Worker:
    """Celery; bells are rung through Valkey, work is claimed in PostgreSQL. The first process takes no bulk load."""

    name = "worker"
    folder = CHECKOUT
    account: Account | None = None
    start_seconds = 60.0
    # Warm: the batch in hand is finished. Then cold: its lease runs out and another worker takes it.
    stop_signals: Sequence[tuple[int, float]] = ((int(signal.SIGTERM), 20.0), (int(signal.SIGQUIT), 12.0))
    orphan_signal = int(signal.SIGQUIT)

    def __init__(self, *, log: Path, environ: Mapping[str, str], processes: int = 3) -> None:
        self.log = log
        self.processes = processes
        self._environ = environ
        self._log_start = 0

    def prepare(self) -> None:
        """Notes where this start's log begins, for ``ready``."""
        self._log_start = self.log.stat().st_size if self.log.exists() else 0

    def command(self) -> list[str | Path]:
        options = ["--concurrency", str(self.processes), "--loglevel", "INFO", "--hostname", "concord@%h"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [sys.executable, "-m", "celery", "-A", "hub.conf.celery", "worker", *options, *quiet]

    def environ(self) -> Mapping[str, str]:
        return self._environ

    def ready(self, pid: int) -> bool:
        try:
            with self.log.open("rb") as log:
                log.seek(self._log_start)
                return b" ready." in log.read()
        except OSError:
            return False


def status(port: int, path: str) -> int:
    """The HTTP status of a GET on the loopback interface; 0 when nothing answers within five seconds."""
    connection = http.client.HTTPConnection(WEB_HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
