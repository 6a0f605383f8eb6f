"""What clients read, noted without a write for each read.

A read is put down in the memory of its process and written within a second, one entry for each client and kind of
read: ``golden_ids`` names whom it saw, ``reads`` how often it asked (told once, where the ids need several entries).
A stop writes what is left; a process that is killed loses its last second of it, which is the price of a read that
costs no write. Where nothing can be written, what was read is kept, and past ``MOST`` no read is answered before it
is.
"""

from __future__ import annotations

import atexit
import logging
import multiprocessing.util
import os
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections, transaction
from django.utils import timezone

from hub import chain
from hub.audit import client as client_actor
from hub.models import AuditEntry

log = logging.getLogger("hub.audit")
SECONDS = 1.0
MOST = 100_000
# Of one entry, so that none grows beyond what is read at a glance.
_IDS = 1000


class _Seen:
    """What one client read in one way since the last writing."""

    __slots__ = ("first", "ids", "reads")

    def __init__(self) -> None:
        self.first: datetime = timezone.now()
        self.ids: dict[str, None] = {}
        self.reads = 0

    def details(self) -> Iterator[dict[str, Any]]:
        """What the entries say, of so many ids each."""
        ids, since = list(self.ids), chain.moment(self.first)
        for start in range(0, max(1, len(ids)), _IDS):
            yield {"golden_ids": ids[start : start + _IDS], "reads": 0 if start else self.reads, "since": since}


class Reads:
    """The reads of this process that are not written yet."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked process: what its parent read, its parent writes."""
        self._held: dict[tuple[str, str], _Seen] = {}
        self._number = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._started = False
        self._stop = threading.Event()

    def note(self, client: str, action: str, golden_ids: Iterable[str]) -> None:
        """``client`` (its public id) saw these golden records. Raises what the database does where it is away for so
        long that nothing more can be kept."""
        if self._number >= MOST:
            self.write()
        with self._lock:
            seen = self._held.get((client, action))
            if seen is None:
                seen = self._held[client, action] = _Seen()
            before = len(seen.ids)
            seen.ids.update(dict.fromkeys(golden_ids))
            seen.reads += 1
            self._number += len(seen.ids) - before + 1
            begin = not self._started and settings.HUB_READS_THREAD
            self._started = self._started or begin
        if begin:
            threading.Thread(target=self._write_for_ever, name="reads", daemon=True).start()
            # The web server's processes end without the one, other programs without the other.
            atexit.register(self.close)
            multiprocessing.util.Finalize(None, self.close, exitpriority=10)

    def write(self) -> int:
        """Add an entry for each client and kind of read; how many. What cannot be written is kept."""
        with self._writing:
            with self._lock:
                held, self._held, self._number = self._held, {}, 0
            if not held:
                return 0
            now = timezone.now()
            entries = [
                AuditEntry(at=now, actor=client_actor(client), action=action, subject=client, detail=detail)
                for (client, action), seen in held.items()
                for detail in seen.details()
            ]
            try:
                with transaction.atomic():
                    AuditEntry.objects.bulk_create(entries)
            except BaseException:
                self._take_back(held)
                raise
            return len(entries)

    def _take_back(self, held: dict[tuple[str, str], _Seen]) -> None:
        with self._lock:
            for key, seen in held.items():
                newer = self._held.get(key)
                if newer is not None:
                    seen.ids.update(newer.ids)
                    seen.reads += newer.reads
                self._held[key] = seen
            self._number = sum(len(seen.ids) + 1 for seen in self._held.values())

    def _write_for_ever(self) -> None:
        while not self._stop.wait(SECONDS):
            self._write_or_say()
        connections.close_all()

    def _write_or_say(self) -> None:
        try:
            close_old_connections()
            self.write()
        except Exception as error:  # kept, and tried again
            log.warning("reads not noted yet: %s", type(error).__name__)

    def close(self) -> None:
        """Write what is left, at the end of the process."""
        self._stop.set()
        if self._held:
            self._write_or_say()


reads = Reads()
note = reads.note
os.register_at_fork(after_in_child=reads.forget)
