"""Dead letters by API and by command: by cause, rehearsed, replayed; and nothing of what they hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from connectors.outbound.fanout import fan_out
from hub import deadletters, pipeline, ports
from hub.errors import NotFound
from hub.models import Attempt, AuditEntry, Delivery, Endpoint, InboxMessage, SourceSystem
from hub.models.inbox import Lane
from hub.reach import Reach
from hub.sql import rows
from hub.stages.seal import seal
from tests.integration.api.conftest import Caller, person, problem_of, someone_else

pytestmark = pytest.mark.django_db
HERE = "/api/v1/dead-letters"
INVALID = "permanent.invalid-record"


class Till:
    """A vendor's mapping that somebody can break and mend."""

    name = "test-till"
    broken = False

    def to_nested(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.broken:
            raise KeyError("customer")
        return [payload["customer"]]


@pytest.fixture
def till() -> Iterator[Till]:
    made = Till()
    ports.register_mapping(made)
    yield made
    ports._mappings.pop(Till.name)


@pytest.fixture
def dead(till: Till, five_sources: None) -> list[str]:
    """Ids of two messages that a broken mapping made dead letters, before it is mended."""
    source = SourceSystem.objects.get(code="pos")
    payloads = [{"customer": person("1")}, {"customer": someone_else("2")}]
    receipts = pipeline.receive(source=source, payloads=payloads, lane=Lane.EVENT, mapping=Till.name)
    till.broken = True
    pipeline.drain()
    assert set(InboxMessage.objects.values_list("status", flat=True)) == {InboxMessage.Status.DEAD_LETTER}
    return [str(receipt.message_id) for receipt in receipts]


def test_they_are_grouped_by_cause_and_told_one_by_one(channel: Caller, dead: list[str]) -> None:
    (group,) = channel.get(HERE).json()["items"]
    assert (group["cause"], group["kind"], group["count"], group["example"]) == (INVALID, "inbox", 2, min(dead))
    assert channel.get(f"{HERE}?kind=delivery").json() == {"items": [], "next": None}
    page = channel.get(f"{HERE}/{INVALID}?limit=1").json()
    rest = channel.get(f"{HERE}/{INVALID}?limit=1&cursor={page['next']}").json()
    told = [*page["items"], *rest["items"]]
    assert [item["id"] for item in told] == dead
    assert {item["source_system"] for item in told} == {"pos"}
    assert told[0]["problem"]["type"] == "/problems/invalid-record"
    everything = channel.get(HERE).content + json.dumps(told).encode()
    assert b"Ashworth" not in everything
    assert b"source_id" not in everything


def test_a_dry_run_says_what_would_become_of_each_and_stores_nothing(
    channel: Caller, dead: list[str], till: Till
) -> None:
    before = rows("SELECT m::text FROM hub_inboxmessage m ORDER BY id")
    asked = {"ids": [*dead, "msg_00000000000000000000000000"], "dry_run": True}
    said = channel.post(f"{HERE}/replay", asked).json()
    assert [item["outcome"] for item in said["items"]] == ["problem", "problem", "not_dead"]
    assert said["items"][0]["problem"]["type"] == "/problems/invalid-record"
    till.broken = False
    said = channel.post(f"{HERE}/replay", {"cause": INVALID, "dry_run": True}).json()
    assert [(item["id"], item["outcome"]) for item in said["items"]] == [(one, "would_resolve") for one in dead]
    assert rows("SELECT m::text FROM hub_inboxmessage m ORDER BY id") == before
    assert not AuditEntry.objects.filter(action="dead_letters.replayed").exists()


def test_what_was_mended_resolves_when_it_is_replayed(channel: Caller, dead: list[str], till: Till) -> None:
    till.broken = False
    assert channel.post(f"{HERE}/replay", {"ids": dead[:1]}).json()["items"] == [
        {"id": dead[0], "outcome": "replayed"},
    ]  # fmt: skip
    said = channel.post(f"{HERE}/replay", {"cause": INVALID}).json()
    assert (said["items"], said["left"]) == ([{"id": dead[1], "outcome": "replayed"}], False)
    pipeline.drain()
    assert channel.get(f"/api/v1/messages/{dead[0]}").json()["status"] == "resolved"
    assert channel.get("/api/v1/crosswalk/pos/1").status_code == 200
    assert channel.get(HERE).json()["items"] == []
    first, second = AuditEntry.objects.filter(action="dead_letters.replayed").order_by("id")
    assert (first.actor, first.subject, first.detail) == (
        f"client:{channel.client_id}", dead[0], {"messages": 1, "deliveries": 0},
    )  # fmt: skip
    assert second.detail == {"messages": 1, "deliveries": 0}


def test_what_is_still_wrong_is_a_dead_letter_again(channel: Caller, dead: list[str]) -> None:
    channel.post(f"{HERE}/replay", {"cause": INVALID})
    pipeline.drain()
    assert channel.get(HERE).json()["items"][0]["count"] == 2


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": "msg_1"}, {"ids": [1]}, {"ids": ["a"], "cause": INVALID}, {"cause": ""},
     {"cause": INVALID, "dry_run": "yes"}, {"all": True}],
)  # fmt: skip
def test_a_replay_that_cannot_be_understood_is_refused(channel: Caller, body: dict[str, Any]) -> None:
    assert problem_of(channel.post(f"{HERE}/replay", body)) == (400, "invalid-request")


