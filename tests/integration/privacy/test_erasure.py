"""Erasure: what is forgotten is gone from every table, stays gone, and takes nothing else along."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.test import RequestFactory

from hub import erasures, initial, keyring, pipeline
from hub.api.feed import event_schema
from hub.api.health import readyz
from hub.invariants import breaches
from hub.models import (
    ConsentStatement,
    Crosswalk,
    GoldenRecord,
    InboxMessage,
    Judgement,
    OutboxEvent,
    PrivacyRequest,
    RecordVersion,
    SourceRecord,
    SourceSystem,
    Suppression,
)
from hub.models.inbox import Lane
from hub.privacy import erase, work
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller, person, problem_of, someone_else
from tests.stress.people import settle

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "/api/v1/privacy-requests"
LATER = {"occurred_at": "2099-01-01T00:00:00Z"}


@pytest.fixture
def alice(take: Callable[..., list[str]], channel: Caller) -> str:
    take("crm", person("1", consents=[{"purpose": "marketing", "channel": "email", "state": "granted",
                                       "contact_point": "alice.ashworth@example.com"}]))  # fmt: skip
    take("pos", person("9"))
    take("erp", someone_else("5"))
    return golden_of(channel, "crm/1")


def golden_of(channel: Caller, address: str) -> str:
    return str(channel.get(f"/api/v1/crosswalk/{address}").json()["golden_id"])


def erased(channel: Caller, **body: Any) -> dict[str, Any]:
    answer = channel.post(HERE, {"kind": "erasure", **body})
    assert answer.status_code == 202, answer.content
    while seal():
        pass
    found: dict[str, Any] = answer.json()
    return found


def events_of(channel: Caller, golden_id: str) -> list[dict[str, Any]]:
    items = channel.get("/api/v1/events?limit=1000").json()["items"]
    return [item for item in items if item["subject"] == golden_id]


def test_a_customer_is_gone_from_every_table(channel: Caller, alice: str) -> None:
    made = erased(channel, golden_id=alice, reference="Alice Ashworth")
    assert made["state"] == "waiting_for_targets"
    assert [(s["target"], s["state"]) for s in made["steps"]] == [
        (None, "done"),
        ("crm", "waiting"),
        ("pos", "waiting"),
    ]
    assert problem_of(channel.get(f"/api/v1/golden/{alice}")) == (410, "gone")
    assert problem_of(channel.get("/api/v1/crosswalk/crm/1")) == (404, "not-found")
    assert channel.post("/api/v1/golden/search", {"name": "alice ashworth"}).json()["items"] == []
    assert SourceRecord.objects.count() == RecordVersion.objects.count() == Crosswalk.objects.count() == 1
    assert not ConsentStatement.objects.exists()
    assert GoldenRecord.objects.get(public_id=alice).state == GoldenRecord.State.ERASED
    told = events_of(channel, alice)
    assert [e["type"] for e in told][-1] == "golden.erased"
    assert [e["sequence"] for e in told] == list(range(1, len(told) + 1))
    assert told[-1]["data"]["cause"] == {"type": "erasure", "ref": made["request_id"]}
    assert "crosswalk" not in told[-1]["data"]
    for event in told:
        jsonschema.validate(event["data"], json.loads(event_schema(event["type"])))
    for event in told[:-1]:
        assert event["data"]["redacted"] is True
        assert event["data"]["golden_id"] == alice
        assert "profile" not in event["data"]
        assert "crosswalk" not in event["data"]
    assert channel.get(f"{HERE}/{made['request_id']}").json().get("reference") is None
    assert channel.get(f"/api/v1/golden/{golden_of(channel, 'erp/5')}").status_code == 200


def test_its_messages_say_so(channel: Caller, take: Any) -> None:
    (message,) = take("crm", person("1"))
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    found = channel.get(f"/api/v1/messages/{message}").json()
    assert (found["status"], found["problem"]["type"]) == ("rejected", "/problems/erased")
    assert bytes(InboxMessage.objects.get().payload) == b""


def test_the_same_source_id_is_refused_at_every_door(channel: Caller, alice: str) -> None:
    erased(channel, golden_id=alice)
    later = person("1", occurred_at="2099-01-01T00:00:00Z")
    assert problem_of(channel.post("/api/v1/sources/crm/records", later)) == (410, "erased")
    batch = channel.post("/api/v1/sources/crm/records/batch", [later, someone_else("6")]).json()
    assert (batch["accepted"], batch["rejected"]) == (1, 1)
    assert batch["results"][0]["problem"]["type"] == "/problems/erased"
    assert SourceRecord.objects.count() == 1


def test_the_same_person_is_refused_while_it_is_old_news(channel: Caller, alice: str) -> None:
    erased(channel, golden_id=alice)
    assert problem_of(channel.post("/api/v1/sources/erp/records", person("77"))) == (410, "erased")
    only_name = person("78", emails=[], phones=[])
    assert problem_of(channel.post("/api/v1/sources/erp/records", only_name)) == (410, "erased")
    mail = {
        "source_id": "79",
        "emails": [{"value": "Alice.Ashworth@example.com"}],
        "occurred_at": "2025-01-01T00:00:00Z",
    }
    assert problem_of(channel.post("/api/v1/sources/erp/records", mail)) == (410, "erased")


def test_who_comes_later_is_a_new_customer(channel: Caller, alice: str, take: Any) -> None:
    erased(channel, golden_id=alice)
    take("erp", person("77", occurred_at="2099-01-01T00:00:00Z"))
    fresh = golden_of(channel, "erp/77")
    assert fresh != alice
    assert channel.get(f"/api/v1/golden/{fresh}").status_code == 200


def test_a_household_that_shares_a_telephone_stays_welcome(channel: Caller, alice: str, take: Any) -> None:
    erased(channel, golden_id=alice)
    tom = person("80", name={"given": "Tom", "family": "Ashworth"}, birth_date="1980-01-01", emails=[])
    take("crm", tom)
    assert golden_of(channel, "crm/80")


def test_one_record_is_redacted_and_the_customer_stays(channel: Caller, alice: str) -> None:
    made = erased(channel, record="pos:9")
    body = channel.get(f"/api/v1/golden/{alice}").json()
    assert body["crosswalk"] == [{"source_system": "crm", "source_id": "1"}]
    assert body["consents"]
    # What the version before said of consents cannot be read any more: they are told of once more.
    history = channel.get(f"/api/v1/golden/{alice}/history").json()
    assert "pos" not in str(history["items"][0])
    last, consents = events_of(channel, alice)[-2:]
    assert consents["type"] == "consent.changed"
    assert (last["type"], last["data"]["cause"]) == ("golden.updated", {"type": "erasure", "ref": made["request_id"]})
    assert problem_of(channel.post("/api/v1/sources/pos/records", person("9"))) == (410, "erased")
    # The customer was not forgotten: what is known elsewhere is still welcome.
    assert channel.post("/api/v1/sources/erp/records", person("90")).status_code == 202
    pipeline.drain()
    assert golden_of(channel, "erp/90") == alice


def test_ids_that_retired_into_the_customer_are_gone_too(channel: Caller, alice: str, take: Any) -> None:
    bob = golden_of(channel, "erp/5")
    assert channel.post("/api/v1/judgements", {"a": "crm:1", "b": "erp:5", "judgement": "same", "reason": "Alice"})
    assert channel.get(f"/api/v1/golden/{bob}").status_code == 307
    erased(channel, golden_id=alice)
    assert problem_of(channel.get(f"/api/v1/golden/{bob}")) == (410, "gone")
    assert not Judgement.objects.exists()
    assert [e["type"] for e in events_of(channel, bob)][-1] == "golden.erased"


def test_a_judgement_that_names_an_erased_record_goes_with_it(channel: Caller, alice: str) -> None:
    made = channel.post("/api/v1/judgements", {"a": "crm:1", "b": "erp:5", "judgement": "same"}).json()
    erased(channel, record="crm:1")
    assert problem_of(channel.delete(f"/api/v1/judgements/{made['judgement_id']}")) == (404, "not-found")
    assert golden_of(channel, "erp/5") != golden_of(channel, "pos/9")


def test_a_record_that_still_waits_is_erased_too(channel: Caller, five_sources: None) -> None:
    channel.post("/api/v1/sources/crm/records", person("1"))
    made = erased(channel, record="crm:1", reference="Alice wrote")
    assert "reference" not in channel.get(f"{HERE}/{made['request_id']}").json()
    assert made["steps"][0]["state"] == "done"
    pipeline.drain()
    assert not SourceRecord.objects.exists()
    assert InboxMessage.objects.get().status == InboxMessage.Status.REJECTED


def test_a_worker_that_had_it_in_hand_brings_nothing_back(channel: Caller, take: Any, monkeypatch: Any) -> None:
    """The message was claimed and read, and its key is remembered, when the erasure comes in between."""
    take("crm", person("1"))
    channel.post("/api/v1/sources/crm/records", person("1", occurred_at="2026-05-01T00:00:00Z"))
    channel.post("/api/v1/sources/erp/records", person("2", occurred_at="2026-05-01T00:00:00Z"))
    real, called = pipeline.models.active, []

    def between() -> Any:
        answer = real()
        if not called and InboxMessage.objects.filter(lease_token__isnull=False).exists():
            called.append(True)
            held = dict(keyring.memory._young)
            erased(channel, golden_id=golden_of(channel, "crm/1"))
            for address, key in held.items():  # as another process would
                keyring.memory.put(address, key)
        return answer

    monkeypatch.setattr(pipeline.models, "active", between)
    pipeline.drain()
    assert called
    assert not SourceRecord.objects.exists()
    keyring.forget_all()


def test_what_was_cut_off_after_the_keys_were_destroyed_is_followed_later(
    channel: Caller, alice: str, monkeypatch: Any
) -> None:
    class Killed(Exception):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(erase, "_follow", killed)
    channel.post(HERE, {"kind": "erasure", "golden_id": alice})
    assert erasures.end() == 1
    assert erasures.applied()[0] == 0
    assert channel.http.get("/readyz").json()["not_ready"].count("erasures") == 1
    assert channel.get(f"/api/v1/golden/{alice}").status_code in (410, 503)
    monkeypatch.undo()
    monkeypatch.setattr(work, "_looked_at", -1e9)
    work.go_on()
    while seal():
        pass
    assert erasures.applied()[0] == 1
    assert problem_of(channel.get(f"/api/v1/golden/{alice}")) == (410, "gone")
    held = PrivacyRequest.objects.get()
    assert held.state == "waiting_for_targets"
    assert erase.follow() == 0


def test_who_is_resolved_between_the_two_halves_of_an_erasure_waits_for_the_second(
    channel: Caller, alice: str, monkeypatch: Any
) -> None:
    """The key of a record beside it is destroyed, and the record still there: that is nobody's fault."""
    with monkeypatch.context() as patched:
        patched.setattr(erase, "_follow_all", lambda: 1 / 0)
        channel.post(HERE, {"kind": "erasure", "record": "crm:1"})
    keyring.forget_all()  # as in a process that did not read them before
    pipeline.receive(source=SourceSystem.objects.get(code="pos"), payloads=[person("9", **LATER)], lane=Lane.BULK)
    pipeline.drain()
    assert InboxMessage.objects.get(status=InboxMessage.Status.ACCEPTED).attempts == 0
    assert 9 in {breach.invariant for breach in breaches()}
    erase.follow()
    settle()
    assert golden_of(channel, "pos/9") == alice


