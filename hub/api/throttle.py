"""How much each caller may ask: by client, and by address where nobody has said yet who they are.

The limits are settings (``HUB_RATE_LIMIT``), a client may have its own (``create_client --rate``). The budgets:
``reads``, ``writes``, ``rows`` (records in batches) of a client; ``vendors`` of a source system; ``tokens`` and
``failures`` (answers 401) of an address.
"""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from hub.api.problems import Problem
from hub.rates import shared
from hub.rates.address import address_of
from hub.rates.bucket import Limit, limits
from hub.rates.shared import Verdict

READS, WRITES, ROWS, VENDORS, TOKENS, FAILURES = "reads", "writes", "rows", "vendors", "tokens", "failures"
# One misconfigured till must not lock out a store that shares its address: the address as a whole may fail this
# many times as often as one client there.
ADDRESS_FACTOR = 10


@lru_cache(maxsize=4000)
def _limit(budget: str, defaults: str, own: str) -> Limit | None:
    # "off" has no limits by name: none of its callers is counted.
    return limits(own).get(budget) or (None if defaults == "off" else limits(defaults)[budget])


def limit_of(budget: str, own: str = "") -> Limit | None:
    """The limit of a budget, ``own`` being the client's own limits as text; None: there is none."""
    return _limit(budget, settings.HUB_RATE_LIMIT, own)


def admit(budget: str, whose: str, *, own: str = "", cost: float = 1.0) -> Verdict | None:
    """Count one request against the budget; None where it has no limit. Raises ``Problem`` of type rate-limited."""
    limit = limit_of(budget, own)
    if limit is None:
        return None
    verdict = shared.take(budget, whose, limit, cost=cost)
    if not verdict.passed:
        raise refusal(verdict)
    return verdict


def charge(budget: str, whose: str, cost: float, *, own: str = "") -> None:
    """Count what is known only now, such as the rows of a batch; who comes next waits for it."""
    limit = limit_of(budget, own)
    if limit is not None:
        shared.owe(budget, whose, limit, cost)


def refusal(verdict: Verdict) -> Problem:
    wait = verdict.retry_after
    return Problem(
        "rate-limited",
        f"The budget of {verdict.name} is used up: send the request again in {wait} seconds.",
        headers={"Retry-After": str(wait), **verdict.headers()},
        budget=verdict.name,
    )


def failed(request: HttpRequest, *, as_whom: str = "") -> Problem | None:
    """Count a failed authentication; a problem to answer instead of the usual one where there were too many."""
    verdicts = [shared.take(FAILURES, whose, limit) for whose, limit in _failing(request, as_whom)]
    return next((refusal(verdict) for verdict in verdicts if not verdict.passed), None)


def may_try(request: HttpRequest, *, as_whom: str = "") -> None:
    """Raises ``Problem`` where the caller failed so often that nobody looks at what it sends any more. Costs nothing:
    what it takes is asked for by ``failed``."""
    for whose, limit in _failing(request, as_whom):
        if not (verdict := shared.look(FAILURES, whose, limit)).passed:
            raise refusal(verdict)


def _failing(request: HttpRequest, as_whom: str) -> list[tuple[str, Limit]]:
    limit = limit_of(FAILURES)
    if limit is None:
        return []
    address = address_of(request)
    wider = Limit(limit.per_second * ADDRESS_FACTOR, limit.burst * ADDRESS_FACTOR)
    return [*([(f"{address} {as_whom}", limit)] if as_whom else []), (address, wider)]
