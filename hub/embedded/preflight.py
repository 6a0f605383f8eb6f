"""What can be wrong with a machine before anything starts, each in one sentence that says what to do."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import sys
from collections.abc import Callable, Mapping

from hub.embedded import processes
from hub.embedded.errors import Refused
from hub.embedded.paths import State
from hub.embedded.services import WEB_HOST

NEEDED_BYTES = 400 * 1024 * 1024
OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15


def packages() -> None:
    """Refuses a Python that is too old, or one without the project's libraries."""
    if sys.version_info < OLDEST_PYTHON:
        raise Refused(
            f"This is Python {sys.version_info.major}.{sys.version_info.minor} and Concord needs 3.11 or later: "
            "install it and run `make install PYTHON=python3.11`."
        )
    if importlib.util.find_spec("django") is None:
        raise Refused("Concord's libraries are not installed for this Python: run `make install`, or use `make up`.")


def disk(state: State, *, needed: int = NEEDED_BYTES) -> None:
    """Refuses a disk with too little room for a database."""
    folder = state.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Refused(
            f"The disk of {folder} has {free // 1024**2} MB left and {needed // 1024**2} MB are needed: "
            "make room, or set HUB_STATE_DIR to a folder on another disk."
        )


def port_number(environ: Mapping[str, str]) -> int:
    """``HUB_PORT`` as a number (default 8000)."""
    said = environ.get("HUB_PORT") or "8000"
    if not said.isascii() or not said.isdigit() or not 0 < int(said) < 65536:
        raise Refused(f"HUB_PORT is {said!r}: set it to a port number from 1 to 65535, such as 8000.")
    return int(said)


def port_free(port: int) -> None:
    """Refuses a port that another program listens on."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((WEB_HOST, port))
        except PermissionError:
            raise Refused(f"Port {port} needs root: set HUB_PORT to one above 1023, such as HUB_PORT=8000.") from None
        except OSError:
            raise Refused(
                f"Port {port} is in use by another program: set HUB_PORT to a free one, such as "
                f"HUB_PORT={free_port()}, or stop that program."
            ) from None


def free_port() -> int:
    """A port of the loopback interface that was free a moment ago."""
    with socket.socket() as attempt:
        attempt.bind((WEB_HOST, 0))
        port: int = attempt.getsockname()[1]
        return port


def database(url: str, *, pause: Callable[[float], None], seconds: float = 10.0) -> None:
    """Refuses a ``DATABASE_URL`` that cannot be used; waits a little for a server that is just starting."""
    import psycopg

    if not url.startswith(("postgres://", "postgresql://")):
        raise Refused("DATABASE_URL must name a PostgreSQL database: postgres://user:password@host:5432/name.")
    reason = ""
    version = 0

    def connects() -> bool:
        nonlocal reason, version
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                version = connection.info.server_version // 10_000
                return True
        except psycopg.Error as error:
            # The driver names host and user, never the password.
            reason = " ".join(str(error).split()) or type(error).__name__
            return False

    if not processes.wait_for(connects, seconds=seconds, pause=pause):
        raise Refused(
            f"The database that DATABASE_URL names cannot be reached ({reason}): start it or correct the URL, "
            "or unset DATABASE_URL to use the embedded one."
        )
    if version < OLDEST_POSTGRES:
        raise Refused(f"The server that DATABASE_URL names is PostgreSQL {version} and {OLDEST_POSTGRES} is needed.")


def bell(url: str, *, pause: Callable[[float], None], seconds: float = 10.0) -> None:
    """Refuses a ``REDIS_URL`` that cannot be used."""
    import redis

    reason = ""

    def answers() -> bool:
        nonlocal reason
        try:
            return bool(redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5).ping())
        except ValueError:
            raise Refused("REDIS_URL must look like redis://host:6379/0 or unix:///path/to/socket.") from None
        except redis.RedisError as error:
            reason = " ".join(str(error).split())
            return False

    if not processes.wait_for(answers, seconds=seconds, pause=pause):
        raise Refused(
            f"The Valkey or Redis that REDIS_URL names cannot be reached ({reason}): start it or correct the URL, "
            "or unset REDIS_URL to use the embedded one."
        )


def telling(state: State) -> str:
    """What a person should know about where the state is; empty when it is where they asked for it."""
    if state.moved_from is None:
        return ""
    return (
        f"State is kept in {state.root}: the database may not run as root, and its user cannot reach "
        f"{state.moved_from}."
    )
