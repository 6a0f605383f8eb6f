"""Privacy requests by API: filed, followed, acknowledged, extended, refused, lifted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from django.utils import timezone

from connectors.outbound.claim import body_of, claim
from connectors.outbound.fanout import fan_out
from hub.api.feed import event_schema
from hub.errors import Refused, Stale
from hub.models import AuditEntry, Endpoint, PrivacyRequest, PrivacyStep, Restriction
from hub.privacy import requests, work
from hub.privacy.requests import by_id
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db
HERE = "/api/v1/privacy-requests"


@pytest.fixture
def alice(take: Callable[..., list[str]], channel: Caller) -> str:
    """A customer of two systems; her golden id."""
    take("crm", person("1"))
    take("pos", person("9"))
    return str(channel.get("/api/v1/crosswalk/crm/1").json()["golden_id"])


def filed(channel: Caller, **body: Any) -> dict[str, Any]:
    answer = channel.post(HERE, body)
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"{HERE}/{answer.json()['request_id']}"
    found: dict[str, Any] = answer.json()
    return found


def test_an_access_request_is_due_in_a_month_and_waits_to_be_handed_over(channel: Caller, alice: str) -> None:
    made = filed(channel, kind="access", golden_id=alice, jurisdiction="EU", reference="letter of Alice, 3 March")
    assert made["request_id"].startswith("pr_")
    assert made["state"] == "waiting_for_targets"
    assert [(s["step"], s["state"], s["target"]) for s in made["steps"]] == [
        ("collect", "done", None), ("hand_over", "waiting", "requester"),
    ]  # fmt: skip
    due, received = (datetime.fromisoformat(made[key]) for key in ("due_at", "received_at"))
    assert timedelta(days=28) <= due - received <= timedelta(days=31)
    assert channel.get(f"{HERE}/{made['request_id']}").json() == made
    assert channel.get(HERE).json()["items"] == [made]
    assert channel.get(f"{HERE}?state=done").json()["items"] == []


def test_what_people_type_is_stored_sealed(channel: Caller, alice: str) -> None:
    made = filed(channel, kind="rectification", golden_id=alice, reference="Alice Ashworth wrote")
    assert made["reference"] == "Alice Ashworth wrote"
    channel.post(f"{HERE}/{made['request_id']}/acknowledgements", {"target": "crm", "proof": "ticket of Ashworth"})
    held = PrivacyRequest.objects.get()
    kept = bytes(held.reference) + b"".join(bytes(step.proof) for step in held.steps.all())
    assert kept
    assert b"Ashworth" not in kept
    assert "Ashworth" not in str(list(AuditEntry.objects.values()))


def test_every_system_acknowledges_and_then_it_is_done(channel: Caller, alice: str) -> None:
    made = filed(channel, kind="rectification", golden_id=alice)
    there = f"{HERE}/{made['request_id']}/acknowledgements"
    assert [s["target"] for s in made["steps"]] == ["crm", "pos"]
    assert problem_of(channel.post(there, {"target": "erp"})) == (400, "invalid-request")
    first = channel.post(there, {"target": "crm", "proof": "ticket 12"}).json()
    assert first["state"] == "waiting_for_targets"
    assert (first["steps"][0]["state"], first["steps"][0]["proof"]) == ("done", "ticket 12")
    assert channel.post(there, {"target": "crm", "proof": "again"}).json() == first
    last = channel.post(there, {"target": "pos"}).json()
    assert last["state"] == "done"
    assert last["closed_at"]
    actions = list(AuditEntry.objects.filter(subject=made["request_id"]).order_by("id").values_list("action", "actor"))
    by = f"client:{channel.client_id}"
    assert actions == [("privacy.filed", by), *[("privacy.acknowledged", by)] * 2, ("privacy.done", by)]


def test_one_record_alone_concerns_its_own_system(channel: Caller, alice: str) -> None:
    made = filed(channel, kind="rectification", record="pos:9")
    assert [s["target"] for s in made["steps"]] == ["pos"]
    assert made["golden_id"] == alice


def test_an_extension_is_told_once_and_in_time(channel: Caller, alice: str) -> None:
    made = filed(channel, kind="access", golden_id=alice, jurisdiction="US-CA")
    there = f"{HERE}/{made['request_id']}/extension"
    longer = channel.post(there, {"reason": "many systems"}).json()
    due, received = (datetime.fromisoformat(longer[key]) for key in ("due_at", "received_at"))
    assert due - received == timedelta(days=90)
    assert longer["reason"] == "many systems"
    assert problem_of(channel.post(there, {"reason": "more"})) == (409, "stale")
    brazil = filed(channel, kind="access", golden_id=alice, jurisdiction="BR")
    there = f"{HERE}/{brazil['request_id']}/extension"
    assert problem_of(channel.post(there, {"reason": "x"})) == (400, "invalid-request")
    late = filed(channel, kind="access", golden_id=alice)
    PrivacyRequest.objects.filter(public_id=late["request_id"]).update(due_at=timezone.now() - timedelta(seconds=1))
    assert problem_of(channel.post(f"{HERE}/{late['request_id']}/extension", {"reason": "x"})) == (409, "stale")


def test_a_refused_request_is_closed_with_its_reason(channel: Caller, alice: str) -> None:
    made = filed(channel, kind="rectification", golden_id=alice)
    told = channel.post(f"{HERE}/{made['request_id']}/refusal", {"reason": "not who they say"}).json()
    assert (told["state"], told["reason"]) == ("refused", "not who they say")
    for what, body in (
        ("acknowledgements", {"target": "crm"}),
        ("refusal", {"reason": "x"}),
        ("extension", {"reason": "x"}),
    ):
        assert problem_of(channel.post(f"{HERE}/{made['request_id']}/{what}", body)) == (409, "stale")


def test_a_restriction_is_done_at_once_and_lifted_once(channel: Caller, alice: str) -> None:
    made = filed(channel, kind="restriction", golden_id=alice)
    assert [(s["target"], s["state"]) for s in made["steps"]] == [
        (None, "done"),
        ("crm", "waiting"),
        ("pos", "waiting"),
    ]
    assert Restriction.objects.filter(lifted_at=None).count() == 2
    there = f"{HERE}/{made['request_id']}/lifting"
    assert channel.post(there, {"reason": "accuracy was verified"}).status_code == 200
    assert not Restriction.objects.filter(lifted_at=None).exists()
    assert problem_of(channel.post(there, {"reason": "again"})) == (409, "stale")


def test_what_is_restricted_is_released_to_nobody(channel: Caller, alice: str) -> None:
    other = filed(channel, kind="access", golden_id=alice)
    made = filed(channel, kind="restriction", record="pos:9")
    assert problem_of(channel.get(f"/api/v1/golden/{alice}")) == (451, "restricted")
    assert problem_of(channel.get(f"/api/v1/golden/{alice}/explanation")) == (451, "restricted")
    assert channel.get("/api/v1/golden").json()["items"] == []
    assert channel.post("/api/v1/golden/search", {"name": "alice ashworth"}).json()["items"] == []
    told = channel.get("/api/v1/events").json()["items"]
    assert told
    for event in told:
        jsonschema.validate(event["data"], json.loads(event_schema(event["type"])))
    assert all(event["data"]["restricted"] and "profile" not in event["data"] for event in told)
    # The customer may still ask what is held, and the clusters go on being kept up.
    assert channel.get(f"{HERE}/{other['request_id']}/bundle.json").status_code == 200
    assert channel.get("/api/v1/crosswalk/pos/9").json()["golden_id"] == alice
    channel.post(f"{HERE}/{made['request_id']}/lifting", {"reason": "verified"})
    while seal():
        pass
    assert channel.get(f"/api/v1/golden/{alice}").status_code == 200
    last = channel.get("/api/v1/events").json()["items"][-1]
    assert (last["type"], last["data"]["cause"]["ref"]) == ("golden.updated", made["request_id"])
    assert last["data"]["profile"]["emails"]


def test_what_is_restricted_is_not_sent_to_receivers_either(channel: Caller, alice: str) -> None:
    endpoint = Endpoint.objects.create(url="https://crm.example")
    while seal():
        pass
    fan_out()
    filed(channel, kind="restriction", record="pos:9")
    sent = [body_of(one, filtered=False) for one in claim({endpoint.pk: 100}, lease_seconds=60)]
    assert sent
    assert all(body["data"].get("restricted") and "profile" not in body["data"] for body in sent)


def test_a_retired_golden_id_leads_to_the_customer_of_today(channel: Caller, take: Any, alice: str) -> None:
    take("erp", someone_else("5"))
    bob = channel.get("/api/v1/crosswalk/erp/5").json()["golden_id"]
    assert channel.post("/api/v1/judgements", {"a": "crm:1", "b": "erp:5", "judgement": "same"}).status_code == 201
    made = filed(channel, kind="rectification", golden_id=bob)
    assert made["golden_id"] == channel.get("/api/v1/crosswalk/erp/5").json()["golden_id"] == alice
    assert [s["target"] for s in made["steps"]] == ["crm", "erp", "pos"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid-request")),
        ({"kind": "access"}, (400, "invalid-request")),
        ({"kind": "forget", "record": "crm:1"}, (400, "invalid-request")),
        ({"kind": "access", "record": "crm:1", "jurisdiction": "Atlantis"}, (400, "invalid-request")),
        ({"kind": "access", "record": "crm"}, (400, "invalid-request")),
        ({"kind": "access", "record": "crm:1", "golden_id": "gr_01arz3ndektsv4rrffq69g5fav"}, (400, "invalid-request")),
        ({"kind": "access", "record": "crm:404"}, (404, "not-found")),
        ({"kind": "access", "golden_id": "gr_01arz3ndektsv4rrffq69g5fav"}, (404, "not-found")),
        ({"kind": "access", "golden_id": "Alice"}, (404, "not-found")),
    ],
)
def test_a_request_that_is_none_changes_nothing(
    channel: Caller, alice: str, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert problem_of(channel.post(HERE, body)) == expected
    assert not PrivacyRequest.objects.exists()


def test_it_takes_the_scope(caller: Callable[..., Caller]) -> None:
    other = caller("golden:read")
    assert problem_of(other.get(HERE)) == (403, "insufficient-scope")
    assert problem_of(other.post(HERE, {"kind": "access", "record": "crm:1"})) == (403, "insufficient-scope")


def test_a_retry_under_a_key_files_once(channel: Caller, alice: str) -> None:
    body = {"kind": "access", "golden_id": alice, "reference": "Alice"}
    one, two = (channel.post(HERE, body, Idempotency_Key="k1") for _ in range(2))
    assert one.json()["request_id"] == two.json()["request_id"]
    assert PrivacyRequest.objects.count() == 1


def test_the_sweeper_goes_on_where_a_filer_was_cut_off(channel: Caller, alice: str, monkeypatch: Any) -> None:
    made = filed(channel, kind="restriction", golden_id=alice)
    held = PrivacyRequest.objects.get(public_id=made["request_id"])
    Restriction.objects.all().delete()
    PrivacyStep.objects.filter(request=held, target="").update(state="waiting", at=None)
    PrivacyRequest.objects.update(state="received")
    monkeypatch.setattr(work, "_looked_at", -1e9)
    assert work.go_on() == 1
    assert Restriction.objects.count() == 2
    assert channel.get(f"{HERE}/{made['request_id']}").json()["state"] == "waiting_for_targets"


def test_terms_end_on_the_same_day_of_the_month() -> None:
    from hub.privacy.deadlines import term

    received = datetime(2027, 1, 31, 12, tzinfo=UTC)
    assert term("eu").due(received) == datetime(2027, 2, 28, 12, tzinfo=UTC)
    assert term("DE").extended(received) == datetime(2027, 4, 30, 12, tzinfo=UTC)
    assert term("GB").due(datetime(2026, 12, 15, tzinfo=UTC)) == datetime(2027, 1, 15, tzinfo=UTC)
    assert term("BR").extended(received) is None


def test_with_approval_at_the_desk_an_erasure_by_api_waits_for_a_person(
    channel: Caller, alice: str, settings: Any
) -> None:
    settings.HUB_ERASURE_APPROVAL = "desk"
    made = filed(channel, kind="erasure", golden_id=alice)
    here = f"{HERE}/{made['request_id']}"
    assert made["state"] == "received"
    assert [(s["step"], s["state"], s["target"]) for s in made["steps"]] == [
        ("confirm", "waiting", "second_person"), ("erase", "waiting", None), ("erase", "waiting", "crm"),
        ("erase", "waiting", "pos"),
    ]  # fmt: skip
    held = PrivacyRequest.objects.get()
    assert work.begin(held).state == "received"
    with pytest.raises(Refused):
        requests.confirm(held, by=held.filed_by)
    assert channel.post(f"{here}/acknowledgements", {"target": "second_person"}).status_code == 400
    assert channel.get(f"/api/v1/golden/{alice}").status_code == 200
    assert channel.get(here).json() == made
    work.begin(requests.confirm(held, by="user:1"))
    assert channel.get(f"/api/v1/golden/{alice}").status_code == 410
    done = channel.get(here).json()
    assert done["state"] == "waiting_for_targets"
    assert [(s["step"], s["by"]) for s in done["steps"][:2]] == [("confirm", "user:1"), ("erase", "system")]


def test_what_was_not_approved_is_refused_and_stays(channel: Caller, alice: str, settings: Any) -> None:
    settings.HUB_ERASURE_APPROVAL = "desk"
    held = by_id(filed(channel, kind="erasure", record="pos:9")["request_id"])
    requests.refuse(held, reason="An invoice is open", by="user:1")
    told = channel.get(f"{HERE}/{held.public_id}").json()
    assert (told["state"], told["reason"]) == ("refused", "An invoice is open")
    with pytest.raises(Stale):
        requests.confirm(held, by="user:2")
    assert work.begin(held).state == "refused"
    assert channel.get("/api/v1/crosswalk/pos/9").json()["golden_id"] == alice


@pytest.mark.parametrize("kind", ["access", "portability", "rectification", "restriction"])
def test_what_can_be_undone_waits_for_nobody(channel: Caller, alice: str, settings: Any, kind: str) -> None:
    settings.HUB_ERASURE_APPROVAL = "desk"
    assert filed(channel, kind=kind, golden_id=alice)["state"] == "waiting_for_targets"
