"""The supervisor over real processes that are no servers: shells that sleep or fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from hub.embedded import processes, supervisor
from hub.embedded.errors import Refused
from hub.embedded.installation import Installation
from hub.embedded.paths import CHECKOUT, Account, State
from hub.embedded.supervisor import Supervisor


class Shell:
    """A service that is a shell script."""

    account: Account | None = None
    start_seconds = 5.0
    stop_signals: Sequence[tuple[int, float]] = ((int(signal.SIGTERM), 1.0),)
    orphan_signal = int(signal.SIGTERM)

    def __init__(self, name: str, folder: Path, script: str = "exec sleep 600") -> None:
        self.name = name
        self.folder = folder
        self.script = script

    def prepare(self) -> None:
        pass

    def command(self) -> Sequence[str]:
        return ["/bin/sh", "-c", self.script]

    def environ(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"]}

    def ready(self, pid: int) -> bool:
        return True


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="concord-unit-") as made:
        yield Path(made)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def boss(folder: Path, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(State(folder / "s", None), say=said.append)
    made.take()
    yield made
    made.stop()


def pid_of(boss: Supervisor, name: str) -> int:
    child = next(running.child for running in boss.services if running.service.name == name)
    assert child is not None
    return child.pid


def group_is_gone(leader: int) -> bool:
    """Whether the process group has no member but corpses, which whoever is process 1 buries in its own time."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return not [line for line in listed.splitlines() if line.split()[0] == str(leader) and "Z" not in line.split()[1]]


def ticks(boss: Supervisor, until: Callable[[], bool]) -> None:
    def look() -> bool:
        boss.tick()
        return until()

    assert processes.wait_for(look, seconds=10)


def test_what_dies_is_started_again_and_said(boss: Supervisor, folder: Path, said: list[str]) -> None:
    boss.start(Shell("clock", folder))
    first = pid_of(boss, "clock")
    os.kill(first, signal.SIGKILL)
    ticks(boss, lambda: bool(said))
    ticks(boss, lambda: pid_of(boss, "clock") != first)
    assert said == ["clock ended (SIGKILL); starting it again"]


def test_what_keeps_dying_is_started_less_and_less_often(boss: Supervisor, folder: Path, said: list[str]) -> None:
    boss.start(Shell("moth", folder, "sleep 0.05; exit 3"))
    ticks(boss, lambda: len(said) >= 3)
    assert said[0] == "moth ended (exit 3); starting it again"
    assert said[1] == "moth ended (exit 3); starting it again in 1 s"
    assert said[2] == "moth ended (exit 3); starting it again in 2 s"


def test_stop_goes_backwards_and_leaves_no_process(folder: Path, said: list[str]) -> None:
    boss = Supervisor(State(folder / "s", None), say=said.append)
    boss.take()
    note = folder / "order"
    for name in ("first", "second"):
        boss.start(Shell(name, folder, f"trap 'echo {name} >> {note}; exit' TERM; sleep 600 & wait"))
    time.sleep(0.2)
    leaders = [pid_of(boss, "first"), pid_of(boss, "second")]
    boss.stop()
    assert note.read_text().split() == ["second", "first"]
    for leader in leaders:
        # The sleep that the shell left behind went with its group.
        assert processes.wait_for(partial(group_is_gone, leader), seconds=5)


def test_a_second_stop_changes_nothing(folder: Path) -> None:
    boss = Supervisor(State(folder / "s", None), say=lambda text: None)
    boss.take()
    boss.start(Shell("clock", folder))
    boss.stop()
    other = Supervisor(State(folder / "s", None), say=lambda text: None)
    other.take()
    boss.stop()
    assert other.state.lock.read_text().startswith(f"{os.getpid()} running")
    other.stop()


