"""The foreground supervisor: starts services in order, restarts what dies, leaves no process behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from hub.embedded import processes, runtime
from hub.embedded.errors import Interrupted, Refused
from hub.embedded.paths import Account, State

TICK = 0.2
# A service that stayed up this long starts again at once when it dies.
STEADY_SECONDS = 30.0
MAX_BACK_OFF = 30.0
MAX_LOG_BYTES = 10 * 1024 * 1024


class Service(Protocol):
    """One long-lived child process."""

    name: str
    folder: Path
    account: Account | None
    start_seconds: float
    stop_signals: Sequence[tuple[int, float]]
    orphan_signal: int

    def prepare(self) -> None: ...
    def command(self) -> Sequence[str | Path]: ...
    def environ(self) -> Mapping[str, str]: ...
    def ready(self, pid: int) -> bool: ...


@dataclass
class _Running:
    service: Service
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    failures: int = 0


class Supervisor:
    """Owns the state folder and the services in it. One thread; call ``start``, then ``tick`` or ``stay``, ``stop``."""

    def __init__(
        self, state: State, *, say: Callable[[str], None], verbose: bool = False, watched: int | None = None
    ) -> None:
        """``watched`` is a process whose end is taken as a request to stop."""
        self.state = state
        self._watched = (watched, processes.started_at(watched)) if watched else None
        self.say = say
        self.verbose = verbose
        self.services: list[_Running] = []
        self.others: list[tuple[subprocess.Popen[bytes], int]] = []
        self._lock: IO[str] | None = None
        self._interrupted = 0
        self._stopping = False
        self._told: dict[str, int] = {}

    # -- taking and leaving the state folder ---------------------------------------------------------------------

    def take(self, *, patience: float = 20.0) -> None:
        """Locks the state folder, waiting a little for a supervisor that is just leaving.

        Raises Refused when another one is at work there.
        """
        self.state.create()
        lock = self.state.lock.open("a+")
        if not processes.wait_for(lambda: _locked(lock), seconds=patience if _leaving(lock) else 0.0, pause=self.pause):
            holder = _holder(lock)
            lock.close()
            raise Refused(
                f"Another supervisor (process {holder}) is at work in {self.state.root}: stop it with Ctrl-C or "
                f"`kill {holder}`, or start this one with another HUB_STATE_DIR and HUB_PORT."
            )
        self._lock = lock
        self._note("running")
        # What a killed supervisor noted is true no more.
        runtime.forget(self.state)
        self._end_leftovers()

    def _note(self, condition: str) -> None:
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.write(f"{os.getpid()} {condition}\n")
            self._lock.flush()

    def _end_leftovers(self) -> None:
        """Ends children that a killed supervisor left, where the kernel did not."""
        try:
            kept = json.loads(self.state.children.read_text())
        except (OSError, ValueError):
            return
        for pid, birth in reversed(list(kept.values())):
            processes.end_stranger(int(pid), str(birth), [(int(signal.SIGTERM), 10.0)])
        self.state.children.unlink(missing_ok=True)

    def listen(self) -> None:
        """Turns SIGINT, SIGTERM and SIGHUP into an orderly stop."""
        processes.adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        self._interrupted += 1

    @property
    def interrupted(self) -> bool:
        return self._interrupted > 0

    def pause(self, seconds: float) -> None:
        """Sleeps; raises Interrupted when somebody asked to stop, unless stopping already."""
        if self.interrupted and not self._stopping:
            raise Interrupted
        time.sleep(seconds)
        if self.interrupted and not self._stopping:
            raise Interrupted

    # -- services ------------------------------------------------------------------------------------------------

    def start(self, *services: Service) -> None:
        """Starts services side by side and waits until each is ready; tries three times before it says why one
        cannot."""
        begun = [_Running(service) for service in services]
        for running in begun:
            self.services.append(running)
            self._launch(running)
        for running in begun:
            tries = 1
            while not self._wait_ready(running):
                self._bury(running)
                if tries == 3:
                    raise Refused(f"{running.service.name} does not start{self._last_words(running.service)}")
                self._launch(running)
                tries += 1

    def _launch(self, running: _Running) -> None:
        service = running.service
        log = self.state.log(service.name)
        _rotate(log)
        service.prepare()
        running.child = processes.spawn(
            service.command(),
            output=log,
            environ=service.environ(),
            folder=service.folder,
            account=service.account,
            orphan_signal=service.orphan_signal,
        )
        running.started = time.monotonic()
        self._write_children()

    def _wait_ready(self, running: _Running) -> bool:
        child = running.child
        if child is None:
            return False

        def settled() -> bool:
            # What this service waits for may die meanwhile.
            self.tick(but=running)
            return child.poll() is not None or running.service.ready(child.pid)

        processes.wait_for(settled, seconds=running.service.start_seconds, pause=self.pause)
        return child.poll() is None and running.service.ready(child.pid)

    def _last_words(self, service: Service) -> str:
        with contextlib.suppress(OSError):
            lines = [
                line for line in self.state.log(service.name).read_text(errors="replace").splitlines() if line.strip()
            ]
            if lines:
                return f": {lines[-1].strip()} (more in {self.state.log(service.name)})"
        return f" and says nothing (its log is {self.state.log(service.name)})"

    def _write_children(self) -> None:
        born = {
            running.service.name: [running.child.pid, processes.started_at(running.child.pid)]
            for running in self.services
            if running.child is not None and running.child.returncode is None
        }
        runtime.write_private(self.state.children, born)

    def _bury(self, running: _Running) -> None:
        """Ends what is left of a service: its group, and its descendants in groups of their own."""
        if running.child is None:
            return
        processes.end(running.child, ((int(signal.SIGTERM), 2.0),))
        processes.end_orphans(self._known())

    def _known(self) -> list[int]:
        children = [running.child for running in self.services] + [child for child, _ in self.others]
        return [child.pid for child in children if child is not None]

    def tick(self, *, but: _Running | None = None) -> None:
        """Looks after the services once: restarts those that died, after a pause that doubles with each failure."""
        now = time.monotonic()
        if self._watched and processes.started_at(self._watched[0]) != self._watched[1]:
            self._interrupted += 1
        for running in self.services:
            if running is but:
                continue
            child = running.child
            if child is not None and child.poll() is not None:
                steady = now - running.started > STEADY_SECONDS
                running.failures = 1 if steady else running.failures + 1
                wait = 0.0 if running.failures == 1 else min(2.0 ** (running.failures - 2), MAX_BACK_OFF)
                running.restart_at = now + wait
                self._bury(running)
                running.child = None
                self.say(
                    f"{running.service.name} ended ({_how(child.returncode)}); "
                    + (f"starting it again in {wait:.0f} s" if wait else "starting it again")
                )
            if running.child is None and now >= running.restart_at:
                try:
                    self._launch(running)
                except (Refused, OSError) as problem:
                    # A full disk, for one: whoever makes room need not start us anew.
                    running.failures += 1
                    running.restart_at = now + min(2.0**running.failures, MAX_BACK_OFF)
                    self.say(f"{running.service.name} cannot be started for now: {problem}")
        if self.verbose:
            self._tell_logs()

    def _tell_logs(self) -> None:
        for running in self.services:
            name = running.service.name
            if name not in ("web", "worker"):
                continue
            with contextlib.suppress(OSError), self.state.log(name).open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                since = self._told.get(name, size)
                log.seek(since if since <= size else 0)
                for line in log.read().decode(errors="replace").splitlines():
                    self.say(f"{name}: {line}")
                self._told[name] = log.tell()

    def stay(self, until: Callable[[], bool] = lambda: False) -> None:
        """Looks after the services until ``until`` says yes, or raises Interrupted when somebody asks to stop."""
        while not until():
            self.tick()
            self.pause(TICK)

    def run(self, child: subprocess.Popen[bytes], *, stop_signal: int, pump: Callable[[], None]) -> int:
        """Looks after the services until ``child`` has ended; its exit code. ``pump`` is called in between."""
        self.others.append((child, stop_signal))

        def ended() -> bool:
            over = child.poll() is not None
            pump()
            return over

        self.stay(ended)
        self.others.remove((child, stop_signal))
        processes.end_session(child.pid)
        return child.returncode

    def stop(self) -> None:
        """Stops every service, the last started first, and leaves the state folder. Done twice, does it once."""
        self._stopping = True
        self._note("leaving")
        for other, number in self.others:
            processes.end(other, ((number, 20.0), (int(signal.SIGTERM), 5.0)))
        for running in reversed(self.services):
            if running.child is not None:
                processes.end(running.child, running.service.stop_signals)
        processes.end_orphans(())
        if self._lock is not None:
            self.state.children.unlink(missing_ok=True)
            runtime.forget(self.state)
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.close()
            self._lock = None


def _how(returncode: int) -> str:
    if returncode >= 0:
        return f"exit {returncode}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-returncode).name
    return f"signal {-returncode}"


def _rotate(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _words(lock: IO[str]) -> list[str]:
    lock.seek(0)
    return lock.read().split()


def _holder(lock: IO[str]) -> str:
    return (_words(lock) or ["unknown"])[0]


def _leaving(lock: IO[str]) -> bool:
    return _words(lock)[1:] == ["leaving"]
