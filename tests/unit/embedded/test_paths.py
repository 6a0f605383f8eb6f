"""Where state goes, and what the servers' account can reach."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import paths
from hub.embedded.errors import Refused
from hub.embedded.paths import CHECKOUT, Account, State

STRANGER = Account(uid=54321, gid=54321)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="concord-unit-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_default_is_var_in_the_checkout_when_it_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "server_account", lambda: None)
    assert State.resolve({}).root == CHECKOUT / "var"
    assert State.resolve({"HUB_STATE_DIR": "elsewhere"}).root == CHECKOUT / "elsewhere"
    assert State.resolve({"HUB_STATE_DIR": "/tmp/elsewhere"}).root == Path("/tmp/elsewhere").resolve()


def test_out_of_reach_moves_to_var_lib_and_says_from_where(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(paths, "server_account", lambda: STRANGER)
    state = State.resolve({"HUB_STATE_DIR": str(closed / "var")})
    assert state.root.parent == Path("/var/lib")
    assert state.root.name.startswith("concord-")
    assert state.moved_from == (closed / "var").resolve()
    # The same folder every time, and another for another checkout.
    assert State.resolve({"HUB_STATE_DIR": str(closed / "var")}).root == state.root
    assert State.resolve({"HUB_STATE_DIR": str(closed / "other")}).root != state.root


def test_reach_is_judged_as_owner_group_or_other(folder: Path) -> None:
    for mode, uid, gid, expected in (
        (0o711, 1, 1, True),
        (0o700, 1, 1, False),
        (0o710, 1, os.stat(folder).st_gid, True),
        (0o611, os.stat(folder).st_uid, 1, False),
    ):
        folder.chmod(mode)
        assert paths.reachable(folder / "var", Account(uid=uid, gid=gid)) is expected
    folder.chmod(0o755)


def test_state_folder_is_closed_to_others(folder: Path) -> None:
    state = State(folder / "s", None)
    state.create()
    assert stat.S_IMODE(state.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((state.root / "log").stat().st_mode) == 0o700


def test_a_state_folder_that_cannot_be_made_is_refused_in_words(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(Refused, match="set HUB_STATE_DIR to a folder"):
        State(folder / "file" / "s", None).create()


def test_sockets_lie_in_the_state_folder_where_its_path_is_short_and_plain(folder: Path) -> None:
    state = State(folder / "s", None)
    state.create()
    assert state.socket_folder() == folder / "s" / "run"
    assert stat.S_IMODE((folder / "s" / "run").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["with space", "x" * 90, "ümlaut"])
def test_other_paths_get_a_short_folder_that_stays_the_same(folder: Path, name: str) -> None:
    state = State(folder / name, None)
    state.create()
    sockets = state.socket_folder()
    try:
        assert sockets.parent == Path("/tmp")
        assert len(str(sockets / ".s.PGSQL.5432.lock")) <= paths.MAX_SOCKET_PATH
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert state.socket_folder() == sockets
        # One that somebody else could look into is not used again.
        sockets.chmod(0o755)
        other = state.socket_folder()
        assert other != sockets
        other.rmdir()
    finally:
        sockets.rmdir()


def test_removal_takes_the_socket_folder_along(folder: Path) -> None:
    state = State(folder / "with space", None)
    state.create()
    sockets = state.socket_folder()
    state.remove()
    assert not sockets.exists()
    assert not state.root.exists()
    assert folder.exists()
