"""Starting, telling apart and ending child processes so that none outlives its supervisor."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from hub.embedded.paths import Account

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(with_signal: int) -> None:
    """Asks the kernel to send this process ``with_signal`` when its parent dies. Linux only; elsewhere nothing."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, with_signal, 0, 0, 0)


def adopt_orphans() -> None:
    """Makes this process the parent of every descendant whose own parent dies, so that it can end them."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    argv: Sequence[str | Path],
    *,
    output: Path | int | None,
    environ: Mapping[str, str],
    folder: Path,
    account: Account | None = None,
    orphan_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Starts ``argv`` in a session of its own.

    ``output`` is a log file that both its output streams are appended to, or what ``subprocess`` takes as
    ``stdout``. ``orphan_signal`` reaches the process when we die, by whatever cause. Call from the main thread
    only: the kernel ties that signal to the thread that forked.
    """
    parent = os.getpid()

    def in_child() -> None:
        # Runs after the user was changed, which clears the setting.
        die_with_parent(orphan_signal)
        if os.getppid() != parent:
            os._exit(1)

    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if isinstance(output, Path) else None
    try:
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output if not isinstance(output, Path) else log,
            stderr=log,
            cwd=folder,
            env=dict(environ),
            start_new_session=True,
            preexec_fn=in_child,
            **run_as(account),
        )
    finally:
        if log is not None:
            os.close(log)


class RunAs(TypedDict, total=False):
    """Keyword arguments of ``subprocess`` that say as whom to run."""

    user: int
    group: int
    extra_groups: list[str | int]


def run_as(account: Account | None) -> RunAs:
    """What drops root's privileges, all groups included; nothing where there is no account to change to."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def started_at(pid: int) -> str:
    """What tells this process from a later one with the same id; empty when there is none, or only its corpse."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def command_line(pid: int) -> str:
    """The command line of a process, its arguments separated by spaces; empty when there is none."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    found = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def wait_for(done: Callable[[], bool], *, seconds: float, pause: Callable[[float], None] = time.sleep) -> bool:
    """Asks ``done`` until it says yes or the time is over; says which."""
    limit = time.monotonic() + seconds
    delay = 0.01
    while not done():
        if time.monotonic() > limit:
            return False
        pause(delay)
        delay = min(delay * 1.5, 0.2)
    return True


def end(child: subprocess.Popen[bytes], steps: Iterable[tuple[int, float]]) -> None:
    """Sends each signal in turn, giving the process that many seconds, and at last kills what is left of it."""
    for number, seconds in steps:
        if child.poll() is not None:
            break
        child.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
    if child.poll() is None:
        child.kill()
        child.wait()
    end_session(child.pid)


def end_session(leader: int) -> None:
    """Kills whatever is left in the process group of a leader that is dead."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_stranger(pid: int, birth: str, steps: Iterable[tuple[int, float]]) -> None:
    """Ends a process that is not our child, if it still is the one that was born at ``birth``."""
    for number, seconds in [*steps, (int(signal.SIGKILL), 5.0)]:
        if not birth or started_at(pid) != birth:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_for(lambda: started_at(pid) != birth, seconds=seconds)


def children_of(parent: int) -> list[int]:
    """The ids of a process's children, dead ones that nobody waited for included. Linux only; elsewhere none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError, IndexError):
            if int(entry.read_text(errors="replace").rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.parent.name))
    return found


def end_orphans(known: Iterable[int]) -> None:
    """Kills and buries the children that we adopted: what processes that died without tidying up left behind.

    Spares ``known`` and the members of the sessions that they lead.
    """
    spared = set(known)
    for pid in set(children_of(os.getpid())) - spared:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            if os.getsid(pid) not in spared:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
