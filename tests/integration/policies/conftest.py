"""Customers in a hub with the five sources, and what their golden records say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub import pipeline, selectors
from hub.models import GoldenRecord, SourceSystem
from hub.models.inbox import Lane
from tests import opened
from tests.integration.pipeline.conftest import sources

__all__ = ["sources"]
Said = dict[str, Any]


def alice(source_id: str, day: int, **more: Any) -> Said:
    """Alice as some system knows her since a day of January."""
    return {
        "source_id": source_id, "name": {"given": "Alice", "family": "Ashworth"}, "birth_date": "1984-03-12",
        "emails": [{"value": "alice.ashworth@example.com"}], "occurred_at": f"2026-01-{day:02d}T09:00:00Z", **more,
    }  # fmt: skip


@pytest.fixture
def take(sources: dict[str, SourceSystem]) -> Callable[..., None]:
    """``take("crm", {...}, …)``: records received and resolved."""

    def receive(system: str, *records: Said) -> None:
        pipeline.receive(source=sources[system], payloads=list(records), lane=Lane.BULK)
        pipeline.drain()

    return receive


def golden_of(system: str = "crm", source_id: str = "1") -> GoldenRecord:
    return GoldenRecord.objects.get(public_id=selectors.crosswalk(system, source_id)["golden_id"])


def profile(system: str = "crm", source_id: str = "1") -> Said:
    found: Said = opened.body(golden_of(system, source_id))["profile"]
    return found


def why(system: str = "crm", source_id: str = "1") -> Said:
    return selectors.provenance(golden_of(system, source_id).public_id)
