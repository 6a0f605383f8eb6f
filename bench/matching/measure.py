"""Wall time and peak memory of a process with all its children, and what the machine is."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import psutil

POLL_SECONDS = 0.1
# Addresses of servers that a benchmark of files has no use for.
_UNWANTED = ("DATABASE_URL", "REDIS_URL", "HUB_STATE_DIR", "HUB_PORT")
_PACKAGES = ("splink", "duckdb", "recordlinkage", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True)
class Run:
    """``seconds`` from start to end; ``peak_mb`` of the whole tree; ``error`` is empty where it succeeded."""

    seconds: float
    peak_mb: float
    output: str
    error: str
    code: int


def run(command: Sequence[str], *, cwd: Path, limit: float, env: Mapping[str, str] | None = None) -> Run:
    """Runs a command to its end, or stops it after ``limit`` seconds."""
    surroundings = {k: v for k, v in os.environ.items() if k not in _UNWANTED} | dict(env or {})
    # Files instead of pipes: nothing has to be read while it runs.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        began = perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=surroundings, stdout=out, stderr=err, stdin=subprocess.DEVNULL, start_new_session=True
        )
        done = Event()
        seen = [0.0]
        late = [False]

        def watch() -> None:
            while not done.wait(POLL_SECONDS):
                seen[0] = max(seen[0], _tree_mb(process.pid))
                if perf_counter() - began > limit and not late[0]:
                    late[0] = True
                    _stop(process.pid)

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            _stop(process.pid)
            raise
        finally:
            done.set()
        seconds = perf_counter() - began
        watcher.join()
        # What the kernel kept catches a peak between two looks; it knows the largest process alone, not their sum. A
        # process begins as a fork of this one, whose own memory then counts as its peak and says nothing of it.
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        kernel_mb = usage.ru_maxrss / unit
        if usage.ru_maxrss <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
            kernel_mb = 0.0
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Run(
            round(seconds, 2),
            round(max(seen[0], kernel_mb), 1),
            out.read(),
            _reason(process.returncode, late[0], limit, err.read()),
            process.returncode,
        )


def _reason(code: int, late: bool, limit: float, said: str) -> str:
    if late:
        return f"stopped after {limit:,.0f} s"
    if code == -9:
        return "killed, most likely for want of memory"
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return f"exit {code}: {lines[-1].strip()[:300] if lines else 'no reason given'}" if code else ""


def _tree_mb(pid: int) -> float:
    """Memory of a process and its children; pages that they share count once where the system can tell."""
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0.0
    total = 0.0
    for member in family:
        try:
            if len(family) == 1:
                total += member.memory_info().rss
            else:
                full = member.memory_full_info()
                total += getattr(full, "pss", full.rss)
        except psutil.Error:
            continue
    return total / (1 << 20)


def _stop(pid: int) -> None:
    """Ends what was started here: the process and its children, by their ids."""
    try:
        top = psutil.Process(pid)
        for member in [*top.children(recursive=True), top]:
            member.kill()
    except psutil.Error:
        return


def machine() -> dict[str, object]:
    """What a reader needs to judge the figures; nothing that names the machine."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / (1 << 30)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