def test_a_hub_stays_ready_while_it_erases(channel: Caller, alice: str, monkeypatch: Any) -> None:
    """Between the two commits the database is behind the ledger, and about to follow."""
    real, said = erase._follow_all, list[Any]()

    def between() -> int:
        with ThreadPoolExecutor(1) as pool:
            said.append(pool.submit(_ready).result())
        return real()

    monkeypatch.setattr(erase, "_follow_all", between)
    erased(channel, golden_id=alice)
    assert [answer["checks"]["erasures"] for answer in said] == ["ok"]


def _ready() -> Any:
    try:
        return json.loads(readyz(RequestFactory().get("/readyz")).content)
    finally:
        connections.close_all()


def test_following_the_ledger_again_changes_nothing(channel: Caller, alice: str) -> None:
    erased(channel, golden_id=alice)
    before = list(OutboxEvent.objects.order_by("id").values_list("public_id", "data"))
    with transaction.atomic():
        for entry in erasures.after(0):
            erase._follow(entry)
    assert list(OutboxEvent.objects.order_by("id").values_list("public_id", "data")) == before


def test_a_withdrawal_outlives_the_customer_and_a_restore(channel: Caller, take: Any) -> None:
    said = {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com"}
    take("crm", person("1", consents=[{**said, "state": "withdrawn", "captured_at": "2026-01-02T00:00:00Z"}]))
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    held = list(Suppression.objects.order_by("id").values_list("point", "purpose", "channel", "captured_at"))
    assert held
    (entry,) = erasures.after(0)
    Suppression.objects.all().delete()
    with transaction.atomic():
        erase._follow(entry)
    assert list(Suppression.objects.order_by("id").values_list("point", "purpose", "channel", "captured_at")) == held


def test_a_vendor_redacts_its_own_record_alone(channel: Caller, alice: str) -> None:
    from hub.privacy import vendors

    source = SourceSystem.objects.get(code="pos")
    one = vendors.file(kind="erasure", source=source, source_id="9")
    assert vendors.file(kind="erasure", source=source, source_id="9") == one
    assert channel.get(f"{HERE}/{one}").json()["state"] == "done"
    assert channel.get(f"/api/v1/golden/{alice}").json()["crosswalk"] == [{"source_system": "crm", "source_id": "1"}]
    # One that was never heard of is noted, so that it never comes.
    unknown = vendors.file(kind="erasure", source=source, source_id="404")
    assert channel.get(f"{HERE}/{unknown}").json()["state"] == "done"
    assert problem_of(channel.post("/api/v1/sources/pos/records", someone_else("404"))) == (410, "erased")


def test_a_file_brings_nobody_back(channel: Caller, alice: str, tmp_path: Path) -> None:
    erased(channel, golden_id=alice)
    file, rejects = tmp_path / "old.csv", tmp_path / "rejects.csv"
    file.write_text(
        "source_system,source_id,given_name,family_name,birth_date,email,updated_at\n"
        "crm,1,Alice,Ashworth,1984-03-12,a@example.com,2026-01-02T09:00:00Z\n"
        "crm,2,Carol,Nguyen,1991-05-05,carol@example.com,2026-01-02T09:00:00Z\n"
        "erp,3,Ashworth,Alice,12.03.1984,,2026-01-02T09:00:00Z\n"
    )
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(file), "--rejects", str(rejects))
    assert ended.value.code == 1
    lines = list(csv.DictReader(rejects.open()))
    assert [(row["line"], row["source_id"]) for row in lines] == [("2", "1"), ("4", "3")]
    assert all("erased" in row["reason"] for row in lines)
    assert golden_of(channel, "crm/2")
    assert SourceRecord.objects.count() == 2