def test_a_cause_that_is_none_is_not_found(channel: Caller) -> None:
    for cause in ("nonsense", "permanent", "strange.timeout", ".x"):
        assert problem_of(channel.get(f"{HERE}/{cause}")) == (404, "not-found"), cause
    assert channel.get(f"{HERE}/transient.timeout").json()["items"] == []
    assert problem_of(channel.get(f"{HERE}?kind=letter")) == (400, "invalid-request")


def test_they_are_for_operators(caller: Callable[..., Caller], dead: list[str]) -> None:
    for asked in (lambda who: who.get(HERE), lambda who: who.get(f"{HERE}/{INVALID}"),
                  lambda who: who.post(f"{HERE}/replay", {"cause": INVALID})):  # fmt: skip
        assert problem_of(asked(caller("webhooks:manage", "golden:read"))) == (403, "insufficient-scope")
    assert caller("operate").get(HERE).status_code == 200


def test_those_of_other_brands_are_not_there(dead: list[str]) -> None:
    other = Reach(frozenset({"other-brand"}))
    assert deadletters.groups(reach=other) == []
    assert deadletters.letters(INVALID, reach=other) == []
    assert {v.outcome for v in deadletters.rehearse(dead, reach=other)} == {"not_dead"}
    assert {v.outcome for v in deadletters.replay(dead, by="system", reach=other)} == {"not_dead"}
    assert InboxMessage.objects.filter(status=InboxMessage.Status.DEAD_LETTER).count() == 2
    with pytest.raises(NotFound):
        deadletters.letters("timeout")


@pytest.fixture
def undelivered(take: Callable[..., list[str]]) -> Delivery:
    """A delivery that timed out for the last time, and a later one of the same customer that was delivered."""
    Endpoint.objects.create(url="https://crm.example")
    take("crm", person("1"))
    take("crm", person("1", phones=[{"value": "+44 20 7946 0992"}], occurred_at="2026-01-03T09:00:00Z"))
    while seal():
        pass
    fan_out()
    first, second = Delivery.objects.filter(event__type__startswith="golden.").order_by("position")
    Delivery.objects.filter(pk=first.pk).update(state=2, attempts=10, error="timeout")
    Delivery.objects.filter(pk=second.pk).update(state=1, attempts=1, delivered_at=timezone.now())
    for delivery in (first, second):
        Attempt.objects.create(delivery=delivery, at=timezone.now(), error="", milliseconds=1)
    return first


def test_a_delivery_that_was_given_up_is_told_rehearsed_and_replayed(channel: Caller, undelivered: Delivery) -> None:
    (group,) = channel.get(HERE).json()["items"]
    assert (group["cause"], group["kind"], group["count"]) == ("transient.timeout", "delivery", 1)
    (item,) = channel.get(f"{HERE}/transient.timeout").json()["items"]
    assert (item["id"], item["attempts"], item["event_type"]) == (undelivered.public_id, 10, "golden.created")
    assert item["endpoint_id"].startswith("we_")
    rehearsed = channel.post(f"{HERE}/replay", {"cause": "transient.timeout", "dry_run": True}).json()["items"]
    assert [(one["outcome"], "later event" in one["note"]) for one in rehearsed] == [("would_send", True)]
    Endpoint.objects.update(state="disabled")
    rehearsed = channel.post(f"{HERE}/replay", {"ids": [undelivered.public_id], "dry_run": True}).json()["items"]
    assert "disabled" in rehearsed[0]["note"]
    assert channel.post(f"{HERE}/replay", {"ids": [undelivered.public_id]}).json()["items"][0]["outcome"] == "replayed"
    undelivered.refresh_from_db()
    assert (undelivered.state, undelivered.attempts) == (Delivery.State.PENDING, 0)
    assert channel.get(HERE).json()["items"] == []


def ran(*arguments: str) -> tuple[dict[str, Any], str]:
    out = StringIO()
    call_command("dead_letters", *arguments, "--json", stdout=out, stderr=(said := StringIO()))
    return json.loads(out.getvalue().splitlines()[-1]), said.getvalue()


def test_the_command_lists_shows_and_replays(dead: list[str], undelivered: Delivery, till: Till) -> None:
    found, said = ran("list")
    assert {item["cause"]: item["count"] for item in found["items"]} == {INVALID: 2, "transient.timeout": 1}
    assert INVALID in said
    assert [item["id"] for item in ran("show", INVALID)[0]["items"]] == dead
    assert ran("replay", "--all", "--dry-run")[0] == {
        "dry_run": True, "outcomes": {"problem": 2, "would_send": 1},
        "problems": {"The payload lacks a field that its mapping needs.": 2},
    }  # fmt: skip
    till.broken = False
    assert ran("replay", "--cause", INVALID)[0]["outcomes"] == {"replayed": 2}
    assert ran("replay", undelivered.public_id)[0]["outcomes"] == {"replayed": 1}
    pipeline.drain()
    assert ran("list")[0]["items"] == []
    with pytest.raises(SystemExit):
        ran("replay")
