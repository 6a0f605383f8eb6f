"""Servers for tests: those that a session shares, and whole installations that a test has to itself."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from hub.embedded import preflight, processes, throwaway
from hub.embedded.paths import CHECKOUT, State
from hub.embedded.services import status

if TYPE_CHECKING:
    from tests.hatchery import Hatchery

_COMMAND = "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"
# What a session sets for itself must not reach an installation that a test starts.
_SESSION = ("DATABASE_URL", "REDIS_URL", "PYTEST_VERSION", "MAKELEVEL", "MAKEFLAGS", "HEADLESS")


@dataclass(frozen=True)
class Servers:
    """Where the session's servers are. Shared: nobody kills them."""

    database_url: str
    redis_url: str


def session_servers() -> Servers:
    """Starts the session's servers, unless they run or the environment names others."""
    found = throwaway.environment()
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if len(given) < 2:
        throwaway.start()
    found |= given
    return Servers(database_url=found["DATABASE_URL"], redis_url=found["REDIS_URL"])


def still_alive(born: Mapping[int, str]) -> list[int]:
    """Which of the processes that ``Stack.alive_below`` found have not ended."""
    return [pid for pid, birth in born.items() if processes.started_at(pid) == birth]


def outside_environment(**changes: str) -> dict[str, str]:
    """The environment of a person's terminal: nothing in it of this test session."""
    kept = {name: value for name, value in os.environ.items() if name not in _SESSION}
    kept = {name: value for name, value in kept.items() if not name.startswith(("PYTEST_", "HUB_", "DJANGO_"))}
    return kept | changes


