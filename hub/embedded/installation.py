"""One installation on this machine: servers, migrations, web and worker, and the demo on top."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hub.embedded import preflight, processes, runtime
from hub.embedded.errors import Refused
from hub.embedded.paths import CHECKOUT, State
from hub.embedded.postgres import Postgres
from hub.embedded.services import Web, Worker, status
from hub.embedded.supervisor import Supervisor
from hub.embedded.valkey import Valkey

MANAGE = (sys.executable, str(CHECKOUT / "manage.py"))


class Installation:
    """What ``up``, ``demo``, ``servers`` and ``test`` share. Servers named in ``environ`` are used, not started."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        say: Callable[[str], None],
        verbose: bool = False,
        throwaway: bool = False,
        watched: int | None = None,
    ) -> None:
        self.given = dict(environ)
        self.say = say
        self.throwaway = throwaway
        self.state = State.resolve(environ)
        self.supervisor = Supervisor(self.state, say=say, verbose=verbose, watched=watched)
        self.environ: dict[str, str] = {}
        self.port = 0

    def start_servers(self) -> None:
        """Takes the state folder and makes a PostgreSQL and a Valkey answer; ``environ`` then names them."""
        preflight.packages()
        preflight.disk(self.state)
        self.supervisor.take()
        told = preflight.telling(self.state)
        if told:
            self.say(told)
        kept = runtime.installation_secrets(self.state)
        self.environ = {**kept, **self.given}
        if self.given.get("DATABASE_URL"):
            preflight.database(self.given["DATABASE_URL"], pause=self.supervisor.pause)
        else:
            postgres = Postgres(self.state, throwaway=self.throwaway)
            self.supervisor.start(postgres)
            self.environ["DATABASE_URL"] = postgres.url()
            self.environ.setdefault("HUB_DISK_PATHS", str(self.state.root))
        if self.given.get("REDIS_URL"):
            preflight.bell(self.given["REDIS_URL"], pause=self.supervisor.pause)
        else:
            valkey = Valkey(self.state, throwaway=self.throwaway)
            self.supervisor.start(valkey)
            self.environ["REDIS_URL"] = valkey.url()
        self._note()

    def start_all(self, *, receiver: bool = False) -> None:
        """Servers, migrations, web, worker; returns when ``/readyz`` says yes.

        ``receiver`` also reserves an address for the demo's webhook receiver (``HUB_DEMO_RECEIVER``), to which
        deliveries are then allowed although it is not a public one.
        """
        self.port = preflight.port_number(self.given)
        self.start_servers()
        preflight.port_free(self.port)
        self.environ |= {
            "HUB_PORT": str(self.port),
            "HUB_STATE_DIR": str(self.state.root),
            "DJANGO_SETTINGS_MODULE": "hub.conf.settings",
            "PYTHONUNBUFFERED": "1",
        }
        if receiver:
            address = self.given.get("HUB_DEMO_RECEIVER") or f"127.0.0.1:{preflight.free_port()}"
            allowed = [name for name in (self.given.get("HUB_DELIVERY_ALLOW", ""), address) if name]
            self.environ |= {"HUB_DEMO_RECEIVER": address, "HUB_DELIVERY_ALLOW": ",".join(allowed)}
        self._migrate()
        web = Web(port=self.port, environ=self.environ)
        self.supervisor.start(web, Worker(log=self.state.log("worker"), environ=self.environ))
        if not processes.wait_for(lambda: status(self.port, "/readyz") == 200, seconds=30, pause=self.supervisor.pause):
            raise Refused(f"The web process runs but does not become ready: see {self.state.log('web')}.")
        self._note(started="all")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, argv: Sequence[str], *, capture: bool = False, stop_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """Runs a program beside the services until it ends: its exit code, and the last line it printed.

        With ``capture`` that last line is held back and everything before it goes to our own output as it comes.
        ``stop_signal`` is what the program gets when somebody stops us meanwhile.
        """
        child = processes.spawn(
            argv, output=subprocess.PIPE if capture else None, environ=self.environ, folder=CHECKOUT
        )
        held = _Held(child) if capture else None
        returncode = self.supervisor.run(child, stop_signal=stop_signal, pump=held.pump if held else lambda: None)
        return returncode, held.last() if held else ""

    def _migrate(self) -> None:
        log = self.state.log("migrate")
        log.unlink(missing_ok=True)
        child = processes.spawn((*MANAGE, "migrate", "--no-input"), output=log, environ=self.environ, folder=CHECKOUT)
        if self.supervisor.run(child, stop_signal=signal.SIGTERM, pump=lambda: None):
            raise Refused(f"The database could not be migrated: {_last_line(log)} (more in {log})")

    def _note(self, *, started: str = "servers") -> None:
        names = ("DATABASE_URL", "REDIS_URL", "HUB_PORT", "HUB_PUBLIC_URL")
        found = {name: self.environ[name] for name in names if self.environ.get(name)}
        found["started"] = started
        runtime.write(self.state, {**found, "pid": str(os.getpid()), "secrets": str(self.state.secrets)})

    def stop(self) -> None:
        """Stops what was started; a throwaway state leaves nothing on the disk either."""
        self.supervisor.stop()
        if self.throwaway:
            self.state.remove()


class _Held:
    """A child's output, passed on line by line with the last line kept back."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        self._pipe = child.stdout
        self._rest = b""
        self._line = ""
        os.set_blocking(self._pipe.fileno(), False)

    def pump(self) -> None:
        while True:
            try:
                found = os.read(self._pipe.fileno(), 65536)
            except BlockingIOError:
                return
            if not found:
                return
            *lines, self._rest = (self._rest + found).split(b"\n")
            for line in lines:
                self._keep(line.decode(errors="replace"))

    def _keep(self, line: str) -> None:
        if line.strip():
            if self._line:
                print(self._line, flush=True)
            self._line = line

    def last(self) -> str:
        self.pump()
        self._keep(self._rest.decode(errors="replace"))
        self._rest = b""
        self._pipe.close()
        return self._line


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
