"""The undisturbed run: the same slices, one after the other, in a hub of its own where nothing fails.

``python -m tests.faults.calm SEED`` works in the database of ``DATABASE_URL``: for each number of a slice that it reads
it resolves that slice and answers with the golden state, as one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import groupby

import django

from hub.embedded import throwaway
from tests import databases
from tests.faults.feed import golden_state, slice_of
from tests.servers import Servers, outside_environment


class Calm:
    """That process. ``state_after`` is to be asked for 0, 1, 2 and so on; the answer to a question asked early is
    worked out meanwhile."""

    def __init__(self, servers: Servers, seed: int) -> None:
        name = f"calm_{os.getpid()}"
        databases.copy_begun(servers, name)
        url = databases.named(servers.database_url, name)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.calm", str(seed)],
            env=outside_environment(
                DATABASE_URL=url, REDIS_URL=servers.redis_url, DJANGO_SETTINGS_MODULE="hub.conf.settings",
                HUB_MODEL_SUCCESSION="off", **throwaway.KEYS,
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def ask(self, number: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, str]:
        """The golden state after the slice that was asked for first among those not yet answered."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the undisturbed run ended with {self._process.wait(timeout=30)}"
        found: dict[str, str] = json.loads(line)
        return found

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()  # it has answers to work out that a failed test no longer asks for
            self._process.wait()


def main(seed: int) -> None:
    django.setup()
    from hub import pipeline, ports
    from hub.models import SourceSystem
    from hub.models.inbox import Lane

    ports._doorbell.clear()
    sources = {s.code: s for s in SourceSystem.objects.all()}
    for line in sys.stdin:
        made = sorted(slice_of(seed, int(line)), key=lambda sent: sent[0])
        for code, sent in groupby(made, key=lambda sent: sent[0]):
            receipts = pipeline.receive(source=sources[code], payloads=[r for _, r in sent], lane=Lane.BULK)
            if any(receipt.status == "rejected" for receipt in receipts):
                raise SystemExit(f"slice {line} holds what cannot be taken")
        pipeline.drain()
        sys.stdout.write(json.dumps(golden_state()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
