"""The trace of a request goes with its record through inbox and worker to the receiver."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from connectors.outbound.deliver import deliver_due
from connectors.outbound.fanout import fan_out
from hub import pipeline, trace
from hub.initial import load
from hub.models import InboxMessage, OutboxEvent
from hub.scopes import SCOPES
from hub.stages.seal import seal
from tests.integration.api.conftest import caller, five_sources, person, someone_else  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
ONE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TWO = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


@pytest.fixture
def channel(caller: Any) -> Any:  # noqa: F811
    return caller(*SCOPES)


def _publish() -> None:
    while seal():
        pass
    fan_out()
    deliver_due()


def _kept(trace_of: Any) -> str | None:
    return trace.written(trace_of) if trace_of else None


def test_from_ingest_through_the_worker_to_the_receiver(endpoint: Any, receiver: Any, channel: Any) -> None:
    channel.post("/api/v1/sources/crm/records", person("1"), traceparent=ONE)
    channel.post("/api/v1/sources/crm/records", someone_else("2"), traceparent=TWO)
    assert pipeline.drain() == 2, "one batch, two traces"
    _publish()
    found = {got.body["data"]["crosswalk"][0]["source_id"]: got for got in receiver.got}
    assert {name: got.headers["traceparent"] for name, got in found.items()} == {"1": ONE, "2": TWO}
    for got in receiver.got:
        event = JSONFormat().read(CloudEvent, json.dumps(got.body))
        assert event.get_extension("traceparent") == got.headers["traceparent"]
    feed = channel.get("/api/v1/events").json()["items"]
    assert [item["traceparent"] for item in feed] == [got.body["traceparent"] for got in receiver.got]


@pytest.mark.parametrize("header", [{}, {"traceparent": "00-garbage"}, {"traceparent": "x" * 5000}])
def test_what_is_no_trace_is_replaced_and_costs_no_record(header: dict[str, str], channel: Any) -> None:
    taken = channel.post("/api/v1/sources/crm/records", person("1"), **header)
    assert taken.status_code == 202
    made = bytes(InboxMessage.objects.get().trace)
    assert trace.read(trace.written(made)) == made


def test_what_a_client_does_otherwise_is_of_its_trace_too(channel: Any) -> None:
    for name in ("1", "2"):
        channel.post("/api/v1/sources/crm/records", someone_else(name), traceparent=ONE)
    pipeline.drain()
    said = {"a": "crm:1", "b": "crm:2", "judgement": "different", "reason": "twins"}
    assert channel.post("/api/v1/judgements", said, traceparent=TWO).status_code == 201
    split = OutboxEvent.objects.filter(type__in=("golden.split", "golden.created")).order_by("id")
    assert [_kept(event.trace) for event in split][1:] == [TWO] * (len(split) - 1)
    assert len(split) > 1


def test_a_first_load_of_what_came_by_the_door_keeps_the_traces(channel: Any, endpoint: Any) -> None:
    batch = "\n".join(json.dumps(record) for record in (person("1"), someone_else("2"))).encode()
    kind = "application/x-ndjson"
    assert channel.post("/api/v1/sources/crm/records/batch", batch, kind=kind, traceparent=ONE).status_code == 207
    load()
    assert [_kept(event.trace) for event in OutboxEvent.objects.all()] == [ONE, ONE]


def test_files_have_no_trace(five_sources: None) -> None:  # noqa: F811
    from hub.models import SourceSystem
    from hub.models.inbox import Lane

    pipeline.receive(source=SourceSystem.objects.get(code="crm"), payloads=[person("1")], lane=Lane.BULK)
    pipeline.drain()
    assert [event.trace for event in OutboxEvent.objects.all()] == [None]
