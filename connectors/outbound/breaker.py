"""The circuit breaker of each endpoint: when a receiver that fails is left alone, and when it is tried again.

Closed, an endpoint gets what is due. Failures in a row open it: nothing is sent before ``until``. After that it is
half open: one delivery is tried, by one process, and what becomes of it closes the circuit or opens it for twice as
long. The state is a row, so that it outlives processes and all of them act alike.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from connectors.outbound import notices
from hub import audit
from hub.sql import columns, rows

log = logging.getLogger("connectors.deliver")

_MOST_RESTS = 16
# After so long the one try of a half-open circuit is taken for lost with who made it.
PROBE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How failures are met; seconds, and days for ``failing_days``."""

    give_up_after: int = 5  # failures in a row, after which an endpoint gets a rest
    rest: float = 5.0  # the first rest; each that follows is twice as long
    longest_rest: float = 300.0
    failing_days: float = 5.0  # an endpoint that took nothing for so long is disabled


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has been doing; see ``EndpointHealth``."""

    failures: int = 0
    rests: int = 0
    until: datetime | None = None
    failing_since: datetime | None = None

    @property
    def fails(self) -> bool:
        """Whether it failed since it last took something."""
        return bool(self.failures or self.rests)

    def rests_at(self, now: datetime) -> bool:
        return self.until is not None and self.until > now


@dataclass(frozen=True, slots=True)
class Heard:
    """What tries at one endpoint gave, one after the other: whether any was ``taken``, and how many ``failures`` there
    were since; for how many seconds it ``wished`` to be left alone; whether one was the ``probe`` of a half-open
    circuit. ``spread`` from 0 to 1 is the place within the jitter."""

    taken: bool = False
    failures: int = 0
    wished: float = 0.0
    probe: bool = False
    spread: float = 0.0


def after(was: Health, heard: Heard, *, now: datetime, habits: Habits) -> Health:
    """The health of an endpoint after what was heard of it."""
    if heard.taken:
        was = Health()
    if not heard.failures:
        return was
    until, failures, rests = was.until, was.failures + heard.failures, was.rests
    if was.rests_at(now) and not (heard.probe and rests):
        failures = was.failures  # was under way when the rest began, and must not lengthen it
    elif failures >= habits.give_up_after or rests:
        length = min(habits.rest * 2**rests, habits.longest_rest) * (1 + 0.2 * heard.spread)
        until, failures, rests = now + timedelta(seconds=length), 0, min(rests + 1, _MOST_RESTS)
    if heard.wished:
        wish = now + timedelta(seconds=heard.wished)
        until = max(until, wish) if until else wish
    return Health(failures, rests, until, was.failing_since or now)


def note(heard: Mapping[int, Heard], *, habits: Habits, troubled: Collection[int]) -> dict[int, Health]:
    """Write down what was heard of these endpoints; the health of those that have any trouble, or had. To be called in
    a transaction.

    ``troubled`` are those that are known to have a row: one that does well and always did costs nothing.
    """
    concerned = {pk: said for pk, said in heard.items() if said.failures or pk in troubled}
    if not concerned:
        return {}
    if fresh := sorted(pk for pk, said in concerned.items() if said.failures and pk not in troubled):
        rows(
            "INSERT INTO hub_endpointhealth (endpoint_id, failures, rests) SELECT id, 0, 0 FROM hub_endpoint "
            "WHERE id = ANY(%b::bigint[]) ORDER BY id ON CONFLICT DO NOTHING",
            fresh,
        )
    found = rows(
        "SELECT endpoint_id, failures, rests, until, failing_since, now() FROM hub_endpointhealth "
        "WHERE endpoint_id = ANY(%b::bigint[]) ORDER BY endpoint_id FOR UPDATE",
        sorted(concerned),
    )
    said = {pk: after(Health(*was), concerned[pk], now=now, habits=habits) for pk, *was, now in found}
    _write(said)
    longest = timedelta(days=habits.failing_days)
    since = {pk: (said[pk].failing_since, now) for pk, *_, now in found}
    disable([pk for pk, (began, now) in since.items() if began and now - began > longest], reason="failing")
    return said


def disable(endpoints: Sequence[int], *, reason: str) -> None:
    """Send nothing more to these endpoints until somebody switches them on again; ``reason`` as the endpoint keeps
    it. To be called in a transaction."""
    if not endpoints:
        return
    for (name,) in rows(
        """
        UPDATE hub_endpoint SET state = 'disabled', disabled_at = now(), disabled_reason = %s,
               notice_at = CASE WHEN %s THEN now() END, notice_tries = 0
        WHERE id = ANY(ARRAY(SELECT id FROM hub_endpoint WHERE id = ANY(%b::bigint[]) AND state = 'active'
                             ORDER BY id FOR UPDATE))
        RETURNING public_id
        """,
        reason,
        notices.wanted(),
        list(endpoints),
    ):
        audit.note("endpoint.disabled", actor=audit.SYSTEM, subject=name, reason=reason)
        log.warning("endpoint %s was disabled (%s): resume it when it is well", name, reason)


def prove(endpoints: Collection[int]) -> None:
    """Write down that these took something for the first time. Whose row somebody is just changing is passed over: it
    will take something again."""
    if endpoints:
        rows(
            "UPDATE hub_endpoint SET proven_at = now() WHERE proven_at IS NULL AND id = ANY(ARRAY("
            "SELECT id FROM hub_endpoint WHERE id = ANY(%b::bigint[]) FOR NO KEY UPDATE SKIP LOCKED))",
            sorted(endpoints),
        )


def _write(said: Mapping[int, Health]) -> None:
    if said:
        rows(
            """
            UPDATE hub_endpointhealth h
            SET failures = n.failures, rests = n.rests, until = nullif(n.until, '-infinity'),
                failing_since = nullif(n.since, '-infinity')
            FROM unnest(%b::bigint[], %b::smallint[], %b::smallint[], %b::timestamptz[], %b::timestamptz[])
                 AS n(id, failures, rests, until, since)
            WHERE h.endpoint_id = n.id
            """,
            *columns(((pk, h.failures, h.rests, h.until, h.failing_since) for pk, h in said.items()), 5),
        )


def take_probes(endpoints: Collection[int]) -> list[int]:
    """Those of these half-open circuits that are ours to try now, in the present transaction: no other process gets
    them meanwhile, and none is waited for."""
    found = rows(
        """
        SELECT endpoint_id FROM hub_endpointhealth
        WHERE endpoint_id = ANY(%b::bigint[]) AND rests > 0 AND (until IS NULL OR until <= now())
        ORDER BY endpoint_id FOR UPDATE SKIP LOCKED
        """,
        sorted(endpoints),
    )
    return [row[0] for row in found]


def hold_probes(endpoints: Collection[int]) -> None:
    """Have the others leave these circuits alone while their one delivery is under way."""
    if endpoints:
        rows(
            "UPDATE hub_endpointhealth SET until = now() + make_interval(secs => %s) "
            "WHERE endpoint_id = ANY(%b::bigint[])",
            PROBE_SECONDS,
            sorted(endpoints),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """How an endpoint that has or had trouble is doing. Nothing is sent to it for ``left`` seconds; a negative number:
    its rest ended so long ago; None: it has none."""

    failures: int
    rests: int
    left: float | None

    @property
    def fails(self) -> bool:
        """Whether it failed since it last took something."""
        return bool(self.failures or self.rests)


def known() -> dict[int, Known]:
    """The endpoints that have or had trouble."""
    found = rows(
        "SELECT endpoint_id, failures, rests, extract(epoch FROM until - now())::float8 FROM hub_endpointhealth"
    )
    return {pk: Known(*rest) for pk, *rest in found}


def close(endpoint: int) -> None:
    """Forget how an endpoint has been doing: somebody says that it is well."""
    with transaction.atomic():
        rows("DELETE FROM hub_endpointhealth WHERE endpoint_id = %s", endpoint)