def test_a_first_load_takes_in_nobody_who_was_erased(channel: Caller, take: Any) -> None:
    """The hub forgot its only customer; whatever waits of hers is passed over when it is filled as a whole."""
    take("crm", person("1"))
    source = SourceSystem.objects.get(code="erp")
    pipeline.receive(source=source, payloads=[person("2"), someone_else("3")], lane=Lane.BULK, wake=False)
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    assert initial.is_empty()
    assert initial.load() == 2
    assert SourceRecord.objects.count() == 1
    assert golden_of(channel, "erp/3")
    gone = InboxMessage.objects.exclude(status=InboxMessage.Status.RESOLVED)
    assert {(m.status, bytes(m.payload), bytes(m.address)) for m in gone} == {(InboxMessage.Status.REJECTED, b"", b"")}


def test_who_is_erased_twice_is_gone_already(channel: Caller, alice: str) -> None:
    erased(channel, golden_id=alice)
    assert problem_of(channel.post(HERE, {"kind": "erasure", "golden_id": alice})) == (410, "gone")
    assert problem_of(channel.post(HERE, {"kind": "access", "record": "crm:1"})) == (410, "gone")


def test_a_message_that_was_let_in_before_is_turned_away(channel: Caller, take: Any) -> None:
    """Another source id of the same person waits in the inbox when the person is erased."""
    take("crm", person("1"))
    source = SourceSystem.objects.get(code="erp")
    pipeline.receive(source=source, payloads=[person("2")], lane=Lane.BULK)
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    pipeline.drain()
    assert not SourceRecord.objects.exists()
    assert {m.status for m in InboxMessage.objects.all()} == {InboxMessage.Status.REJECTED}
    assert problem_of(channel.post("/api/v1/sources/erp/records", person("2", occurred_at="2099-01-01T00:00:00Z"))) == (
        410, "erased",
    )  # fmt: skip


@pytest.mark.parametrize("newer_first", [False, True])
def test_what_a_customer_sends_later_is_taken_though_an_older_message_waits_beside_it(
    channel: Caller, take: Any, newer_first: bool
) -> None:
    """Both wait in the inbox under one address when another record of the same person is erased; one batch has both."""
    take("crm", person("1"))
    source = SourceSystem.objects.get(code="erp")
    both = [person("2"), person("2", occurred_at="2099-01-01T00:00:00Z")]
    pipeline.receive(source=source, payloads=both[::-1] if newer_first else both, lane=Lane.BULK)
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    pipeline.drain()
    statuses = sorted(m.status for m in InboxMessage.objects.filter(received_at__isnull=False, system=source))
    assert statuses == [InboxMessage.Status.RESOLVED, InboxMessage.Status.REJECTED]
    assert golden_of(channel, "erp/2")
