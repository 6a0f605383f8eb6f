"""History, as a client asks for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from hub import keyring, pipeline
from hub.models import GoldenRecord, OutboxEvent, SourceRecord
from hub.sql import rows
from tests.integration.api.conftest import Caller, person, problem_of, someone_else
from tests.integration.api.conftest import caller as caller
from tests.integration.api.conftest import channel as channel
from tests.integration.api.conftest import five_sources as five_sources
from tests.integration.api.conftest import take as take

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
Take = Callable[..., list[str]]


def now() -> str:
    return quote(rows("SELECT clock_timestamp()")[0][0].isoformat())


def golden_of(channel: Caller, address: str = "crm/1") -> str:
    return channel.get(f"/api/v1/crosswalk/{address}").json()["golden_id"]


def test_every_version_says_what_caused_it(take: Take, channel: Caller) -> None:
    (first,) = take("crm", person("1"))
    golden = golden_of(channel)
    (second,) = take("crm", person("1", phones=[], occurred_at="2026-01-03T09:00:00Z"))
    (third,) = take("pos", person("9", occurred_at="2026-01-04T09:00:00Z"))
    answer = channel.get(f"/api/v1/golden/{golden}/history")
    assert answer.status_code == 200
    assert answer.json()["next"] is None
    newest, middle, oldest = answer.json()["items"]
    assert [i["version"] for i in (oldest, middle, newest)] == [1, 2, 3]
    assert [i["cause"] for i in (oldest, middle, newest)] == [
        {"type": "record", "ref": message} for message in (first, second, third)
    ]
    assert oldest["until"] == middle["since"]
    assert newest["until"] is None
    assert "profile.phones" in middle["changed"]
    assert middle["joined"] == []
    assert newest["joined"] == [{"source_system": "pos", "source_id": "9"}]
    assert all(i["exact"] for i in (oldest, middle, newest))
    told = {e.sequence: json.loads(keyring.unsealed([(e.holders, bytes(e.data))], b"event")[0])
            for e in OutboxEvent.objects.all()}  # fmt: skip
    assert [data["cause"] for _, data in sorted(told.items())] == [i["cause"] for i in (oldest, middle, newest)]


def test_pages_follow_one_another(take: Take, channel: Caller) -> None:
    for day in range(2, 7):
        take("crm", person("1", occurred_at=f"2026-01-0{day}T09:00:00Z", attributes={"visits": day}))
    golden = golden_of(channel)
    seen, cursor = [], ""
    while cursor is not None:
        page = channel.get(f"/api/v1/golden/{golden}/history?limit=2&cursor={cursor}").json()
        seen += page["items"]
        cursor = page["next"]
    assert [item["version"] for item in seen] == [5, 4, 3, 2, 1]
    assert seen == channel.get(f"/api/v1/golden/{golden}/history").json()["items"]


def test_a_profile_as_it_was(take: Take, channel: Caller) -> None:
    start = now()
    take("crm", person("1"))
    golden = golden_of(channel)
    then, at = channel.get(f"/api/v1/golden/{golden}").json(), now()
    take("crm", person("1", emails=[{"value": "new@example.com"}], occurred_at="2026-01-03T09:00:00Z"))
    assert channel.get(f"/api/v1/golden/{golden}").json() != then
    as_of = channel.get(f"/api/v1/golden/{golden}?as_of={at}")
    assert as_of.status_code == 200
    assert "no-store" in as_of["Cache-Control"]
    body = as_of.json()
    assert body.pop("exact") is True
    assert body.pop("as_of")
    assert body == then
    assert problem_of(channel.get(f"/api/v1/golden/{golden}?as_of={start}")) == (404, "not-found")


def test_what_differs_between_two_instants(take: Take, channel: Caller) -> None:
    start = now()
    take("crm", person("1"))
    golden, one = golden_of(channel), now()
    take("crm", person("1", emails=[{"value": "new@example.com"}], occurred_at="2026-01-03T09:00:00Z"))
    two = now()
    found = channel.get(f"/api/v1/golden/{golden}/history?from={one}&to={two}").json()
    assert (found["from"]["version"], found["to"]["version"]) == (1, 2)
    (emails,) = [c for c in found["changes"] if c["attribute"] == "profile.emails"]
    assert [e["value"] for e in emails["removed"]] == ["alice.ashworth@example.com"]
    assert [e["value"] for e in emails["added"]] == ["new@example.com"]
    back = channel.get(f"/api/v1/golden/{golden}/history?from={two}&to={one}").json()["changes"]
    assert [(c.get("before"), c.get("after")) for c in back] == [
        (c.get("after"), c.get("before")) for c in found["changes"]
    ]
    assert channel.get(f"/api/v1/golden/{golden}/history?from={two}&to={two}").json()["changes"] == []
    from_nothing = channel.get(f"/api/v1/golden/{golden}/history?from={start}&to={one}").json()
    assert from_nothing["from"] == {"instant": from_nothing["from"]["instant"], "state": "absent"}
    assert {"attribute": "state", "before": "absent", "after": "live"} in from_nothing["changes"]


def test_a_merge_and_its_undoing_in_time(take: Take, channel: Caller) -> None:
    take("crm", person("1"))
    take("pos", someone_else("9"))
    alice, bob = golden_of(channel), golden_of(channel, "pos/9")
    apart = now()
    made = pipeline.judge(a=("crm", "1"), b=("pos", "9"), judgement="same")
    merged = now()
    pipeline.retract(made, by="user:7")
    survivor, retired = (alice, bob) if golden_at(channel, alice, merged).status_code == 200 else (bob, alice)
    then = golden_at(channel, retired, merged)
    assert then.status_code == 307
    assert then.json()["successors"] == [survivor]
    assert channel.get(then["Location"]).json()["crosswalk"] == [
        {"source_system": "crm", "source_id": "1"},
        {"source_system": "pos", "source_id": "9"},
    ]
    assert golden_at(channel, retired, apart).status_code == 200
    assert channel.get(f"/api/v1/golden/{retired}").status_code == 200
    where = channel.get(f"/api/v1/crosswalk/pos/9?as_of={merged}").json()
    assert where["golden_id"] == survivor
    assert where["others"] == [{"source_system": "crm", "source_id": "1"}]
    assert channel.get(f"/api/v1/crosswalk/pos/9?as_of={apart}").json()["golden_id"] == bob
    newest, before, *_ = channel.get(f"/api/v1/golden/{survivor}/history").json()["items"]
    assert (before["came_from"], newest["went_to"]) == ([retired], [retired])
    assert before["cause"] == newest["cause"] == {"type": "judgement", "ref": made.public_id}
    again, ended = channel.get(f"/api/v1/golden/{retired}/history").json()["items"]
    assert ended["retired"] == {
        "at": ended["until"],
        "cause": {"type": "judgement", "ref": made.public_id},
        "successors": [survivor],
    }
    assert again["cause"] == {"type": "judgement", "ref": made.public_id}


def golden_at(channel: Caller, golden: str, at: str) -> Any:
    return channel.get(f"/api/v1/golden/{golden}?as_of={at}")


def test_what_all_sources_deleted_is_there_in_the_past(take: Take, channel: Caller) -> None:
    take("crm", person("1"))
    golden, at = golden_of(channel), now()
    take("crm", person("1", deleted=True, occurred_at="2026-01-05T09:00:00Z"))
    assert problem_of(golden_at(channel, golden, now())) == (410, "gone")
    assert golden_at(channel, golden, at).json()["profile"]["name"]["given"] == "Alice"
    assert channel.get(f"/api/v1/crosswalk/crm/1?as_of={at}").json()["golden_id"] == golden
    (item,) = channel.get(f"/api/v1/golden/{golden}/history").json()["items"]
    assert item["retired"]["successors"] == []


def test_consents_as_the_hub_knew_them_and_as_they_count(take: Take, channel: Caller) -> None:
    said = {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com"}
    start = now()
    take("crm", person("1", consents=[{**said, "state": "granted", "captured_at": "2026-01-02T00:00:00Z"}]))
    golden, at = golden_of(channel), now()
    gone = {**said, "state": "withdrawn", "captured_at": "2026-01-01T00:00:00Z"}
    ends = {**said, "purpose": "survey", "state": "granted", "captured_at": "2026-01-01T00:00:00Z",
            "effective_to": "2099-01-01T00:00:00Z"}  # fmt: skip
    take("crm", person("1", consents=[{**gone, "captured_at": "2026-01-03T00:00:00Z"}, ends],
                       occurred_at="2026-01-03T09:00:00Z"))  # fmt: skip

    def states(query: str = "") -> dict[str, str]:
        answer = channel.get(f"/api/v1/golden/{golden}/consents{query}")
        assert answer.status_code == 200, answer.content
        return {e["purpose"]: e["state"] for e in answer.json()["effective"]}

    assert states() == {"marketing": "withdrawn", "survey": "granted"}
    assert states(f"?as_of={at}") == {"marketing": "granted"}
    assert len(channel.get(f"/api/v1/golden/{golden}/consents?as_of={at}").json()["statements"]) == 1
    assert states("?effective_at=2026-01-02T12:00:00Z") == {"marketing": "granted", "survey": "granted"}
    assert states("?effective_at=2099-02-01T00:00:00Z")["survey"] != "granted"
    assert problem_of(channel.get(f"/api/v1/golden/{golden}/consents?as_of={start}")) == (404, "not-found")


@pytest.mark.unverified("destroys a key without removing what it sealed")
def test_a_version_without_one_of_its_records_shows_the_others_and_says_so(take: Take, channel: Caller) -> None:
    take("crm", person("1"))
    take("pos", person("9", phones=[{"value": "+44 20 7946 0992"}], occurred_at="2026-01-04T09:00:00Z"))
    golden, at = golden_of(channel), now()
    keyring.destroy([bytes(SourceRecord.objects.get(system__code="pos").address)])
    keyring.forget_all()
    body = golden_at(channel, golden, at).json()
    assert (body["unreadable"], body["exact"]) == (1, False)
    assert body["crosswalk"] == [{"source_system": "crm", "source_id": "1"}]
    assert [p["value"] for p in body["profile"]["phones"]] == ["+442079460991"]
    newest = channel.get(f"/api/v1/golden/{golden}/history").json()["items"][0]
    assert newest["unreadable"] == 1
    keyring.destroy([bytes(SourceRecord.objects.get(system__code="crm").address)])
    keyring.forget_all()
    nothing = golden_at(channel, golden, at).json()
    assert nothing["unreadable"] == 2
    assert "profile" not in nothing
    assert b"Ashworth" not in channel.get(f"/api/v1/golden/{golden}/history").content


@pytest.mark.unverified("erases without an erasure")
def test_an_erased_golden_record_is_gone_at_every_instant(take: Take, channel: Caller) -> None:
    take("crm", person("1"))
    golden, at = golden_of(channel), now()
    GoldenRecord.objects.filter(public_id=golden).update(state=GoldenRecord.State.ERASED)
    for path in (f"?as_of={at}", "/history", f"/history?from={at}&to={at}"):
        assert problem_of(channel.get(f"/api/v1/golden/{golden}{path}")) == (410, "gone")
    assert problem_of(channel.get(f"/api/v1/crosswalk/crm/1?as_of={at}")) == (404, "not-found")


@pytest.mark.parametrize("text", ["yesterday", "2026-01-02", "2026-01-02T03:04:05", "2999-01-01T00:00:00Z", "1"])
def test_what_is_no_instant_is_refused(take: Take, channel: Caller, text: str) -> None:
    take("crm", person("1"))
    golden = golden_of(channel)
    for path in (f"golden/{golden}?as_of=", "crosswalk/crm/1?as_of=", f"golden/{golden}/history?to={now()}&from="):
        answer = channel.get(f"/api/v1/{path}{text}")
        assert problem_of(answer) == (400, "invalid-request")
        assert answer.json()["field"] in ("as_of", "from")
    assert problem_of(channel.get(f"/api/v1/golden/{golden}/history?from={now()}")) == (400, "invalid-request")


def test_history_needs_the_scope_and_a_known_id(take: Take, channel: Caller, caller: Any) -> None:
    take("crm", person("1"))
    golden = golden_of(channel)
    assert caller("events:read").get(f"/api/v1/golden/{golden}/history").status_code == 403
    unknown = "gr_" + "0" * 26
    assert problem_of(channel.get(f"/api/v1/golden/{unknown}/history")) == (404, "not-found")
    assert problem_of(golden_at(channel, unknown, now())) == (404, "not-found")
