"""The broker's queue holds bells, and whoever reaches Valkey can put anything else into it.

kombu raises what it cannot read out of the loop of the worker's parent, which ends with all its processes. What is no
message at all is thrown away here instead: bells carry nothing, so that nothing is lost with it.
"""

from __future__ import annotations

import logging
from typing import Any

from kombu.transport import redis

log = logging.getLogger("hub.broker")


class PatientChannel(redis.Channel):  # type: ignore[misc]
    """A channel that outlives garbage in its queue."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Its text may quote what was read.
            log.warning("what is no message was thrown away from the queue: %s", type(error).__name__)
            return True


def install() -> None:
    """Have every connection of this process use it."""
    redis.Transport.Channel = PatientChannel
