"""The feed of events."""

from __future__ import annotations

import json
from collections.abc import Callable

import jsonschema
import pytest

from hub.events import TYPES
from hub.models import OutboxEvent
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db


def test_a_reader_gets_every_event_once_and_in_order(channel: Caller, take: Callable[..., list[str]]) -> None:
    take("crm", person("1"))
    take("loyalty", person("2"))
    take("pos", someone_else("9"))
    seen, after = [], "0"
    while items := (page := channel.get(f"/api/v1/events?after={after}&limit=1").json())["items"]:
        seen += items
        after = page["next"]
    assert [e["id"] for e in seen] == list(OutboxEvent.objects.order_by("position").values_list("public_id", flat=True))
    assert page["next"] == after  # level with the feed, the cursor stays where it is
    take("pos", someone_else("10", emails=[], name={"given": "Carol"}, birth_date=None))
    assert channel.get(f"/api/v1/events?after={after}").json()["items"]
    assert len(channel.get("/api/v1/events").json()["items"]) == OutboxEvent.objects.count()


def test_events_are_what_their_schemas_say(channel: Caller, take: Callable[..., list[str]]) -> None:
    consent = {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com",
               "captured_at": "2026-01-01T00:00:00Z"}  # fmt: skip
    take("crm", person("1", consents=[{**consent, "state": "granted"}]))
    take("pos", someone_else("9"))
    for a, b, judgement in (("crm:1", "pos:9", "same"), ("crm:1", "pos:9", "different")):
        assert channel.post("/api/v1/judgements", {"a": a, "b": b, "judgement": judgement}).status_code == 201
    take("crm", person("1", deleted=True, occurred_at="2026-04-01T00:00:00Z"))
    while seal():
        pass
    items = channel.get("/api/v1/events?limit=1000").json()["items"]
    assert {"golden.created", "golden.merged", "golden.split", "consent.changed"} <= {e["type"] for e in items}
    for event in items:
        schema = channel.http.get(event["dataschema"]).json()
        jsonschema.validate(event["data"], schema, cls=jsonschema.Draft202012Validator)
        assert event["subject"] == event["data"]["golden_id"]


def test_every_type_has_its_schema(channel: Caller) -> None:
    for kind in TYPES:
        answer = channel.http.get(f"/api/v1/schema/events/{kind}/1")
        jsonschema.Draft202012Validator.check_schema(json.loads(answer.content))
        assert answer.json()["$id"] == f"/api/v1/schema/events/{kind}/1"
    for path in ("golden.created/2", "golden.unknown/1", "..%2Furls/1"):
        assert channel.http.get(f"/api/v1/schema/events/{path}").status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=9223372036854775808", "after=²", "limit=1001"])
def test_a_wrong_place_in_the_feed_is_refused(channel: Caller, query: str) -> None:
    assert problem_of(channel.get(f"/api/v1/events?{query}")) == (400, "invalid-request")
