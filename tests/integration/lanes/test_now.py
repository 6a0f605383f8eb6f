"""A sync ingest is resolved where it came in: beside any backlog, under lease and fence, once."""

from __future__ import annotations

import json
import threading
from time import monotonic

import pytest
from django.db import connections, transaction
from django.test import Client

from hub import keyring, pipeline, ports
from hub.errors import LostLease
from hub.management.commands.create_client import create
from hub.models import InboxMessage, OutboxEvent, SourceRecord, SourceSystem
from hub.models.inbox import Lane
from hub.sql import rows
from hub.stages import inbox
from tests.integration.api.conftest import token_for
from tests.integration.lanes.held import aside, session, somebody_waits
from tests.integration.pipeline import world

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

ALICE = {"source_id": "1", "name": {"given": "Alice", "family": "Meyer"}, "occurred_at": "2026-01-01T00:00:00Z"}
BOB = {"source_id": "2", "name": {"given": "Bob", "family": "Okonkwo"}, "occurred_at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def hub(sources):
    world.activate(world.tiny_model(cap=100))


def take(record: dict[str, object], *, lane: Lane = Lane.INTERACTIVE) -> str:
    receipts = pipeline.receive(source=SourceSystem.objects.get(code="crm"), payloads=[record], lane=lane, wake=False)
    return str(receipts[0].message_id)


def test_a_backlog_is_left_where_it_is(hub) -> None:
    world.send(world.operations(5, size=60))
    behind = take(ALICE)
    assert pipeline.resolve_now(behind, seconds=10)
    assert list(InboxMessage.objects.filter(status=1).values_list("public_id", flat=True)) == [behind]
    pipeline.drain()


def test_a_till_is_answered_while_a_bulk_batch_is_stuck(hub, settings) -> None:
    """The bulk batch waits in T3 for a lock that we hold; a till with another customer does not notice."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "hub.hashers.RandomSecretHasher"]
    pipeline.resolve_now(take(BOB), seconds=10)
    made = create(name="till", scopes=["records:write"], sources=["*"])
    http = Client()
    token = token_for(http, made).json()["access_token"]
    world.send([("crm", BOB | {"occurred_at": "2026-01-02T00:00:00Z", "birth_date": "1982-02-12"})])
    with session() as other:
        other.execute("SELECT record_id FROM hub_crosswalk FOR UPDATE")
        with aside(pipeline.drain):
            somebody_waits()
            answer = http.post(
                "/api/v1/sources/crm/records", json.dumps(ALICE), content_type="application/json",
                headers={"Authorization": f"Bearer {token}", "Prefer": "wait=5"},
            )  # fmt: skip
            assert answer.status_code == 200, answer.content
            assert answer.json()["golden_id"].startswith("gr_")
            assert InboxMessage.objects.filter(status=0).count() == 1  # Bob still waits
            other.rollback()


def test_who_holds_it_already_is_left_alone(hub) -> None:
    held = take(ALICE)
    with transaction.atomic():
        (message,) = inbox.claim(lane=Lane.INTERACTIVE, limit=1, lease_seconds=60)
    assert not pipeline.resolve_now(held, seconds=5)
    pipeline.resolve_messages([message])
    assert not pipeline.resolve_now(held, seconds=5)
    assert OutboxEvent.objects.count() == 1


def test_a_lease_that_ran_out_is_taken_over_and_the_first_holder_is_fenced_off(hub) -> None:
    held = take(ALICE)
    with transaction.atomic():
        (first,) = inbox.claim(lane=Lane.INTERACTIVE, limit=1, lease_seconds=60)
    rows("UPDATE hub_inboxmessage SET lease_until = now() - interval '1 second'")
    assert pipeline.resolve_now(held, seconds=5)
    with pytest.raises(LostLease):
        pipeline.resolve_messages([first])
    assert OutboxEvent.objects.count() == 1


def test_two_web_processes_and_a_worker_resolve_it_once(hub) -> None:
    """The same statement sent twice at once has one message; both senders and a worker reach for it."""
    for turn in range(5):
        record = ALICE | {"source_id": f"r{turn}", "name": {"given": "Alice", "family": f"Meyer{turn}"}}
        before = OutboxEvent.objects.count()
        gate = threading.Barrier(3)
        taken: list[object] = []

        def sender(record=record, gate=gate, taken=taken) -> None:
            gate.wait()
            message_id = take(record)
            taken.append((message_id, pipeline.resolve_now(message_id, seconds=10)))

        def worker(gate=gate, taken=taken) -> None:
            gate.wait()
            until = monotonic() + 0.2
            while monotonic() < until:
                pipeline.drain()

        with aside(sender), aside(sender), aside(worker):
            pass
        assert len({message_id for message_id, _ in taken}) == 1
        pipeline.drain()
        mine = InboxMessage.objects.filter(address=keyring.address("crm", f"r{turn}"))
        assert mine.values_list("status", "attempts").get() == (1, 1)
        assert OutboxEvent.objects.count() == before + 1
    assert SourceRecord.objects.count() == 5


def test_what_cannot_be_had_in_time_is_left_to_the_workers(hub) -> None:
    pipeline.resolve_now(take(ALICE), seconds=10)
    later = take(ALICE | {"occurred_at": "2026-01-02T00:00:00Z", "birth_date": "1971-01-11"})
    with session() as other:
        other.execute("SELECT record_id FROM hub_crosswalk FOR UPDATE")
        began = monotonic()
        assert not pipeline.resolve_now(later, seconds=0.5)
        assert monotonic() - began < 3
    waiting = InboxMessage.objects.get(public_id=later)
    assert (waiting.status, waiting.attempts, waiting.lease_until) == (0, 0, None)
    pipeline.drain()


def test_no_bell_is_rung_for_who_resolves_it_himself(hub) -> None:
    heard: list[int] = []
    ports.on_ring(heard.append)
    take(ALICE)
    assert heard == []
    pipeline.receive(source=SourceSystem.objects.get(code="crm"), payloads=[BOB], lane=Lane.EVENT)
    assert heard == [Lane.EVENT]
    pipeline.drain()
    connections.close_all()
