"""Where the servers that ``make up`` started are, for commands typed in another terminal."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from hub.embedded.errors import Refused
from hub.embedded.paths import State

START_HINT = (
    "No database answers: start the servers with `make up` (in a terminal of its own), "
    "or set DATABASE_URL and REDIS_URL to servers of yours."
)
# What the settings may take from here; the rest of runtime.json is for people and tests.
_SETTINGS = ("DATABASE_URL", "REDIS_URL", "HUB_PORT", "HUB_PUBLIC_URL")


def environment() -> dict[str, str]:
    """What the settings need and the environment does not say: URLs of the servers, and the installation's secrets.

    Empty where nothing was ever started. Under pytest never those of an installation: a test session has
    servers of its own, whose addresses are known before they run.
    """
    if "PYTEST_VERSION" in os.environ:
        from hub.embedded import throwaway

        return throwaway.environment()
    state = State.resolve(os.environ)
    found = _read(state.runtime)
    values = {name: found[name] for name in _SETTINGS if name in found}
    return {**values, **_read(state.secrets)}


def write(state: State, values: Mapping[str, str]) -> None:
    """Notes where the servers are, for ``environment`` in other processes."""
    write_private(state.runtime, dict(values))


def forget(state: State) -> None:
    """Takes the note back when the servers stop."""
    state.runtime.unlink(missing_ok=True)


def installation_secrets(state: State) -> dict[str, str]:
    """The two keys of this installation, made at the first start and kept for ever.

    ``HUB_MASTER_KEY`` (32 random bytes in URL-safe base64) wraps the keys of personal data: without it they
    cannot be read again.
    """
    kept = _read(state.secrets)
    if not kept:
        if state.secrets.exists():
            raise Refused(
                f"{state.secrets} cannot be read, and without its keys no stored value can be: put it back from a "
                "backup, or set HUB_SECRET_KEY and HUB_MASTER_KEY."
            )
        kept = {"HUB_SECRET_KEY": secrets.token_urlsafe(48), "HUB_MASTER_KEY": _key()}
        write_private(state.secrets, kept)
    return kept


def _key() -> str:
    import base64

    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def write_private(path: Path, values: Mapping[str, object]) -> None:
    """Writes a JSON file that only its owner reads, whole or not at all even when the power fails."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(values, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
