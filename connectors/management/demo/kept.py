"""What the demo made and must know again when it is run a second time."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hub.embedded.paths import State
from hub.embedded.runtime import write_private

_NAME = "kept.json"


def folder() -> Path:
    """The demo's folder inside the state folder of the installation, made where there is none."""
    made = _place()
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


def state() -> State:
    return State.resolve(os.environ)


def _place() -> Path:
    """Where the folder is, which a look makes none of: there may be no installation to say so."""
    return state().root / "demo"


@dataclass(repr=False)
class Kept:
    """Passwords of the demo's people, the client's credentials, and how many events there were before."""

    passwords: dict[str, str] = field(default_factory=dict)
    client: dict[str, str] = field(default_factory=dict)
    events_before: int = 0

    @classmethod
    def read(cls) -> Kept:
        """What an earlier run kept; nothing where there was none or its file cannot be read."""
        try:
            held = json.loads((_place() / _NAME).read_text())
            return cls(dict(held["passwords"]), dict(held["client"]), int(held["events_before"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self) -> None:
        write_private(folder() / _NAME, asdict(self))

    def password(self, name: str) -> str:
        return self.passwords.setdefault(name, secrets.token_urlsafe(12))
