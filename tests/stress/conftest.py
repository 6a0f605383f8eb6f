"""Stress runs share one database and one nursery; each begins on an empty hub and ends in ``verify``."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from hub import ports
from hub.stages import model as models
from tests.integration.pipeline.conftest import sources  # noqa: F401  what named cases begin with
from tests.stress.nursery import Nursery
from tests.verified import verified_call


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    yield from verified_call(item)


@pytest.fixture
def nursery(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nursery]:
    """Where worker processes come from."""
    monkeypatch.setattr(ports, "_doorbell", [])
    models.version.cache_clear()
    with Nursery() as made:
        yield made
    models.version.cache_clear()
