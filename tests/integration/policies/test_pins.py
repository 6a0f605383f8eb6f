"""Pins and ignored values: they win, go with their record through merges and unmerges, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hub import pinning, pipeline, selectors
from hub.errors import Gone, InvalidRecord, NotFound
from hub.invariants import breaches
from hub.models import AuditEntry, GoldenRecord, OutboxEvent, Pin, User
from tests import opened
from tests.integration.policies.conftest import alice, golden_of, profile, why

REASON = "She called and spelt it"


@pytest.fixture
def two(take: Callable[..., None]) -> None:
    take("crm", alice("1", 2))
    take("pos", alice("9", 9, birth_date="1984-03-21"))


def pin(attribute: str, value: Any, **more: Any) -> Pin:
    return pinning.pin(golden_id=golden_of().public_id, attribute=attribute, value=value, reason=REASON, **more)


def test_a_pin_wins_until_it_is_taken_back(two: None) -> None:
    before, told = profile(), why()
    steward = User.objects.create(username="sam")
    made = pin("name", {"given": "Alyce", "family": "Ashworth"}, author=steward)
    assert profile()["name"] == {"given": "Alyce", "family": "Ashworth"}
    found = why()["name"]
    assert (found["rule"], found["pin"], found["record"]) == ("pin", made.public_id, told["name"]["record"])
    assert found["runners_up"][0]["lost_because"] == "a steward pinned another value"
    event = OutboxEvent.objects.latest("id")
    assert (event.type, opened.data(event)["changed"]) == ("golden.updated", ["name"])
    assert opened.data(event)["cause"] == {"type": "policy", "ref": made.public_id}
    (shown,) = pinning.of_golden(golden_of().public_id)
    assert (shown["value"]["given"], shown["reason"], shown["author"]) == ("Alyce", REASON, "sam")
    assert list(breaches()) == []
    assert pinning.unpin(made, by="user:1")
    assert not pinning.unpin(made, by="user:1")
    assert (profile(), why()) == (before, told)
    assert pinning.of_golden(golden_of().public_id) == []
    actions = AuditEntry.objects.filter(subject=made.public_id).order_by("id").values_list("action", "actor")
    assert list(actions) == [("pin.made", f"user:{steward.pk}"), ("pin.ended", "user:1")]


def test_a_pin_outlives_what_its_record_says_later(two: None, take: Callable[..., None]) -> None:
    pin("birth_date", "1984-04-01")
    take("crm", alice("1", 20, birth_date="1999-09-09"))
    take("pos", alice("9", 21, birth_date="1999-09-09"))
    assert profile()["birth_date"] == "1984-04-01"
    assert list(breaches()) == []


def test_of_two_pins_the_last_one_counts_and_the_first_does_not_come_back(two: None) -> None:
    before = profile()["birth_date"]
    first = pin("birth_date", "1984-04-01")
    second = pin("birth_date", "01.05.1984")
    assert profile()["birth_date"] == "1984-05-01"
    first.refresh_from_db()
    assert first.ended_by == "superseded"
    pinning.unpin(second, by="user:1")
    assert profile()["birth_date"] == before


def test_what_is_collected_has_the_pinned_value_first(two: None) -> None:
    pin("emails", "alice@ashworth.example")
    emails = profile()["emails"]
    assert [(e["value"], e["primary"]) for e in emails] == [
        ("alice@ashworth.example", True), ("alice.ashworth@example.com", False),
    ]  # fmt: skip
    assert why()["emails[0]"]["rule"] == "pin"
    pin("phones", {"value": "+44 20 7946 0991", "type": "mobile"})
    assert profile()["phones"] == [{"value": "+442079460991", "type": "mobile", "primary": True}]
    pin("attributes.tier", "platinum")
    assert profile()["attributes"] == {"tier": "platinum"}


def test_an_ignored_value_does_not_count_while_its_record_says_it(two: None, take: Callable[..., None]) -> None:
    pos = "pos:9"
    assert profile()["birth_date"] == "1984-03-21"
    made = pinning.ignore(golden_id=golden_of().public_id, attribute="birth_date", record=pos, reason="a slip")
    assert profile()["birth_date"] == "1984-03-12"
    (runner,) = why()["birth_date"]["runners_up"]
    assert (runner["record"], runner["ignore"]) == (pos, made.public_id)
    assert runner["lost_because"] == "a steward had this value ignored"
    take("pos", alice("9", 20, birth_date="1984-03-22"))
    assert profile()["birth_date"] == "1984-03-22"
    take("pos", alice("9", 21, birth_date="1984-03-21"))
    assert profile()["birth_date"] == "1984-03-12"
    assert list(breaches()) == []
    pinning.unpin(made, by="user:1")
    assert profile()["birth_date"] == "1984-03-21"


def test_a_pin_goes_with_its_record_through_merge_and_unmerge(two: None, take: Callable[..., None]) -> None:
    take("crm", {"source_id": "bob", "name": {"given": "Bob", "family": "Okonkwo"}, "birth_date": "1961-11-30"})
    alice_id, bob_id = golden_of().public_id, golden_of("crm", "bob").public_id
    pinning.pin(golden_id=bob_id, attribute="birth_date", value="1961-12-24", reason=REASON)
    before = profile(), profile("crm", "bob")
    judgement = pipeline.judge(a=("crm", "1"), b=("crm", "bob"), judgement="same")
    assert golden_of() == golden_of("crm", "bob")
    assert profile()["birth_date"] == "1961-12-24"
    # Under the retired id it goes to the one that lives.
    retired = bob_id if golden_of().public_id == alice_id else alice_id
    later = pinning.pin(golden_id=retired, attribute="attributes.tier", value="gold", reason=REASON, record="crm:1")
    assert {p["attribute"] for p in pinning.of_golden(retired)} == {"birth_date", "attributes.tier"}
    pipeline.retract(judgement, by="user:1")
    assert golden_of("crm", "bob").public_id == bob_id
    assert profile("crm", "bob") == before[1]
    assert profile()["attributes"] == {"tier": "gold"}
    pinning.unpin(later, by="user:1")
    assert (profile(), profile("crm", "bob")) == before
    assert list(breaches()) == []


def test_a_pin_ends_by_itself(two: None) -> None:
    before = profile()
    made = pin("name", {"full": "Alice of Leeds"}, until=timezone.now() + timedelta(hours=1))
    assert pinning.expire() == 0
    Pin.objects.filter(pk=made.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert pinning.expire() == 1
    assert profile() == before
    made.refresh_from_db()
    assert made.ended_by == "expired"
    assert pinning.expire() == 0


def test_no_value_and_no_reason_is_readable_in_the_database(two: None) -> None:
    made = pin("name", {"given": "Zzyzx", "family": "Canary"})
    made.refresh_from_db()
    assert b"Zzyzx" not in bytes(made.sealed)
    assert REASON.encode() not in bytes(made.sealed)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"attribute": "shoe_size", "value": 40}, InvalidRecord),
        ({"attribute": "attributes.", "value": 40}, InvalidRecord),
        ({"attribute": "birth_date", "value": "soon"}, InvalidRecord),
        ({"attribute": "birth_date", "value": None}, InvalidRecord),
        ({"attribute": "name", "value": "Alice"}, InvalidRecord),
        ({"attribute": "name", "value": {"given": "n/a"}}, InvalidRecord),
        ({"attribute": "emails", "value": "nobody"}, InvalidRecord),
        ({"attribute": "emails", "value": ["a@b.de"]}, InvalidRecord),
        ({"attribute": "attributes.x", "value": "x" * 20_000}, InvalidRecord),
        ({"attribute": "birth_date", "value": "1984-04-01", "reason": " "}, InvalidRecord),
        ({"attribute": "birth_date", "value": "1984-04-01", "until": "past"}, InvalidRecord),
        ({"attribute": "birth_date", "value": "1984-04-01", "record": "crm:404"}, InvalidRecord),
        ({"attribute": "birth_date", "value": "1984-04-01", "golden_id": "gr_" + "0" * 26}, NotFound),
    ],
)
def test_what_cannot_be_pinned_is_refused_and_changes_nothing(
    two: None, asked: dict[str, Any], error: type[Exception]
) -> None:
    before = golden_of().version
    if asked.get("until") == "past":
        asked = {**asked, "until": timezone.now() - timedelta(seconds=1)}
    with pytest.raises(error):
        pinning.pin(**{"golden_id": golden_of().public_id, "reason": REASON, **asked})
    assert golden_of().version == before
    assert not Pin.objects.exists()


def test_what_a_record_does_not_say_cannot_be_ignored(two: None) -> None:
    for value in ("1999-09-09", None):
        attribute = "birth_date" if value else "organisation"
        with pytest.raises(InvalidRecord):
            pinning.ignore(
                golden_id=golden_of().public_id, attribute=attribute, value=value, record="crm:1", reason="x"
            )
    assert not Pin.objects.exists()


def test_nothing_is_pinned_to_what_is_gone(two: None, take: Callable[..., None]) -> None:
    take("crm", {"source_id": "bob", "name": {"given": "Bob", "family": "Okonkwo"}, "birth_date": "1961-11-30"})
    gone = golden_of("crm", "bob").public_id
    take("crm", {"source_id": "bob", "deleted": True})
    with pytest.raises(Gone):
        pinning.pin(golden_id=gone, attribute="birth_date", value="1984-04-01", reason=REASON)
    assert GoldenRecord.objects.get(public_id=gone).state == 1
    assert selectors.golden(gone).successors == []


def test_workers_that_meet_a_pin_leave_it_in_force(two: None, take: Callable[..., None]) -> None:
    """A record that arrives while a pin is made waits for its locks, and is survived with the pin."""
    for day in range(10, 16):
        pin("attributes.tier", f"tier {day}")
        take("pos", alice("9", day, attributes={"tier": "none"}))
        assert profile()["attributes"]["tier"] == f"tier {day}"
    assert list(breaches()) == []
