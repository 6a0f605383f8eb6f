"""Servers of one test session: made when first asked for, gone with the process that the session began in."""

from __future__ import annotations

import atexit
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
# A test session has nothing to keep secret.
KEYS = {"HUB_SECRET_KEY": "tests-only-" + "x" * 40, "HUB_MASTER_KEY": "dGVzdHMtaGF2ZS1ub3RoaW5nLXRvLWtlZXAtaGVyZSE="}
# The supervisors that this process started, which stop by themselves when the session's owner has gone.
_started: list[subprocess.Popen[bytes]] = []


def begin(folder: str) -> None:
    """Makes ``folder`` the state of this process's session, which its children share."""
    os.environ[FOLDER] = folder
    os.environ[OWNER] = str(os.getpid())


def environment() -> dict[str, str]:
    """Addresses of this session's servers, which need not run yet; the first call fixes them for its children too."""
    if FOLDER not in os.environ:
        begin(new_folder())
        atexit.register(discard)
    state = _state()
    state.create()
    # Tests that run side by side share a Valkey, each process with a numbered database of its own.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    number = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
    return {
        "DATABASE_URL": Postgres(state).url(),
        "REDIS_URL": Valkey(state).url().replace("db=0", f"db={number}"),
        "HUB_STATE_DIR": str(state.root),
        **KEYS,
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
            env={**os.environ, "HUB_STATE_DIR": str(state.root)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(child)
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
