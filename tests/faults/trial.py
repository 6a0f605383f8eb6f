"""A hub under trial: a whole installation that is fed over HTTP, damaged, and held to what it acknowledged."""

from __future__ import annotations

import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import psycopg

from hub.embedded import processes
from tests.faults import steps
from tests.faults.calm import Calm
from tests.faults.feed import differences, slice_of
from tests.faults.watch import Watch
from tests.servers import Servers, Stack

SEED = int(os.environ.get("FAULT_SEED", "7"))
RUNS = int(os.environ.get("FAULT_RUNS", "1"))
CLOCK = Path(__file__).with_name("clock")


def crowding() -> float:
    """How many processes want each core, over the last minute; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Trial:
    """``send`` acknowledges the next slice, ``settled_within`` says how long the hub may take once faults stop."""

    def __init__(self, stack: Stack, servers: Servers, *, clock: Path, small_disk: Path | None) -> None:
        """``clock`` is the file that says by how many seconds a worker's clock is off, ``small_disk`` the file system
        that holds the state folder alone."""
        self.stack = stack
        self.clock = clock
        self.small_disk = small_disk
        self.dice = random.Random(SEED)
        self.seed = SEED
        self.acknowledged: list[str] = []
        self.took: dict[str, float] = {}
        self._next = 0
        self._calm = Calm(servers, SEED)
        self._watch = Watch(stack.environ)
        self._open = 0  # slices whose calm state was asked for and not yet compared
        self._token = ""

    def begin(self) -> None:
        """Everything that a trial needs of a hub that has just started."""
        steps.install(self.database_url)
        self._token = self._ask_for_token()

    def close(self) -> None:
        self._watch.close()
        self._calm.close()

    @property
    def database_url(self) -> str:
        return self.stack.runtime()["DATABASE_URL"]

    def _ask_for_token(self) -> str:
        made = self.stack.manage("create_client", "trial", "--scope", "records:write", "--source", "*", "--json")
        assert made.returncode == 0, made.stderr
        form = {"grant_type": "client_credentials", **json.loads(made.stdout.splitlines()[-1])}
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{self.stack.url}/oauth/token/", data=body, timeout=30) as answer:
            token: str = json.load(answer)["access_token"]
        return token

    # -- what a source system does --------------------------------------------------------------------------------

    def send(self, *, patience: float = 60.0) -> None:
        """Send the next slice; what is not acknowledged is sent again, as a source system would."""
        number, self._next = self._next, self._next + 1
        self._calm.ask(number)
        self._open += 1
        made = sorted(slice_of(self.seed, number), key=lambda sent: sent[0])
        for code, sent in groupby(made, key=lambda sent: sent[0]):
            body = "\n".join(json.dumps(record) for _, record in sent).encode()
            until = time.monotonic() + patience
            while not self.post(code, body):
                assert time.monotonic() < until, f"nothing acknowledged within {patience:.0f} s"
                time.sleep(0.2)

    def try_to_send(self, ahead: int) -> bool:
        """Send the slice that comes ``ahead`` slices after the next once; whether all of it was acknowledged. ``send``
        comes to it later and sends it again."""
        made = sorted(slice_of(self.seed, self._next + ahead), key=lambda sent: sent[0])
        return all(
            self.post(code, "\n".join(json.dumps(record) for _, record in sent).encode())
            for code, sent in groupby(made, key=lambda sent: sent[0])
        )

    def post(self, code: str, body: bytes) -> bool:
        """Whether a batch was acknowledged: the ids of its messages are then noted."""
        request = urllib.request.Request(
            f"{self.stack.url}/api/v1/sources/{code}/records/batch",
            data=body,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/x-ndjson"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code != 503:  # who is told 500 does not know that it helps to send it again
                raise
            return False
        except (OSError, ValueError):
            return False
        assert found["rejected"] == 0, found["results"][:3]
        self.acknowledged += [result["message_id"] for result in found["results"]]
        return True

    # -- what it is held to ---------------------------------------------------------------------------------------

    def settled_within(self, seconds: float, what: str) -> None:
        """The faults are over: all that was acknowledged is resolved within so many seconds, nothing is given up,
        every event has its position, and the golden state is that of the undisturbed run.

        The time is meant for a machine that has nothing else to do: where others want its cores, it is as many times
        longer as there are processes for each core."""
        began = time.monotonic()
        settled = False
        while not settled and time.monotonic() - began < seconds * crowding():
            settled = processes.wait_for(self._settled, seconds=1.0)
        took = time.monotonic() - began
        assert settled, f"FAULT_SEED={self.seed}: {what}: after {took:.0f} s {self._unsettled()}"
        self.took[what] = max(took, self.took.get(what, 0.0))
        sys.stdout.write(f"{what}: settled after {took:.1f} s of {seconds:.0f}, {crowding():.1f} for each core\n")
        expected: dict[str, str] = {}
        while self._open:
            expected = self._calm.answer()
            self._open -= 1
        found = self._watch.state()
        wrong = differences(found, expected)
        assert not wrong, f"FAULT_SEED={self.seed}: {what}: {len(wrong)} clusters, such as {wrong[:3]}"
        self._nothing_lost(what)

    def _settled(self) -> bool:
        try:
            return not any(self._unsettled().values())
        except (psycopg.OperationalError, KeyError):
            return False

    def _unsettled(self) -> dict[str, int]:
        with psycopg.connect(self.database_url, connect_timeout=2) as connection:
            found = connection.execute(
                "SELECT (SELECT count(*) FROM hub_inboxmessage WHERE status = 0), "
                "(SELECT count(*) FROM hub_outboxevent WHERE position IS NULL)"
            ).fetchone()
        assert found is not None
        return {"waiting": found[0], "without position": found[1]}

    def _nothing_lost(self, what: str) -> None:
        with psycopg.connect(self.database_url) as connection:
            resolved = connection.execute(
                "SELECT count(*) FROM unnest(%s::text[]) AS a(id) "
                "JOIN hub_inboxmessage m ON m.public_id = a.id AND m.status = 1",
                [self.acknowledged],
            ).fetchone()
        assert resolved == (len(self.acknowledged),), f"FAULT_SEED={self.seed}: {what}: acknowledged and lost"

    def verified(self) -> None:
        self._watch.assert_verified()

    @contextmanager
    def stopped_at(self, step: str) -> Iterator[steps.Stopped]:
        """The next slice is sent, and a worker waits at ``step`` in it; nobody passes until the block ends."""
        with steps.Barrier(self.database_url, step) as barrier:
            self.send()
            yield barrier.stopped()

    def session_gone(self, session: int, *, seconds: float = 15.0) -> bool:
        """Whether a database session ends within so many seconds."""

        def gone() -> bool:
            return connection.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [session]).fetchone() is None

        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return processes.wait_for(gone, seconds=seconds)
