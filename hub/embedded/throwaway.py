"""Servers of one test session: made when first asked for, gone with the process that the session began in."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hub.embedded import processes
from hub.embedded.errors import Refused
from hub.embedded.paths import CHECKOUT, THROWAWAY, State, server_account
from hub.embedded.postgres import Postgres
from hub.embedded.valkey import Valkey

# Set in the environment of a test session, and so known to the processes that share it.
FOLDER = "HUB_TEST_STATE"
OWNER = "HUB_TEST_OWNER"


def environment() -> dict[str, str]:
    """Addresses of this session's servers, which need not run yet; the first call fixes them for its children too."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = new_folder()
        os.environ[OWNER] = str(os.getpid())
    state = _state()
    state.create()
    # Tests that run side by side share a Valkey, each process with a numbered database of its own.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1")[2:]) + 1
    return {
        "DATABASE_URL": Postgres(state).url(),
        "REDIS_URL": Valkey(state).url().replace("db=0", f"db={number}"),
        "HUB_STATE_DIR": str(state.root),
        "HUB_SECRET_KEY": "a-test-session-has-nothing-to-keep-secret-" + "x" * 16,
        "HUB_MASTER_KEY": "dGVzdHMtaGF2ZS1ub3RoaW5nLXRvLWtlZXAtaGVyZSE=",
    }


def new_folder() -> str:
    """An empty state folder with a short path that the servers' account can reach."""
    made = Path(tempfile.mkdtemp(prefix=THROWAWAY, dir="/tmp"))
    made.chmod(0o711 if server_account() else 0o700)
    return str(made / "s")


def start() -> Path:
    """Starts the servers unless they run, from whichever process of the session asks first; their state folder."""
    state = _state()
    state.create()
    with (state.root / "start").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not state.runtime.exists():
            _launch(state)
    return state.root


def _launch(state: State) -> None:
    with state.log("servers").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "hub.embedded", "--while", os.environ[OWNER], "servers", "--throwaway"],
            cwd=CHECKOUT,
            env=_without_servers() | {"HUB_STATE_DIR": str(state.root)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    processes.wait_for(lambda: state.runtime.exists() or child.poll() is not None, seconds=60)
    if not state.runtime.exists():
        said = state.log("servers").read_text(errors="replace").strip().splitlines() if state.root.exists() else []
        raise Refused(f"The servers of this test session do not start: {said[-1] if said else 'they say nothing'}")


def discard() -> None:
    """Forgets a folder that no server was ever started in."""
    folder = os.environ.get(FOLDER)
    if folder and os.environ.get(OWNER) == str(os.getpid()) and not _state().runtime.exists():
        _state().remove()


def _state() -> State:
    return State.resolve({"HUB_STATE_DIR": os.environ[FOLDER]})


def _without_servers() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
