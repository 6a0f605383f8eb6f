"""``python -m hub.embedded up|demo|servers|test``: what the Makefile calls."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence

from hub.embedded import processes, throwaway
from hub.embedded.errors import Interrupted, Refused
from hub.embedded.installation import MANAGE, Installation


def say(text: str) -> None:
    """Tells a person something. Standard output is left to results."""
    print(text, file=sys.stderr, flush=True)


def servers(installation: Installation) -> int:
    """PostgreSQL and Valkey alone, for work on the project; their URLs are printed as shell exports."""
    installation.start_servers()
    for name in ("DATABASE_URL", "REDIS_URL"):
        print(f"export {name}={shlex.quote(installation.environ[name])}", flush=True)
    installation.supervisor.stay()
    return 0


def up(installation: Installation) -> int:
    """The whole installation, in the foreground."""
    say("Starting PostgreSQL, Valkey, web and worker")
    installation.start_all()
    say(
        f"Concord is at {installation.address}/admin/ (make a user with `.venv/bin/python manage.py create_user`); "
        "Ctrl-C stops everything."
    )
    installation.supervisor.stay()
    return 0


def demo(installation: Installation) -> int:
    """The whole installation with the sample of five systems loaded into it."""
    headless = installation.given.get("HEADLESS", "") not in ("", "0")
    say("Starting PostgreSQL, Valkey, web and worker")
    installation.start_all(receiver=True)
    returncode, result = installation.run((*MANAGE, "demo"), capture=headless)
    if returncode or headless:
        if returncode:
            say(f"The demo ended with exit code {returncode}; the logs are in {installation.state.root / 'log'}.")
        installation.stop()
        if result:
            print(result, flush=True)
        return min(returncode, 255) if returncode >= 0 else 1
    say("Ctrl-C stops everything.")
    installation.supervisor.stay()
    return 0


def test(installation: Installation, arguments: Sequence[str]) -> int:
    """The tests, on servers that start before and are gone after them."""
    installation.start_servers()
    installation.environ = {**os.environ, throwaway.FOLDER: str(installation.state.root)}
    returncode, _ = installation.run((sys.executable, "-m", "pytest", *arguments), stop_signal=signal.SIGINT)
    return returncode if returncode >= 0 else 1


def _guarded(installation: Installation, what: Callable[[], int]) -> int:
    """Runs one of the above; whatever happens, stops what it started."""
    installation.supervisor.listen()
    if "MAKELEVEL" in os.environ:
        # A make that is killed takes us along, and we stop in good order.
        processes.die_with_parent(int(signal.SIGTERM))
    try:
        return what()
    except Interrupted:
        say("Stopping")
        return 0
    except Refused as refused:
        say(str(refused))
        return 2
    except OSError as error:
        what_failed = f"{error.strerror or error} ({error.filename or installation.state.root})"
        say(
            f"The machine refuses: {what_failed}. "
            "Make room, correct the permissions, or set HUB_STATE_DIR to another folder."
        )
        return 2
    finally:
        installation.stop()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hub.embedded", description=__doc__)
    parser.add_argument("--while", dest="watched", type=int, metavar="PID", help="stop when that process ends")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what web and worker log")
    parts = parser.add_subparsers(dest="what", required=True)
    parts.add_parser("up", help="start everything")
    parts.add_parser("demo", help="start everything and load the sample of five systems")
    alone = parts.add_parser("servers", help="start PostgreSQL and Valkey alone")
    alone.add_argument("--throwaway", action="store_true", help="delete their data when they stop")
    tests = parts.add_parser("test", help="run pytest on servers of its own")
    tests.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- PYTEST ARGUMENTS")
    given = parser.parse_args(argv)

    try:
        if given.what == "test":
            throwaway.begin(throwaway.new_folder())
            environ = {**os.environ, "HUB_STATE_DIR": os.environ[throwaway.FOLDER]}
            installation = Installation(environ, say=say, throwaway=True)
            arguments = [part for part in given.arguments if part != "--"]
            return _guarded(installation, lambda: test(installation, arguments))
        thrown = bool(getattr(given, "throwaway", False))
        installation = Installation(os.environ, say=say, verbose=given.verbose, throwaway=thrown, watched=given.watched)
        parts_of = {"up": up, "demo": demo, "servers": servers}
        return _guarded(installation, lambda: parts_of[given.what](installation))
    except Refused as refused:
        say(str(refused))
        return 2


if __name__ == "__main__":
    sys.exit(main())