class Stack:
    """An installation with a state folder and a port of its own; a context manager that leaves nothing behind.

    ``what`` is a subcommand of ``hub.embedded``: ``up`` for everything, ``servers`` for PostgreSQL and Valkey. Where
    ``begun``, it starts from a copy of a state folder whose databases were migrated once for the whole session.
    """

    def __init__(
        self,
        *,
        what: Literal["up", "servers", "demo"] = "up",
        folder: Path | None = None,
        port: int | None = None,
        environ: Mapping[str, str] | None = None,
        checkout: Path = CHECKOUT,
        begun: bool = False,
    ) -> None:
        self.what = what
        self._begun = begun
        self._thrown = folder is None
        self.folder = folder or Path(throwaway.new_folder())
        self.port = port or preflight.free_port()
        self.checkout = checkout
        self.environ = outside_environment(HUB_STATE_DIR=str(self.folder), HUB_PORT=str(self.port), **(environ or {}))
        self.supervisor: subprocess.Popen[str] | None = None
        self._hatchery: Hatchery | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> State:
        return State.resolve(self.environ)

    def launch(self) -> subprocess.Popen[str]:
        """Starts the supervisor and returns at once."""
        command = [sys.executable, "-m", "hub.embedded", "--while", str(os.getpid()), self.what]
        self.supervisor = subprocess.Popen(
            command,
            cwd=self.checkout,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.supervisor

    def start(self, *, seconds: float = 90.0) -> Self:
        """Starts the supervisor and waits until what it runs is ready."""
        if self._begun and not self.folder.exists():
            # With its owners: the servers may run under another account than the tests.
            subprocess.run(["cp", "-a", begun_folder(), self.folder], check=True)
        supervisor = self.launch()
        up = processes.wait_for(lambda: supervisor.poll() is not None or self.ready(), seconds=seconds)
        if not up or supervisor.poll() is not None:
            supervisor.terminate()
            raise AssertionError(f"no start: {supervisor.communicate(timeout=60)[0]}")
        return self

    def ready(self) -> bool:
        runtime = self.runtime()
        if runtime.get("pid") != str(self.pid("supervisor")):
            return False
        if self.what == "servers":
            return "REDIS_URL" in runtime
        return runtime.get("started") == "all" and status(self.port, "/readyz") == 200

    def runtime(self) -> dict[str, str]:
        """What the supervisor noted for other processes; empty when it does not run."""
        return _json(self.state.runtime)

    def pid(self, name: str) -> int:
        """The process id of ``postgres``, ``valkey``, ``web``, ``worker`` or the ``supervisor``."""
        if name == "supervisor":
            assert self.supervisor is not None
            return self.supervisor.pid
        return int(_json(self.state.children)[name][0])

    def kill9(self, name: str, *, wait: bool = True) -> None:
        """Kills one of them with SIGKILL; waits until it was started again (never the supervisor)."""
        killed = self.pid(name)
        os.kill(killed, signal.SIGKILL)
        if wait and name != "supervisor" and not processes.wait_for(lambda: self._replaced(name, killed), seconds=60):
            raise AssertionError(f"{name} was not started again")

    def _replaced(self, name: str, killed: int) -> bool:
        found = _json(self.state.children).get(name)
        return found is not None and int(found[0]) != killed and bool(processes.started_at(int(found[0])))

    def start_again(self) -> Self:
        """Starts anew in the same state folder after the supervisor was killed."""
        assert self.supervisor is not None
        self.supervisor.wait(timeout=30)
        if self.supervisor.stdout is not None:
            self.supervisor.stdout.close()
        return self.start()

    def cut_power(self) -> None:
        """Kills everything at the same moment with SIGKILL: nobody gets to stop in good order, or to start another."""
        assert self.supervisor is not None
        os.kill(self.supervisor.pid, signal.SIGSTOP)
        for pid in (*self.session_ids(), self.supervisor.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait_ready(self, *, seconds: float = 60.0) -> None:
        if not processes.wait_for(self.ready, seconds=seconds):
            raise AssertionError(f"not ready after {seconds} s")

    def manage(self, *arguments: str, seconds: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Runs a command as a person in another terminal would."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.checkout,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def command(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """As ``manage``, in a process that is forked from one that has loaded everything: for what a test begins with.
        ``said`` is what the command reads."""
        from tests.hatchery import Hatchery

        if self._hatchery is None:
            self._hatchery = Hatchery(self.environ)
        process = self._hatchery.hatch(_COMMAND, *arguments, said=said)
        out, err = process.communicate(300.0)
        return subprocess.CompletedProcess(arguments, process.wait(), out, err)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """GET on the web process: status and decoded JSON."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def session_ids(self) -> set[int]:
        """Every process that descends from the supervisor, by id."""
        found: set[int] = set()
        waiting = [self.pid("supervisor")]
        while waiting:
            below = processes.children_of(waiting.pop())
            found.update(below)
            waiting.extend(below)
        return found

    def alive_below(self) -> dict[int, str]:
        """When each living descendant of the supervisor was born, by its id.

        Without those that have just ended and are not buried yet (a backend whose client left): they have no birth,
        and would look like themselves for ever after.
        """
        born = {pid: processes.started_at(pid) for pid in self.session_ids()}
        return {pid: birth for pid, birth in born.items() if birth}

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stops the supervisor as Ctrl-C or ``kill`` would; its exit code."""
        assert self.supervisor is not None
        if self._hatchery is not None:
            self._hatchery.close()
            self._hatchery = None
        if self.supervisor.poll() is None:
            self.supervisor.send_signal(number)
        self.said = self.supervisor.communicate(timeout=90)[0]
        return self.supervisor.returncode

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._thrown:
            self.state.remove()


def begun_folder() -> Path:
    """The state folder of an installation that was migrated and stopped; made once for all processes of a session."""
    from tests import databases

    servers = session_servers()
    root = Path(os.environ["HUB_TEST_STATE"])
    folder = root / "begun"
    with (root / "begin").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not folder.exists():
            with Stack(what="servers", folder=root / "b") as stack:
                databases.fill(servers, stack)
            (root / "b").rename(folder)
    return folder


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
