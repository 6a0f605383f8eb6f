"""Release by region: a client and an endpoint are told what the policy lets out to where they are, and hear of the
rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from connectors.outbound.claim import body_of, claim
from connectors.outbound.fanout import fan_out
from hub import policies
from hub.models import ApiClient, Endpoint, OutboxEvent, PolicyVersion, SourceSystem
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller, person, problem_of

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

RELEASE = """
release:
  regions: {EU: [DE, FR]}
  rules:
    - {from: [EU], to: [US], attributes: [birth_date, crosswalk], release: never}
    - {to: ["*"], release: always}
"""


@pytest.fixture
def regions(five_sources: None) -> None:
    """The CRM stands in Germany, the till in the United States; a policy in force keeps birth dates and source ids
    of the first from receivers at the second."""
    SourceSystem.objects.filter(code="crm").update(region="DE")
    SourceSystem.objects.filter(code="pos").update(region="us")
    policies.take_shipped()
    shipped = PolicyVersion.objects.get(active=True)
    PolicyVersion.objects.update(active=False)
    document = shipped.document.replace(f"name: {shipped.name}", "name: regions-1") + RELEASE
    PolicyVersion.objects.create(name="regions-1", document=document, active=True, activated_at=timezone.now())


@pytest.fixture
def golden_id(regions: None, channel: Caller, take: Callable[..., None]) -> str:
    take("crm", person("1", birth_date="1984-03-12"))
    take("pos", person("9", birth_date=None))
    found: str = channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"]
    assert channel.get("/api/v1/crosswalk/pos/9").json()["golden_id"] == found
    return found


def at(region: str) -> None:
    ApiClient.objects.update(region=region)


def test_a_client_elsewhere_is_told_less_and_hears_of_it(channel: Caller, golden_id: str) -> None:
    at("DE")
    whole = channel.get(f"/api/v1/golden/{golden_id}?expand=provenance")
    assert "withheld" not in whole.json()
    assert whole.json()["profile"]["birth_date"] == "1984-03-12"
    at("US")
    less = channel.get(f"/api/v1/golden/{golden_id}?expand=provenance")
    assert less["ETag"] != whole["ETag"]
    said = less.json()
    assert said["withheld"] == ["birth_date", "crosswalk"]
    assert said["crosswalk"] == [{"source_system": "pos", "source_id": "9"}]
    assert said["profile"]["name"] == whole.json()["profile"]["name"]
    assert "1984-03-12" not in less.content.decode()
    assert channel.get(f"/api/v1/golden/{golden_id}", If_None_Match=whole["ETag"]).status_code == 200


def test_no_other_door_tells_it(channel: Caller, golden_id: str) -> None:
    at("US")
    now = timezone.now().isoformat().replace("+00:00", "Z")
    answers = [
        channel.get("/api/v1/golden"),
        channel.post("/api/v1/golden/search", {"query": "1984-03-12 1"}),
        channel.post("/api/v1/golden/search", {"name": "Ali"}),
        channel.get(f"/api/v1/golden/{golden_id}?as_of={now}"),
        channel.get(f"/api/v1/golden/{golden_id}/explanation"),
        channel.get(f"/api/v1/golden/{golden_id}/history"),
        channel.get("/api/v1/events?limit=1000"),
        channel.get("/api/v1/crosswalk/pos/9"),
        channel.post("/api/v1/crosswalk/lookup", {"records": ["pos:9"]}),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.content
        assert "1984-03-12" not in answer.content.decode()
        assert "crm" not in json.dumps(_links(answer.json()))
    refused = channel.get(f"/api/v1/golden/{golden_id}/history?from=2026-01-01T00:00:00Z&to={now}")
    assert problem_of(refused) == (403, "withheld")


def _links(said: Any) -> list[Any]:
    """Everything in an answer that names a source record."""
    if isinstance(said, dict):
        own = [said[key] for key in ("crosswalk", "others", "records", "because") if key in said]
        return own + [link for value in said.values() for link in _links(value)]
    return [link for item in said for link in _links(item)] if isinstance(said, list) else []


def test_an_endpoint_is_told_what_may_go_where_it_is(golden_id: str) -> None:
    near = Endpoint.objects.create(url="https://near.example", region="FR")
    far = Endpoint.objects.create(url="https://far.example", region="US")
    while seal():
        pass
    fan_out()
    told: dict[int, list[dict[str, Any]]] = {near.pk: [], far.pk: []}
    while claimed := claim({near.pk: 100, far.pk: 100}, lease_seconds=60):
        for one in claimed:
            told[one.endpoint].append(body_of(one, filtered=False))
        if sum(map(len, told.values())) >= 2 * OutboxEvent.objects.count():
            break
    assert "1984-03-12" in json.dumps(told[near.pk])
    assert "1984-03-12" not in json.dumps(told[far.pk])
    assert "origins" not in json.dumps(told)
    first = told[far.pk][0]["data"]
    assert first["crosswalk"] == []
    assert set(first["withheld"]) == {"birth_date", "crosswalk"}


def test_events_of_before_the_policy_are_told_where_any_record_of_theirs_might_be(
    regions: None, channel: Caller, take: Callable[..., None]
) -> None:
    document = PolicyVersion.objects.get(active=True).document
    PolicyVersion.objects.filter(active=True).update(document=document.replace(RELEASE, ""))
    take("crm", person("1", birth_date="1984-03-12"))
    PolicyVersion.objects.filter(active=True).update(document=document)
    at("US")
    (event,) = channel.get("/api/v1/events").json()["items"]
    assert "birth_date" not in event["data"]["profile"]
    assert event["data"]["profile"]["name"]
