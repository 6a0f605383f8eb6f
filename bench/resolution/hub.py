"""Servers, web and worker of one benchmark, started as an installation starts them and gone at its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.resolution import CHECKOUT
from bench.resolution.watch import Watch
from hub.embedded import preflight, processes, runtime
from hub.embedded.paths import State, server_account
from hub.embedded.services import Web, Worker, status

MANAGE = (sys.executable, "manage.py")
# Nothing of the caller's installation may reach this one.
_NOT_OURS = ("DATABASE_URL", "REDIS_URL", "HUB_STATE_DIR", "HUB_PORT", "HUB_PUBLIC_URL", "MAKELEVEL")


class Hub:
    """PostgreSQL and Valkey in a folder of their own; a context manager. ``environ`` names the present database."""

    def __init__(self) -> None:
        # Short, for the sockets; below /tmp the servers' account can reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="cb", dir="/tmp"))
        self.folder.chmod(0o711 if server_account() else 0o700)
        self.port = preflight.free_port()
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        self.environ = {
            **kept,
            "HUB_STATE_DIR": str(self.folder / "s"),
            "HUB_PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "hub.conf.settings",
            "PYTHONUNBUFFERED": "1",
            "HUB_LOG_LEVEL": "WARNING",
            # A hub that grows this fast would estimate a successor in the midst of it: measured by itself (ADR 8).
            "HUB_MODEL_SUCCESSION": "off",
        }
        self.state = State.resolve(self.environ)
        self._servers: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.state.create()
        self._servers = self._spawn([sys.executable, "-m", "hub.embedded", "--while", str(os.getpid()), "servers"], "b")
        servers = self._servers
        processes.wait_for(lambda: self.state.runtime.exists() or servers.poll() is not None, seconds=60)
        self._use(self.state)
        return self

    def _use(self, state: State) -> None:
        found = runtime._read(state.runtime)
        self.environ |= {name: found[name] for name in ("DATABASE_URL", "REDIS_URL")} | runtime._read(state.secrets)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._servers is not None:
            processes.end(self._servers, ((int(signal.SIGTERM), 60.0),))
        self.state.remove()
        subprocess.run(["rm", "-rf", str(self.folder)], check=False)

    def _spawn(self, command: list[str | Path], log: str) -> subprocess.Popen[bytes]:
        return processes.spawn(command, output=self.folder / f"{log}.log", environ=self.environ, folder=CHECKOUT)

    def use_database(self, name: str) -> None:
        """Take another, empty database of the same server; what is started from now on uses it."""
        import psycopg

        with psycopg.connect(self.environ["DATABASE_URL"], autocommit=True) as session:
            session.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
        before, _, query = self.environ["DATABASE_URL"].partition("?")
        self.environ["DATABASE_URL"] = f"{before.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")

    def manage(self, *arguments: str, limit: float = 7200.0) -> tuple[int, str]:
        """(exit code, standard output) of a management command."""
        done = subprocess.run(
            [*MANAGE, *arguments], cwd=CHECKOUT, env=self.environ, stdout=subprocess.PIPE, text=True, timeout=limit
        )
        return done.returncode, done.stdout

    def watch(self, *more: int) -> Watch:
        """Memory and processor time of the servers and of these processes, with all their children."""
        assert self._servers is not None
        return Watch([self._servers.pid, *more])

    @contextmanager
    def web(self) -> Iterator[int]:
        """The web server as the installation runs it; its process id."""
        child = self._spawn(Web(port=self.port, environ=self.environ).command(), "web")  # type: ignore[arg-type]
        try:
            if not processes.wait_for(lambda: status(self.port, "/readyz") == 200, seconds=60):
                raise RuntimeError(f"The web process does not become ready: see {self.folder}/web.log")
            yield child.pid
        finally:
            processes.end(child, Web.stop_signals)

    @contextmanager
    def worker(self) -> Iterator[int]:
        """The worker as the installation runs it; its process id."""
        service = Worker(log=self.folder / "worker.log", environ=self.environ)
        service.prepare()
        child = self._spawn(service.command(), "worker")  # type: ignore[arg-type]
        try:
            if not processes.wait_for(lambda: service.ready(child.pid) or child.poll() is not None, seconds=60):
                raise RuntimeError(f"The worker does not become ready: see {self.folder}/worker.log")
            yield child.pid
        finally:
            processes.end(child, Worker.stop_signals)
