"""A hub with many customers, made once and kept: filling it takes minutes, and the doors do not change it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.doors import rows
from bench.resolution import CHECKOUT
from bench.resolution.hub import Hub
from hub.embedded.paths import State, server_account

STATE = CHECKOUT / "var" / "bench" / "doors"


class KeptHub(Hub):
    """As ``Hub``, in a folder that stays. ``crosswalk`` is who was loaded."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        root = STATE if server_account() is None else Path("/var/lib/concord-bench-doors")
        self.kept = root / str(size)
        self.kept.mkdir(parents=True, exist_ok=True)
        if server_account():
            for folder in (root, self.kept):
                folder.chmod(0o711)
        self.environ |= {"HUB_STATE_DIR": str(self.kept / "s"), "HUB_LOG_LEVEL": "INFO"}
        self.state = State.resolve(self.environ)
        self.crosswalk = self.kept / "crosswalk.csv"

    def __exit__(self, *why: Any) -> None:
        self.state, kept = _Nothing(), self.state  # type: ignore[assignment]
        super().__exit__(*why)
        self.state = kept

    def filled(self) -> None:
        """Migrate, and write the customers where they are not there yet (``bench.doors.rows``)."""
        self._must("migrate", "--verbosity", "0")
        if self.crosswalk.exists():
            return
        print(f"writing {self.size:,} customers, which is done once …", flush=True)
        part = self.crosswalk.with_suffix(".part.csv")
        subprocess.run([sys.executable, "-m", "bench.doors.rows", str(self.size), str(part)], cwd=CHECKOUT,
                       env=self.environ, check=True)  # fmt: skip
        part.rename(self.crosswalk)

    def client(self, *options: str) -> str:
        """A token of a new client, without limits of rate, made with these options of ``create_client``."""
        made = json.loads(self._must("create_client", "bench", *options, "--json").splitlines()[-1])
        from bench.resolution.client import Client

        held = Client(self.port, client_id=made["client_id"], client_secret=made["client_secret"])
        held.close()
        return str(held._token)

    def _must(self, *command: str) -> str:
        code, said = self.manage(*command)
        if code:
            raise RuntimeError(f"{command[0]} ended with {code}: {said[-500:]}")
        return said

    def known(self) -> tuple[list[str], list[tuple[str, str]]]:
        """Golden ids, and addresses of records, each in a fixed order."""
        found = list(rows.known(self.crosswalk))
        return sorted({golden for *_, golden in found}), [(system, source_id) for system, source_id, _ in found]


class _Nothing:
    """What is not to be removed."""

    def remove(self) -> None:
        """Nothing: it is kept."""
