"""The bundle: all that is held about a customer, from every table, and nothing of anybody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db.models import BinaryField, ForeignKey

from hub.models import GoldenRecord, SourceRecord
from hub.privacy import bundle
from hub.stages import erase
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db
HERE = "/api/v1/privacy-requests"


@pytest.fixture
def alice(take: Callable[..., list[str]], channel: Caller) -> str:
    statement = {"purpose": "marketing", "channel": "email", "state": "granted", "proof": "form 7",
                 "contact_point": "alice.ashworth@example.com"}  # fmt: skip
    take("crm", person("one", consents=[statement], attributes={"shoe_size": "38"}))
    take("crm", person("one", occurred_at="2026-02-02T00:00:00Z", attributes={"shoe_size": "39"}))
    take("pos", person("nine"))
    take("erp", someone_else("five"))
    assert channel.post("/api/v1/judgements", {"a": "crm:one", "b": "erp:five", "judgement": "different",
                                               "reason": "Bob is her neighbour"}).status_code == 201  # fmt: skip
    assert channel.post("/api/v1/judgements", {"a": "crm:one", "b": "pos:nine", "judgement": "same",
                                               "reason": "she showed her card"}).status_code == 201  # fmt: skip
    return str(channel.get("/api/v1/crosswalk/crm/one").json()["golden_id"])


def filed(channel: Caller, **body: Any) -> str:
    return str(channel.post(HERE, {"kind": "access", **body}).json()["request_id"])


def test_it_holds_every_version_value_and_decision(channel: Caller, alice: str) -> None:
    request = filed(channel, golden_id=alice, reference="her letter")
    answer = channel.get(f"{HERE}/{request}/bundle.json")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    found = answer.json()
    assert set(found) == {"about", *bundle.SECTIONS}
    assert found["golden_record"]["golden_id"] == alice
    assert found["golden_record"]["provenance"]
    crm, pos = found["records"]
    assert [v["as_received"]["attributes"]["shoe_size"] for v in crm["versions"]] == ["38", "39"]
    assert pos["source_system"] == "pos"
    assert found["consents"][0]["proof"] == "form 7"
    assert {m["source_system"] for m in found["messages"]} == {"crm", "pos"}
    assert "golden.created" in {e["type"] for e in found["events"]}
    assert sorted((j["judgement"], j["reason"]) for j in found["judgements"]) == [
        ("different", None), ("same", "she showed her card"),
    ]  # fmt: skip
    assert found["privacy_requests"][0]["reference"] == "her letter"
    # Of the neighbour nothing is told.
    assert "Okonkwo" not in json.dumps(found)


def test_taking_it_meets_the_request_and_is_noted(channel: Caller, alice: str) -> None:
    request = filed(channel, golden_id=alice)
    assert channel.get(f"{HERE}/{request}").json()["state"] == "waiting_for_targets"
    channel.get(f"{HERE}/{request}/bundle.json")
    told = channel.get(f"{HERE}/{request}").json()
    assert (told["state"], told["steps"][1]["state"]) == ("done", "done")
    again = channel.get(f"{HERE}/{request}/bundle.json").json()
    assert [e["action"] for e in again["audit"]].count("privacy.bundle") == 1


def test_a_person_can_read_it(channel: Caller, take: Any) -> None:
    take("crm", person("one", attributes={"note": "<script>alert(1)</script>"}))
    request = filed(channel, golden_id=channel.get("/api/v1/crosswalk/crm/one").json()["golden_id"])
    answer = channel.get(f"{HERE}/{request}/bundle.html")
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "Ashworth" in text
    assert "<script>" not in text
    for name in bundle.SECTIONS:
        assert f"id='{name}'" in text
    assert problem_of(channel.get(f"{HERE}/{request}/bundle.pdf")) == (404, "unknown-route")


def test_of_one_record_it_tells_nothing_of_the_others(channel: Caller, alice: str) -> None:
    request = filed(channel, record="pos:nine")
    found = channel.get(f"{HERE}/{request}/bundle.json").json()
    assert found["golden_record"] == {}
    assert [r["source_system"] for r in found["records"]] == ["pos"]
    assert found["events"] == []


def test_other_kinds_and_refused_requests_have_none(channel: Caller, alice: str) -> None:
    other = channel.post(HERE, {"kind": "rectification", "golden_id": alice}).json()["request_id"]
    assert problem_of(channel.get(f"{HERE}/{other}/bundle.json")) == (400, "invalid-request")
    request = filed(channel, golden_id=alice)
    channel.post(f"{HERE}/{request}/refusal", {"reason": "not her"})
    assert problem_of(channel.get(f"{HERE}/{request}/bundle.json")) == (409, "stale")


# Columns that hold numbers of source records without being a reference that Django knows of.
_LISTS = {"holders", "last_members", "records", "unsettled", "members", "messages"}


def referring() -> dict[str, set[str]]:
    """Every table with a column that leads to a source record or golden record: table → columns."""
    found: dict[str, set[str]] = {}
    for model in [m for app in ("hub", "keystore") for m in apps.get_app_config(app).get_models()]:
        if model in (SourceRecord, GoldenRecord):
            found.setdefault(model._meta.db_table, set()).add("id")
        for field in model._meta.get_fields():
            leads = isinstance(field, ForeignKey) and (
                field.related_model in (SourceRecord, GoldenRecord)
                or (
                    getattr(field.related_model, "_meta", None) is not None
                    and field.related_model._meta.db_table in ("hub_outboxevent", "hub_delivery", "hub_privacyrequest")
                )
            )
            leads = leads or (isinstance(field, ArrayField) and field.name in _LISTS)
            leads = leads or (isinstance(field, BinaryField) and field.name == "address")
            leads = leads or getattr(field, "name", "") in ("golden_id", "golden_ids", "record_id", "addresses")
            if leads:
                found.setdefault(model._meta.db_table, set()).add(field.name)
    return found


def test_no_table_is_forgotten_in_the_bundle() -> None:
    tables = set(referring())
    told = {*bundle.TOLD, *bundle.LEFT_OUT}
    assert tables <= told, f"say in hub/privacy/bundle.py what is told of {sorted(tables - told)}, or why nothing is"
    assert set(bundle.TOLD.values()) == set(bundle.SECTIONS)


def test_no_table_is_forgotten_by_an_erasure() -> None:
    to_records = {
        model._meta.db_table
        for model in apps.get_app_config("hub").get_models()
        for field in model._meta.get_fields()
        if (isinstance(field, ForeignKey) and field.related_model is SourceRecord)
        or (isinstance(field, ArrayField) and field.name in _LISTS)
        or (isinstance(field, BinaryField) and field.name == "address")
        or getattr(field, "name", "") == "record_id"
    }
    known = {*erase.GOES, *erase.STAYS}
    assert to_records <= known, f"say in hub/stages/erase.py what becomes of {sorted(to_records - known)}"
