from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.audit import reads
from tests.integration.api.conftest import caller, channel, five_sources, take

__all__ = ["caller", "channel", "five_sources", "take"]


@pytest.fixture(autouse=True)
def _no_reads_of_other_tests() -> Iterator[None]:
    reads.reads.forget()
    yield
    reads.reads.forget()
