"""One installation for all trials: each damages it in its own way and must leave it as good as new."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import throwaway
from tests.faults.trial import CLOCK, Trial
from tests.servers import Servers, Stack

DISK_MB = 900


@pytest.fixture(scope="session")
def small_disk() -> Iterator[Path | None]:
    """A file system of its own for the state folder, so that it can be full; None where nobody may mount one."""
    folder = Path(throwaway.new_folder()).parent
    sudo: list[str] = [] if os.geteuid() == 0 else ["sudo", "-n"]
    mount = [*sudo, "mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0755,uid={os.geteuid()}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    yield folder if done else None
    if done:
        subprocess.run([*sudo, "umount", "--lazy", folder], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def trial(servers: Servers, small_disk: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The hub under trial."""
    clock = tmp_path_factory.mktemp("clock") / "seconds"
    environ = {"PYTHONPATH": str(CLOCK), "FAULT_CLOCK": str(clock), "HUB_MODEL_SUCCESSION": "off"}
    folder = (small_disk or Path(throwaway.new_folder()).parent) / "s"
    stack = Stack(folder=folder, environ=environ, begun=True)
    trial = Trial(stack, servers, clock=clock, small_disk=small_disk)
    try:
        stack.start()
        trial.begin()
        trial.send()
        trial.settled_within(30, "no fault at all")
        yield trial
        for what, took in sorted(trial.took.items()):
            sys.stdout.write(f"{took:6.1f} s  {what}\n")
    finally:
        trial.close()
        stack.stop()
        stack.state.remove()
