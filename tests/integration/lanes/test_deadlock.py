"""A deadlock is nobody's fault: the message is given back, not counted against, and resolved."""

from __future__ import annotations

import pytest

from hub import pipeline
from hub.models import InboxMessage
from tests.integration.lanes.held import aside, session, somebody_waits
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def test_the_loser_of_a_deadlock_tries_again(sources) -> None:
    world.activate(world.tiny_model(cap=100))
    alice = {"source_id": "1", "name": {"given": "Alice", "family": "Meyer"}}
    world.send([("crm", alice | {"occurred_at": "2026-01-01T00:00:00Z"})])
    pipeline.drain()
    world.send([("crm", alice | {"occurred_at": "2026-01-02T00:00:00Z", "birth_date": "1971-01-11"})])
    with session() as other:
        other.execute("SELECT record_id FROM hub_crosswalk FOR UPDATE")
        with aside(pipeline.drain):
            somebody_waits()  # T3, for the component; it holds the model, which we want now
            other.execute("SELECT pg_advisory_xact_lock(hashtextextended('match model', 0))")
            other.rollback()
    assert set(InboxMessage.objects.values_list("status", flat=True)) == {InboxMessage.Status.RESOLVED}
    assert InboxMessage.objects.latest("id").attempts == 1
