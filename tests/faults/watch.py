"""A process that looks into the hub under trial again and again: what it holds, and whether ``verify`` would pass.

``python -m tests.faults.watch`` answers each line that it reads with one line of JSON. It is started once: a command of
its own for each look would load everything that a hub needs fifty times over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from hub.embedded.paths import CHECKOUT


class Watch:
    """That process, for the hub that a terminal with this environment reaches; started when first asked."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {**environ, "DJANGO_SETTINGS_MODULE": "hub.conf.settings"}
        self._process: subprocess.Popen[str] | None = None

    def state(self) -> dict[str, str]:
        """``golden_state`` of the hub."""
        found: dict[str, str] = self._ask("state")
        return found

    def assert_verified(self) -> None:
        """No breach of an invariant, and nothing that waits or was given up."""
        found = self._ask("verify")
        assert found["breaches"] == [], found["breaches"][:10]
        assert (found["waiting"], found["dead_letters"]) == (0, 0), found

    def _ask(self, what: str) -> Any:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.watch"], env=self._environ, cwd=CHECKOUT, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            ended, self._process = self._process.wait(timeout=30), None
            raise AssertionError(f"who looks into the hub ended with {ended}")
        return json.loads(line)

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=30)


def _main() -> None:
    import django

    django.setup()
    from django.db import connections

    from hub import keyring
    from hub.invariants import breaches
    from hub.selectors import progress
    from hub.stages import model as models
    from tests.faults.feed import golden_state

    def verified() -> dict[str, Any]:
        return {"breaches": [f"{b.invariant}, {b.subject}: {b.text}" for b in breaches()], **progress()}

    for line in sys.stdin:
        # A new command would know nothing either; the server may have been another one since.
        connections.close_all()
        keyring.forget_all()
        models.version.cache_clear()
        answer = {"state": golden_state, "verify": verified}[line.strip()]()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.conf.settings")
    _main()
