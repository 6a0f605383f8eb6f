"""Processes of the hub on the test's database, in a few milliseconds each: forked from one that has loaded everything.

A process is its own from there on: it has its own connections, and can be killed. Where a test is about how a program
begins, it is started as a person would.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import cache
from typing import Any

from hub.embedded.paths import CHECKOUT
from hub.embedded.processes import die_with_parent


class Hatched:
    """A process that runs ``code``; like ``subprocess.Popen`` with both its outputs in pipes of text."""

    def __init__(self, hatchery: Hatchery, asked: dict[str, Any]) -> None:
        out, out_of_child = os.pipe()
        err, err_of_child = os.pipe()
        self._told, told_by_parent = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with told_by_parent:
            hatchery.send(json.dumps(asked).encode(), [out_of_child, err_of_child, told_by_parent.fileno()])
        os.close(out_of_child)
        os.close(err_of_child)
        self.pid = int(self._told.recv(64))
        self.returncode: int | None = None
        self._texts = ["", ""]
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in enumerate((out, err))]
        for reader in self._readers:
            reader.start()

    def _read(self, number: int, pipe: int) -> None:
        with os.fdopen(pipe, errors="replace") as text:
            self._texts[number] = text.read()

    def poll(self) -> int | None:
        try:
            return self.wait(timeout=0.001)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float = 600.0) -> int:
        """The exit code, or minus the signal that ended it."""
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = os.waitstatus_to_exitcode(int(self._told.recv(64)))
            except TimeoutError:
                raise subprocess.TimeoutExpired("a hatched process", timeout) from None
            self._told.close()
        return self.returncode

    def communicate(self, timeout: float = 600.0) -> tuple[str, str]:
        self.wait(timeout)
        for reader in self._readers:
            reader.join(10)
        return self._texts[0], self._texts[1]

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def hatch(code: str, *arguments: str, **environ: str) -> Hatched:
    """Run ``code`` with ``sys.argv[1:]`` and, over those of the test, these variables; HUB_… ones are settings."""
    return _of(url_of_test()).hatch(code, *arguments, **environ)


class Hatchery:
    """The process that has loaded everything, in an environment; it ends with the one that made it, or is closed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        environ = {**environ, "DJANGO_SETTINGS_MODULE": "hub.conf.settings"}
        command = [sys.executable, "-m", "tests.hatchery", str(theirs.fileno())]
        with theirs:
            self.process = subprocess.Popen(command, env=environ, cwd=CHECKOUT, pass_fds=[theirs.fileno()])

    def send(self, asked: bytes, descriptors: list[int]) -> None:
        socket.send_fds(self._ours, [asked], descriptors)

    def hatch(self, code: str, *arguments: str, said: str = "", **environ: str) -> Hatched:
        return Hatched(self, {"code": code, "arguments": arguments, "said": said, "environ": environ})

    def close(self) -> None:
        self._ours.close()
        self.process.wait(timeout=30)


def url_of_test() -> str:
    """The test's database, for a process that is told by ``DATABASE_URL``."""
    from django.db import connection

    held = connection.settings_dict
    host = held["OPTIONS"].get("host") or held["HOST"] or "localhost"
    port = f"&port={held['PORT']}" if held["PORT"] else ""
    return f"postgres://{held['USER']}:{held['PASSWORD']}@/{held['NAME']}?host={host}{port}"


@cache
def _of(database: str) -> Hatchery:
    return Hatchery({**os.environ, "DATABASE_URL": database})


def _serve(number: int) -> None:
    """In the process that has loaded everything."""
    import django

    django.setup()
    from django.core.management import get_commands
    from django.db import connections

    from hub import ports, tasks  # noqa: F401
    from hub.management.commands import load  # noqa: F401
    from matching.canonical import from_nested
    from matching.model import default
    from matching.normalise import normalise

    die_with_parent(signal.SIGKILL)
    ports._doorbell.clear()  # what tests start looks by itself
    normalise(from_nested({"source_id": "1", "name": {"given": "Ann", "family": "Li"}}, source_system="x"), default())
    get_commands()
    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    door = socket.socket(fileno=number)
    while True:
        asked, descriptors, _, _ = socket.recv_fds(door, 1 << 17, 3)
        if not asked:
            return
        if os.fork() == 0:
            door.close()
            _parent(json.loads(asked), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _parent(asked: dict[str, Any], descriptors: list[int]) -> None:
    """Stays beside the process to tell how it ended."""
    out, err, told = descriptors
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    die_with_parent(signal.SIGKILL)
    child = os.fork()
    if child == 0:
        os.close(told)
        os.dup2(out, 1)
        os.dup2(err, 2)
        die_with_parent(signal.SIGKILL)
        _run(asked)
    os.close(out)
    os.close(err)
    os.write(told, str(child).encode())
    os.write(told, str(os.waitpid(child, 0)[1]).encode())
    os._exit(0)


def _run(asked: dict[str, Any]) -> None:
    from django.conf import settings

    code = 0
    try:
        os.environ.update(asked["environ"])
        for name, value in asked["environ"].items():
            if hasattr(settings, name):
                setattr(settings, name, type(getattr(settings, name))(value))
        random.seed()
        sys.stdin = io.StringIO(asked["said"])
        sys.argv = ["-c", *asked["arguments"]]
        exec(compile(asked["code"], "hatched", "exec"), {"__name__": "__main__"})
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
