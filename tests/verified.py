"""``verify`` at the end of tests: whatever a test did, the invariants hold on what it leaves behind.

A test that damages the tables, or invents what no pipeline wrote, says so by
``@pytest.mark.unverified("what it does")``.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from tests.servers import Stack

_USES_THE_TABLES = {"db", "transactional_db", "live_server"}


def assert_verified(stack: Stack, *, at_rest: bool = True) -> dict[str, Any]:
    """Run ``manage.py verify`` on an installation; what it reported beside the breaches.

    Fails where there is a breach, and with ``at_rest`` where a message waits or was given up.
    """
    done = stack.manage("verify", "--json")
    assert done.stdout.strip(), f"verify said nothing: {done.stderr[-2000:]}"
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["breaches"] == [], found["breaches"][:10]
    assert done.returncode == 0, done.stderr[-2000:]
    if at_rest:
        assert (found["waiting"], found["dead_letters"]) == (0, 0), found
    return found


def touches_the_tables(item: pytest.Item) -> bool:
    """Whether a test has a database of its own to write to."""
    names: Sequence[str] = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not _USES_THE_TABLES.isdisjoint(names)


def verified_call(item: pytest.Item) -> Generator[None, None, None]:
    """Around the call of a test: what ``verify`` checks must hold afterwards, before any fixture cleans up.

    To be driven from ``pytest_runtest_call`` of the rooms whose tests write to the hub's tables.
    """
    yield
    if touches_the_tables(item) and item.get_closest_marker("unverified") is None:
        from hub.invariants import breaches

        found = list(breaches())
        assert found == [], found
