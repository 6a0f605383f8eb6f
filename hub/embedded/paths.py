"""Where the state of one installation lives, and as whom its servers may run."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.embedded.errors import Refused

CHECKOUT = Path(__file__).resolve().parents[2]
# A Unix socket's whole path must fit into 104 bytes on macOS and 108 on Linux.
MAX_SOCKET_PATH = 100
# How the name of a folder begins that holds a throwaway state.
THROWAWAY = "concord-test-"
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Account:
    """The unprivileged user that the servers run as when the supervisor is root."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """``nobody`` when we are root (PostgreSQL refuses to run as root), else None: the servers run as we do."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534)
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account) -> bool:
    """Whether ``account`` may pass through every folder above ``path`` that exists."""
    for folder in path.parents:
        try:
            found = folder.stat()
        except FileNotFoundError:
            continue
        if found.st_uid == account.uid:
            allowed = found.st_mode & stat.S_IXUSR
        elif found.st_gid == account.gid:
            allowed = found.st_mode & stat.S_IXGRP
        else:
            allowed = found.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


@dataclass(frozen=True)
class State:
    """The state folder of one installation. ``moved_from`` is set where the wished folder was out of reach."""

    root: Path
    account: Account | None
    moved_from: Path | None = None

    @classmethod
    def resolve(cls, environ: Mapping[str, str]) -> State:
        """The folder that ``HUB_STATE_DIR`` names (default ``var/``), relative to the checkout; creates nothing."""
        wished = (CHECKOUT / (environ.get("HUB_STATE_DIR") or "var")).resolve()
        account = server_account()
        if account and not reachable(wished / "postgres" / "base", account):
            # An existing state folder is ours and its mode is set on creation: only the folders above it count.
            if reachable(wished, account):
                return cls(wished, account)
            digest = hashlib.sha256(str(wished).encode()).hexdigest()[:12]
            return cls(Path("/var/lib") / f"concord-{digest}", account, wished)
        return cls(wished, account)

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def runtime(self) -> Path:
        return self.root / "runtime.json"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def children(self) -> Path:
        return self.root / "children.json"

    def log(self, name: str) -> Path:
        return self.root / "log" / f"{name}.log"

    def create(self) -> None:
        """Makes the folder: others may pass through it only where a server runs as another user than we do."""
        mode = 0o711 if self.account else 0o700
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(mode)
            (self.root / "log").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Refused(
                f"The state folder {self.root} cannot be made ({error.strerror}): "
                "set HUB_STATE_DIR to a folder that you may write to."
            ) from None

    def private_folder(self, path: Path) -> Path:
        """Makes ``path`` with mode 0700, owned by the account that the servers run as."""
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)
        return path

    def socket_folder(self) -> Path:
        """A folder for sockets whose path is short and plain: in the state folder, else one below ``/tmp``.

        Spaces and the like are avoided because the path becomes part of URLs that several libraries parse,
        each in its own way.
        """
        inside = self.root / "run"
        if len(str(inside / ".s.PGSQL.5432.lock").encode()) <= MAX_SOCKET_PATH and _PLAIN.fullmatch(str(inside)):
            return self.private_folder(inside)
        note = self.root / "socket_folder"
        owner = self.account.uid if self.account else os.geteuid()
        if note.exists():
            kept = Path(note.read_text().strip())
            if _is_private(kept, owner):
                return kept
        made = Path(tempfile.mkdtemp(prefix="concord-", dir="/tmp"))
        note.write_text(str(made))
        return self.private_folder(made)

    def remove(self) -> None:
        """Deletes the state, the folder below ``/tmp`` included; for states that are thrown away."""
        note = self.root / "socket_folder"
        if note.exists():
            shutil.rmtree(note.read_text().strip(), ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)
        if self.root.parent.name.startswith(THROWAWAY):
            shutil.rmtree(self.root.parent, ignore_errors=True)


def _is_private(path: Path, owner: int) -> bool:
    # Anybody may make a folder in /tmp: one that another user made, or a link, is not ours to use.
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700
