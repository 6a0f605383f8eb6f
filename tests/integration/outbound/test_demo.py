"""The demo against a whole installation: what it counts, that it repeats, and that it fails when something is wrong."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hub.embedded import preflight
from hub.embedded.paths import State
from hub.embedded.services import status
from tests.servers import Stack

SMALL = ("--persons", "80")


@pytest.fixture(scope="module")
def hub() -> Iterator[Stack]:
    receiver = f"127.0.0.1:{preflight.free_port()}"
    environ = {"HUB_DEMO_RECEIVER": receiver, "HUB_DELIVERY_ALLOW": receiver, "HEADLESS": "1"}
    with Stack(what="up", environ=environ, begun=True) as stack:
        yield stack


def result(hub: Stack, *arguments: str) -> dict[str, Any]:
    done = hub.manage("demo", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def test_all_that_is_published_is_delivered_and_a_second_run_changes_nothing(hub):
    first = result(hub, *SMALL)
    assert set(first) == {
        "records", "golden_records", "potential_matches", "events_published", "events_delivered", "truth",
    }  # fmt: skip
    assert first["events_published"] == first["events_delivered"] > first["golden_records"] > 50
    assert first["records"] > 150
    assert set(first["truth"]) == {"precision", "recall", "f1"}
    kept = sorted((hub.state.root / "demo").glob("received-*.ndjson"))
    assert len(kept) == 1
    lines = kept[0].read_text().splitlines()
    assert result(hub, *SMALL) == first
    assert kept[0].read_text().splitlines() == lines
    verified = hub.manage("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_it_prints_who_signs_in_and_a_curl_line_that_works(hub):
    done = hub.manage("demo", *SMALL)
    line = next(x for x in done.stdout.splitlines() if "curl" in x)
    name, _, header, url = (word for word in shlex.split(line) if word != "-s")
    assert name == "curl"
    code, profile = hub.get(url.removeprefix(hub.url), Authorization=header.removeprefix("Authorization: "))
    assert code == 200
    assert profile["golden_id"].startswith("gr_")
    assert len({entry["source_system"] for entry in profile["crosswalk"]}) > 1
    assert "alice" in done.stdout
    private = hub.state.root / "demo" / "kept.json"
    assert private.stat().st_mode & 0o077 == 0


def test_without_headless_it_stays_with_the_receiver_until_it_is_told_to_go(hub):
    environ = {**hub.environ, "HEADLESS": ""}
    port = int(environ["HUB_DEMO_RECEIVER"].rpartition(":")[2])
    child = subprocess.Popen(
        [sys.executable, "manage.py", "demo", *SMALL], cwd=hub.checkout, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = ""
    for line in child.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    assert status(port, "/count") == 200, said
    found = subprocess.run(["pgrep", "-P", str(child.pid)], capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(found[0]), signal.SIGKILL)
    until = time.monotonic() + 20
    while status(port, "/count") != 200 and time.monotonic() < until:
        time.sleep(0.1)
    assert status(port, "/count") == 200  # started again
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0
    child.stdout.close()
    assert status(port, "/count") == 0


def test_a_receiver_that_may_not_be_called_is_said_before_anything_is_loaded(hub):
    elsewhere = f"127.0.0.1:{preflight.free_port()}"
    was = hub.environ
    hub.environ = {**was, "HUB_DEMO_RECEIVER": elsewhere}
    try:
        done = hub.manage("demo", *SMALL)
    finally:
        hub.environ = was
    assert done.returncode == 2
    assert f"HUB_DELIVERY_ALLOW={elsewhere}" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_hub_it_says_what_to_start(tmp_path, hub):
    environ = {**hub.environ, "HUB_STATE_DIR": str(tmp_path / "s")}
    child = subprocess.run(
        [sys.executable, "manage.py", "demo"], cwd=hub.checkout,
        capture_output=True, text=True, check=False, timeout=60, env=environ,
    )  # fmt: skip
    assert child.returncode != 0
    assert not State.resolve(environ).root.exists()  # nothing is made for an installation that there is not
    assert "make up" in child.stderr
    assert "Traceback" not in child.stderr
