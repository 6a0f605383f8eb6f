"""The whole installation under the supervisor: web and worker beside the servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from hub.embedded import processes
from hub.embedded.paths import CHECKOUT
from hub.embedded.services import status
from tests.servers import Stack, outside_environment, still_alive


def test_it_starts_serves_and_every_process_comes_back_after_a_kill(stack: Stack) -> None:
    assert stack.get("/readyz")[0] == 200
    done = stack.manage("verify")
    assert done.returncode == 0, done.stderr
    for name in ("worker", "web", "valkey", "postgres"):
        stack.kill9(name)
        stack.wait_ready()
    # One process of those that web and worker run, in place of the whole.
    for name in ("web", "worker"):
        before = set(processes.children_of(stack.pid(name)))
        os.kill(min(before), signal.SIGKILL)
        assert processes.wait_for(lambda name=name, before=before: _renewed(stack, name, before), seconds=30), name
    stack.wait_ready()
    below = stack.alive_below()
    assert len(below) > 8
    assert stack.stop(signal.SIGINT) == 0
    assert still_alive(below) == []
    assert status(stack.port, "/healthz") == 0
    asked = stack.manage("verify")
    assert asked.returncode == 2
    assert "make up" in asked.stderr
    assert "Traceback" not in asked.stderr


def _renewed(stack: Stack, name: str, before: set[int]) -> bool:
    now = {pid for pid in processes.children_of(stack.pid(name)) if processes.started_at(pid)}
    return len(now) >= len(before) and min(before) not in now


@pytest.mark.parametrize("what", ["up", "demo"])
def test_a_port_in_use_is_one_sentence_and_leaves_nothing(what: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        stack = Stack(what="up" if what == "up" else "demo", port=taken.getsockname()[1])
        said = stack.launch().communicate(timeout=120)[0]
        assert stack.supervisor is not None
        assert stack.supervisor.returncode == 2
        assert "set HUB_PORT to a free one" in said
        assert "Traceback" not in said
        assert stack.runtime() == {}
        stack.state.remove()


def test_unit_tests_start_no_server() -> None:
    program = (
        "import pytest, sys, os\n"
        "code = pytest.main(['-q', '-p', 'no:cacheprovider', 'tests/unit/embedded/test_paths.py'])\n"
        "folder = os.environ['HUB_TEST_STATE']\n"
        "print('FOLDER', folder, os.path.exists(folder + '/runtime.json'))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, env=outside_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    told = next(line for line in done.stdout.splitlines() if line.startswith("FOLDER")).split()
    assert told[2] == "False"
    assert not os.path.exists(told[1])