def test_the_last_line_of_a_program_is_held_back(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    installation = Installation({"HUB_STATE_DIR": str(folder / "s")}, say=lambda text: None)
    installation.environ = {"PATH": os.environ["PATH"]}
    script = "echo one; sleep 0.3; printf 'two\\n\\n'; printf '{\"three\": 3}'; exit 7"
    assert installation.run(["/bin/sh", "-c", script], capture=True) == (7, '{"three": 3}')
    assert capfd.readouterr().out == "one\ntwo\n"


def test_one_that_ignores_the_signal_is_killed(folder: Path, said: list[str]) -> None:
    boss = Supervisor(State(folder / "s", None), say=said.append)
    boss.take()
    boss.start(Shell("deaf", folder, "trap '' TERM; while :; do sleep 0.1; done"))
    time.sleep(0.2)
    leader = pid_of(boss, "deaf")
    began = time.monotonic()
    boss.stop()
    assert time.monotonic() - began < 5
    assert processes.wait_for(lambda: group_is_gone(leader), seconds=5)


def test_one_that_cannot_start_is_refused_with_its_last_words(boss: Supervisor, folder: Path) -> None:
    service = Shell("stone", folder, "echo 'no such port' >&2; exit 1")
    service.ready = lambda pid: False  # type: ignore[method-assign]
    with pytest.raises(Refused, match=r"^stone does not start: no such port \(more in .*stone\.log\)$"):
        boss.start(service)


def test_a_state_folder_has_one_supervisor(boss: Supervisor, folder: Path) -> None:
    second = Supervisor(State(folder / "s", None), say=lambda text: None)
    with pytest.raises(Refused, match=rf"Another supervisor \(process {os.getpid()}\).*kill {os.getpid()}"):
        second.take()
    second.stop()
    # The one that was refused took nothing away from the one at work.
    assert boss.state.lock.read_text().startswith(f"{os.getpid()} running")


def test_a_lock_that_a_dead_supervisor_left_does_not_matter(folder: Path) -> None:
    state = State(folder / "s", None)
    state.create()
    state.lock.write_text("999999 running\n")
    boss = Supervisor(state, say=lambda text: None)
    boss.take()
    boss.stop()


def test_leftovers_of_a_killed_supervisor_are_ended_but_not_a_stranger_with_the_same_id(folder: Path) -> None:
    state = State(folder / "s", None)
    state.create()
    left, stranger = (subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(2))
    try:
        state.children.write_text(
            f'{{"web": [{left.pid}, "{processes.started_at(left.pid)}"], "worker": [{stranger.pid}, "12345"]}}'
        )
        boss = Supervisor(state, say=lambda text: None)
        boss.take()
        assert left.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
        boss.stop()
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children of their parent's death on Linux alone")
def test_children_die_with_a_killed_supervisor(folder: Path) -> None:
    script = f"""
import sys, time
sys.path.insert(0, {str(CHECKOUT)!r})
from pathlib import Path
from hub.embedded.paths import State
from hub.embedded.supervisor import Supervisor
from tests.unit.embedded.test_supervisor import Shell
boss = Supervisor(State(Path({str(folder / "s")!r}), None), say=print)
boss.take()
boss.start(Shell("clock", Path({str(folder)!r})))
print(boss.services[0].child.pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    birth = processes.started_at(child)
    assert birth
    parent.kill()
    parent.communicate()
    assert processes.wait_for(lambda: processes.started_at(child) != birth, seconds=5)


def test_the_end_of_a_watched_process_is_a_request_to_stop(folder: Path) -> None:
    watched = subprocess.Popen(["sleep", "600"])
    boss = Supervisor(State(folder / "s", None), say=lambda text: None, watched=watched.pid)
    boss.take()
    boss.tick()
    assert not boss.interrupted
    watched.kill()
    watched.wait()
    boss.tick()
    assert boss.interrupted
    boss.stop()


def test_a_log_that_grew_is_put_aside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MAX_LOG_BYTES", 10)
    boss = Supervisor(State(folder / "s", None), say=lambda text: None)
    boss.take()
    log = boss.state.log("clock")
    log.write_text("more than ten bytes")
    boss.start(Shell("clock", folder))
    boss.stop()
    assert log.with_suffix(".log.1").read_text() == "more than ten bytes"
    assert log.read_text() == ""
