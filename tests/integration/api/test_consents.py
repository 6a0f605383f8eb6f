"""Consents by API: what is said for a customer, what counts, and the question that channels ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub import pipeline
from hub.models import AuditEntry, ConsentStatement, InboxMessage, OutboxEvent, SourceSystem
from hub.models.inbox import Lane
from hub.sql import rows
from hub.stages import consent as stage
from tests import opened
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db

Take = Callable[..., list[str]]
MAIL = "alice.ashworth@example.com"
LATE = datetime(2027, 1, 1, tzinfo=UTC)


def said(state: str, day: int = 2, **more: Any) -> dict[str, Any]:
    return {"purpose": "marketing", "channel": "email", "contact_point": MAIL, "state": state,
            "captured_at": f"2026-01-{day:02d}T09:00:00Z", **more}  # fmt: skip


def golden_of(channel: Caller, system: str, source_id: str) -> str:
    return channel.get(f"/api/v1/crosswalk/{system}/{source_id}").json()["golden_id"]


def check(caller: Caller, golden: str, **asked: str) -> dict[str, Any]:
    asked = {"purpose": "marketing", "channel": "email", **asked}
    by_body = caller.post(f"/api/v1/golden/{golden}/consents/check", asked)
    assert by_body.status_code == 200, by_body.content
    if "contact_point" not in asked:
        query = "&".join(f"{k}={v}" for k, v in asked.items())
        assert caller.get(f"/api/v1/golden/{golden}/consents/check?{query}").json() == by_body.json()
    return by_body.json()


def post(channel: Caller, golden: str, statement: dict[str, Any], **headers: str) -> Any:
    return channel.post(f"/api/v1/golden/{golden}/consents", statement, **headers)


def test_one_question_one_answer(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("granted")]))
    golden = golden_of(channel, "crm", "1")
    found = check(channel, golden)
    assert (found["allowed"], found["state"], found["contact_points"]) == (True, "granted", [MAIL])
    assert found["decided_by"] == ConsentStatement.objects.get().public_id
    assert found["text"].startswith("Allowed")
    assert not check(channel, golden, channel="sms")["allowed"]
    assert not check(channel, golden, contact_point="other@example.com")["allowed"]
    assert check(channel, golden, contact_point=MAIL.upper())["allowed"]


def test_a_withdrawal_for_a_customer_is_of_every_record_and_outlives_an_unmerge(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("granted")]))
    take("pos", someone_else("9", consents=[said("granted", contact_point="bob.okonkwo@example.org")]))
    judgement = pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="same")
    golden = golden_of(channel, "crm", "1")
    answer = post(channel, golden, said("withdrawn", 3, contact_point=None))
    assert answer.status_code == 201
    assert len(answer.json()["statements"]) == 2
    assert check(channel, golden)["state"] == "withdrawn"
    pipeline.retract(judgement, by="test")
    for system, source_id in (("crm", "1"), ("pos", "9")):
        assert check(channel, golden_of(channel, system, source_id))["state"] == "withdrawn"
    # Opting in again is for one contact point, and so for one of them.
    assert post(channel, golden_of(channel, "crm", "1"), said("granted", 4)).status_code == 201
    assert check(channel, golden_of(channel, "crm", "1"))["allowed"]
    assert not check(channel, golden_of(channel, "pos", "9"))["allowed"]
    pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="same")
    assert check(channel, golden_of(channel, "crm", "1"))["state"] == "withdrawn"


def test_an_older_grant_and_a_replay_change_nothing(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("withdrawn", 5)]))
    golden = golden_of(channel, "crm", "1")
    take("crm", person("1", consents=[said("granted", 4)], occurred_at="2026-01-09T09:00:00Z"))
    take("crm", person("1", consents=[said("granted", 4)], occurred_at="2026-01-09T09:00:00Z"))
    take("ecommerce", {"source_id": "7", "partial": True, "consents": [said("granted", 4)]})
    assert check(channel, golden)["state"] == "withdrawn"
    assert ConsentStatement.objects.filter(record=opened.record_at("crm", "1")).count() == 2


def test_a_grant_needs_a_record_that_has_its_contact_point(channel: Caller, take: Take) -> None:
    take("crm", person("1"))
    golden = golden_of(channel, "crm", "1")
    for statement, field in (
        (said("granted", contact_point="nobody@example.com"), "contact_point"),
        (said("granted", contact_point=None), "contact_point"),
        (said("granted", channel=""), "channel"),
        (said("perhaps"), "state"),
        (said("granted", captured_at=(datetime.now(UTC) + timedelta(minutes=20)).isoformat()), "captured_at"),
        (said("granted", effective_to="2025-01-01T00:00:00Z"), "effective_to"),
    ):
        answer = post(channel, golden, statement)
        assert problem_of(answer) == (422, "invalid-record")
        assert answer.json()["field"] == field
        assert MAIL not in answer.content.decode()
    assert problem_of(post(channel, golden, said("granted") | {"satte": "x"})) == (400, "invalid-request")
    assert ConsentStatement.objects.count() == 0
    assert post(channel, golden, said("granted", contact_point=MAIL.title())).status_code == 201


def test_what_was_withdrawn_for_the_whole_person_can_be_granted_so(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("granted")]))
    golden = golden_of(channel, "crm", "1")
    stop = {"purpose": "*", "channel": "*", "state": "withdrawn", "captured_at": "2026-01-05T09:00:00Z"}
    assert post(channel, golden, stop).status_code == 201
    assert post(channel, golden, said("granted", 6)).status_code == 201
    assert check(channel, golden)["state"] == "withdrawn"
    assert post(channel, golden, stop | {"state": "granted", "captured_at": "2026-01-07T09:00:00Z"}).status_code == 201
    assert check(channel, golden)["allowed"]


def test_a_retry_says_it_once(channel: Caller, take: Take) -> None:
    take("crm", person("1"))
    golden = golden_of(channel, "crm", "1")
    stop = {k: v for k, v in said("withdrawn").items() if k != "captured_at"}
    first = post(channel, golden, stop, Idempotency_Key="k1")
    again = post(channel, golden, stop, Idempotency_Key="k1")
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert ConsentStatement.objects.count() == 1
    fixed = said("withdrawn", 3)
    assert post(channel, golden, fixed).json() == post(channel, golden, fixed).json()
    assert ConsentStatement.objects.count() == 2


def test_who_said_it_is_told_and_noted(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("granted", proof="form-7/v3", text_version="v3", aisle=4)]))
    golden = golden_of(channel, "crm", "1")
    name = post(channel, golden, said("withdrawn", 3, source="call centre")).json()["statement_id"]
    found = channel.get(f"/api/v1/golden/{golden}/consents").json()
    sent, stopped = found["statements"]
    assert (sent["proof"], sent["text_version"], sent["aisle"], sent["record"]) == ("form-7/v3", "v3", 4, "crm:1")
    assert (stopped["statement_id"], stopped["source"]) == (name, "call centre")
    assert stopped["actor"] == f"client:{channel.client_id}"
    (effective,) = found["effective"]
    assert (effective["state"], effective["decided_by"]) == ("withdrawn", name)
    assert AuditEntry.objects.get(action="consent.said").subject == golden
    event = OutboxEvent.objects.filter(type="consent.changed").latest("id")
    assert opened.data(event)["consents"] == found["effective"]
    assert opened.data(event)["cause"] == {"type": "record", "ref": name}


def test_nothing_personal_stands_in_the_ledger(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("granted", proof="signed by Alice Ashworth", source="Alice's phone")]))
    ((row,),) = rows("SELECT s::text FROM hub_consentstatement s")
    for personal in (MAIL, MAIL.encode().hex(), "Ashworth", "Alice"):
        assert personal not in row


def test_a_retired_id_still_takes_a_withdrawal(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("granted")]))
    take("pos", someone_else("9"))
    ids = {golden_of(channel, "crm", "1"), golden_of(channel, "pos", "9")}
    pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="same")
    (retired,) = ids - {golden_of(channel, "crm", "1")}
    assert problem_of(channel.get(f"/api/v1/golden/{retired}/consents"))[0] == 404
    assert post(channel, retired, said("withdrawn", 3, contact_point=None)).status_code == 201
    assert check(channel, golden_of(channel, "crm", "1"))["state"] == "withdrawn"


def test_a_withdrawal_outlives_the_deletion_of_its_record_at_the_source(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("withdrawn", 5)]))
    take("ecommerce", person("2", consents=[said("granted", 3)]))
    golden = golden_of(channel, "ecommerce", "2")
    assert golden == golden_of(channel, "crm", "1")
    take("crm", {"source_id": "1", "deleted": True, "occurred_at": "2026-02-01T00:00:00Z"})
    assert check(channel, golden)["state"] == "withdrawn"
    # Of somebody else with the same mailbox too, until that one grants it later.
    take("pos", someone_else("9", consents=[said("granted", 4)]))
    assert check(channel, golden_of(channel, "pos", "9"))["state"] == "withdrawn"
    take("pos", someone_else("9", consents=[said("granted", 6)], occurred_at="2026-02-01T00:00:00Z"))
    assert check(channel, golden_of(channel, "pos", "9"))["allowed"]
    # The record comes back, and with it its own withdrawal; whoever had only the mailbox is free of it.
    take("crm", person("1", occurred_at="2026-03-01T00:00:00Z"))
    assert check(channel, golden_of(channel, "crm", "1"))["state"] == "withdrawn"


def test_a_deletion_reaches_those_who_were_granted_something_at_its_contact_point(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("withdrawn", 5)]))
    take("pos", someone_else("9", consents=[said("granted", 4)]))
    bob = golden_of(channel, "pos", "9")
    assert check(channel, bob)["allowed"]
    take("crm", {"source_id": "1", "deleted": True, "occurred_at": "2026-02-01T00:00:00Z"})
    assert check(channel, bob)["state"] == "withdrawn"
    event = OutboxEvent.objects.filter(type="consent.changed", subject=bob).latest("id")
    assert opened.data(event)["consents"][0]["state"] == "withdrawn"
    take("crm", person("1", occurred_at="2026-03-01T00:00:00Z"))
    assert check(channel, bob)["allowed"]


def test_the_suppression_list(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("withdrawn", 5, contact_point=None)]))
    take("pos", someone_else("9", consents=[said("granted", 4, contact_point="bob.okonkwo@example.org")]))
    question = {"purpose": "marketing", "channel": "email",
                "contact_points": ["Bob.Okonkwo@example.org", MAIL.upper(), "new@example.com"]}  # fmt: skip
    answer = channel.post("/api/v1/suppression/check", question)
    assert [i["suppressed"] for i in answer.json()["items"]] == [False, True, False]
    for wrong in ({"contact_points": []}, {"contact_points": ["a"] * 1001}, {"purpose": "*"}, {"channel": ""}):
        assert problem_of(channel.post("/api/v1/suppression/check", question | wrong)) == (400, "invalid-request")


def test_what_was_withdrawn_is_remembered_when_its_record_is_about_to_be_erased(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("withdrawn", 5, contact_point=None), said("withdrawn", 5, channel="sms")]))
    record = opened.record_at("crm", "1").pk
    assert stage.remember([record]) == 2
    assert stage.remember([record]) == 0
    take("crm", {"source_id": "1", "deleted": True, "occurred_at": "2026-02-01T00:00:00Z"})
    rows("DELETE FROM hub_consentstatement")
    take("pos", someone_else("9", consents=[said("granted", 4)]))
    assert check(channel, golden_of(channel, "pos", "9"))["state"] == "withdrawn"
    listed = {"purpose": "marketing", "channel": "email", "contact_points": [MAIL]}
    assert channel.post("/api/v1/suppression/check", listed).json()["items"][0]["suppressed"]
    take("pos", someone_else("9", consents=[said("granted", 6)], occurred_at="2026-02-01T00:00:00Z"))
    assert check(channel, golden_of(channel, "pos", "9"))["allowed"]
    assert not channel.post("/api/v1/suppression/check", listed).json()["items"][0]["suppressed"]


def test_a_message_that_withdraws_goes_ahead_of_its_lane(five_sources: None) -> None:
    crm = SourceSystem.objects.get(code="crm")
    calm, stop = person("1", consents=[said("granted")]), person("2", consents=[said("withdrawn")])
    for lane, ahead in ((Lane.BULK, Lane.EVENT), (Lane.EVENT, Lane.INTERACTIVE), (Lane.INTERACTIVE,) * 2):
        sent = [r | {"occurred_at": f"2026-03-0{int(lane) + 1}T00:00:00Z"} for r in (calm, stop)]
        pipeline.receive(source=crm, payloads=sent, lane=lane)
        lanes = list(InboxMessage.objects.order_by("-id").values_list("lane", flat=True)[:2])
        assert sorted(lanes) == sorted([lane, ahead])
    pipeline.drain()


def test_a_consent_from_the_future_is_refused_at_every_door(channel: Caller, five_sources: None) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
    later = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
    path = "/api/v1/sources/crm/records"
    assert channel.post(path, person("1", consents=[said("granted", captured_at=soon)])).status_code == 202
    refused = channel.post(path, person("2", consents=[said("granted"), said("withdrawn", captured_at=later)]))
    assert problem_of(refused) == (422, "invalid-record")
    assert refused.json()["field"] == "consents[1].captured_at"
    batch = channel.post(path + "/batch", [person("3", consents=[said("granted", captured_at=later)])]).json()
    assert (batch["accepted"], batch["results"][0]["problem"]["field"]) == (0, "consents[0].captured_at")
    planned = said("withdrawn", effective_from=later)
    assert channel.post(path, person("4", consents=[planned])).status_code == 202
    pipeline.drain()
    assert ConsentStatement.objects.count() == 2
