"""Every test of this room leaves a hub that ``verify`` finds nothing wrong with."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.verified import verified_call


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    yield from verified_call(item)
