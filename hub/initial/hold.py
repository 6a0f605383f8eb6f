"""The bulk lane, held for as long as a first load takes, and not longer than half a minute after it died."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import time
from types import TracebackType
from typing import Any, Self

from hub.crew import can_fork, forsake_connections
from hub.models.inbox import Lane
from hub.sql import SERVER_AWAY
from hub.stages import lanehold

_RENEW_SECONDS = 5.0


class Hold:
    """A context manager: ``held`` says whether the lane could be taken. A process of its own renews the hold, because
    this one may wait for the database for longer than it lasts."""

    def __init__(self, *, wanted: bool = True) -> None:
        self._holder = secrets.randbits(62)
        self._renewer: Any = None
        self.held = wanted and can_fork() and lanehold.take(Lane.BULK, self._holder)

    def __enter__(self) -> Self:
        if self.held:
            context = multiprocessing.get_context("fork")
            self._renewer = context.Process(target=self._renew, args=(os.getpid(),), name="hold", daemon=True)
            self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let the workers at the lane again. Where the database is away, the hold runs out."""
        if self._renewer is not None:
            self._renewer.terminate()
            self._renewer.join()
            self._renewer = None
        if self.held:
            self.held = False
            try:
                lanehold.release(Lane.BULK, self._holder)
            except SERVER_AWAY:
                return

    def _renew(self, parent: int) -> None:
        forsake_connections()
        try:
            while os.getppid() == parent:
                try:
                    if not lanehold.renew(Lane.BULK, self._holder):
                        return
                except SERVER_AWAY:
                    pass
                for _ in range(int(_RENEW_SECONDS)):
                    time.sleep(1)
                    if os.getppid() != parent:
                        return
        finally:
            os._exit(0)
