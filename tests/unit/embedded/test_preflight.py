"""What is wrong with a machine is said in one sentence that tells what to do."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub.embedded import install, preflight, runtime
from hub.embedded.errors import Refused
from hub.embedded.paths import CHECKOUT, State
from hub.embedded.postgres import Postgres


def test_a_port_in_use_names_the_variable_and_a_port_that_is_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=rf"^Port {port} is in use.*set HUB_PORT to a free one, such as HUB_PORT=\d+"):
            preflight.port_free(port)
    preflight.port_free(port)


@pytest.mark.parametrize("said", ["80x", "0", "65536", "-1", "٨٠٨٠"])
def test_a_port_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(Refused, match="set it to a port number from 1 to 65535"):
        preflight.port_number({"HUB_PORT": said})


def test_the_default_port() -> None:
    assert preflight.port_number({}) == preflight.port_number({"HUB_PORT": ""}) == 8000
    assert preflight.port_number({"HUB_PORT": "8123"}) == 8123


def test_a_full_disk_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    state = State(tmp_path / "not" / "yet", None)
    preflight.disk(state, needed=1)
    with pytest.raises(Refused, match="make room, or set HUB_STATE_DIR"):
        preflight.disk(state, needed=2**60)
    assert not state.root.exists()


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(Refused) as refused:
        preflight.database("postgres://alice:hunter2@127.0.0.1:1/hub", pause=lambda seconds: None, seconds=0)
    assert "DATABASE_URL" in str(refused.value)
    assert "unset DATABASE_URL" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["mysql://a@b/c", "nonsense"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="must name a PostgreSQL database"):
        preflight.database(url, pause=lambda seconds: None)


def test_a_bell_that_does_not_answer_is_refused() -> None:
    with pytest.raises(Refused, match="unset REDIS_URL"):
        preflight.bell("redis://127.0.0.1:1/0", pause=lambda seconds: None, seconds=0)
    with pytest.raises(Refused, match="must look like redis://"):
        preflight.bell("nonsense", pause=lambda seconds: None)


def test_data_of_another_major_version_is_not_touched(tmp_path: Path) -> None:
    state = State(tmp_path / "s", None)
    state.create()
    data = state.root / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(Refused, match="made by PostgreSQL 9 and this is"):
        Postgres(state).prepare()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    state = State(tmp_path, None)
    first = runtime.installation_secrets(state)
    assert set(first) == {"HUB_SECRET_KEY", "HUB_MASTER_KEY"}
    assert runtime.installation_secrets(state) == first
    assert stat.S_IMODE(state.secrets.stat().st_mode) == 0o600


def test_a_spoilt_key_file_is_never_replaced(tmp_path: Path) -> None:
    state = State(tmp_path, None)
    state.secrets.write_text("{")
    with pytest.raises(Refused, match="put it back from a backup"):
        runtime.installation_secrets(state)
    assert state.secrets.read_text() == "{"


def ask_environment(**environ: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    program = "import json; from hub.embedded.runtime import environment; print(json.dumps(environment()))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, env=kept | environ, capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_commands_find_the_servers_that_run_and_a_test_session_never_does(tmp_path: Path) -> None:
    root = tmp_path
    for folder in (root, *root.parents):
        if os.geteuid() == 0 and not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(0o711)
    state = State(root / "s", None)
    state.create()
    assert ask_environment(HUB_STATE_DIR=str(state.root)) == {}
    runtime.write(state, {"DATABASE_URL": "postgres://running", "pid": "1", "HUB_PORT": "8123"})
    keys = runtime.installation_secrets(state)
    assert ask_environment(HUB_STATE_DIR=str(state.root)) == {
        "DATABASE_URL": "postgres://running",
        "HUB_PORT": "8123",
        **keys,
    }
    tested = ask_environment(HUB_STATE_DIR=str(state.root), PYTEST_VERSION="9")
    assert tested["DATABASE_URL"] != "postgres://running"
    assert tested["HUB_MASTER_KEY"] != keys["HUB_MASTER_KEY"]
    # It started nothing, and left nothing behind.
    assert not Path(tested["HUB_STATE_DIR"]).exists()


def test_install_is_redone_until_its_stamp_names_these_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "VENV", str(tmp_path))
    assert not install.installed("embedded")
    (tmp_path / ".installed-embedded").write_text("half")
    assert not install.installed("embedded")
    (tmp_path / ".installed-embedded").write_text(install.wanted("embedded"))
    assert install.installed("embedded")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "check the package index"),
        ("Connection refused\nERROR: No matching distribution found for x", "check the network"),
        ("ERROR: No matching distribution found for x", "no compiler is needed"),
        ("ERROR: [Errno 13] Permission denied: 'x'", "who owns the checkout"),
        ("ERROR: something new", "see what it said"),
    ],
)
def test_a_failed_install_says_what_to_do(said: str, advice: str) -> None:
    assert advice in install.explain(said)


def test_dev_requirements_hold_the_embedded_ones() -> None:
    """``install.py`` takes an installed dev.txt for an installed embedded.txt."""
    pins = {}
    for level in ("embedded", "dev"):
        lines = Path(install.requirements(level)).read_text().splitlines()
        pins[level] = {line.split(" ")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}
    assert len(pins["embedded"]) > 50
    assert pins["embedded"] <= pins["dev"]


def test_every_target_of_the_makefile_is_phony_and_told() -> None:
    lines = (CHECKOUT / "Makefile").read_text().splitlines()
    phony = set(next(line for line in lines if line.startswith(".PHONY")).split()[1:])
    targets = {line.split(":")[0] for line in lines if line[:1].islower() and ":" in line and ":=" not in line}
    assert targets == phony
    told = {line.split(":")[0] for line in lines if " ## " in line}
    assert {"install", "demo", "up", "test", "check", "bench", "lint", "types", "clean"} <= told
