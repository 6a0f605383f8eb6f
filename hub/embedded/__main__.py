"""``python -m hub.embedded up|demo|servers|test``: what the Makefile calls."""

from __future__ import annotations

import argparse
import os
import sys

from hub.embedded import runtime
from hub.embedded.errors import Interrupted, Refused
from hub.embedded.paths import State
from hub.embedded.postgres import Postgres
from hub.embedded.supervisor import Supervisor
from hub.embedded.valkey import Valkey


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def servers() -> int:
    """Runs PostgreSQL and Valkey alone, for work on the project; prints their URLs as shell exports."""
    state = State.resolve(os.environ)
    supervisor = Supervisor(state, say=say)
    supervisor.listen()
    try:
        supervisor.take()
        postgres, valkey = Postgres(state), Valkey(state)
        supervisor.start(postgres)
        supervisor.start(valkey)
        found = {"DATABASE_URL": postgres.url(), "REDIS_URL": valkey.url(), **runtime.installation_secrets(state)}
        runtime.write(state, {**found, "pid": str(os.getpid())})
        for name in ("DATABASE_URL", "REDIS_URL"):
            print(f"export {name}='{found[name]}'", flush=True)
        supervisor.stay()
    except Interrupted:
        say("Stopping")
    finally:
        supervisor.stop()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m hub.embedded")
    parser.add_argument("what", choices=("servers",))
    parser.parse_args()
    try:
        return servers()
    except Refused as refused:
        say(str(refused))
        return 2


if __name__ == "__main__":
    sys.exit(main())
