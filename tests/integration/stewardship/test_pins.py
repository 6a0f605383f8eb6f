"""Pinning and ignoring at the desk: previewed first, refused where the customer changed meanwhile, taken back again."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from hub import selectors
from hub.models import AuditEntry, GoldenRecord, OutboxEvent, Pin
from tests.integration.stewardship.conftest import SECRETS, alice

pytestmark = pytest.mark.servers


@pytest.fixture
def golden(take) -> GoldenRecord:
    card = {"identifiers": [{"type": "tax_id", "value": "77310442", "issuer": "GB"}]}
    take("crm", alice("1", **card))
    return GoldenRecord.objects.get()


def post(http: Client, golden: GoldenRecord, name: str, **body: str):
    return http.post(reverse(f"stewardship:{name}", args=[golden.public_id]), body)


def asked(golden: GoldenRecord, **more: str) -> dict[str, str]:
    return {"attribute": "birth_date", "choice": "pin:own", "own.own": "1985-04-13", "reason": "Seen on her passport",
            "until": "", "version": str(golden.version), **more}  # fmt: skip


def do(http: Client, golden: GoldenRecord, **more: str):
    """Preview, then do."""
    said = asked(golden, **more)
    page = post(http, golden, "pin_preview", **said)
    mark = re.search(r'name="previewed" value="(\w+)"', page.content.decode())
    assert mark, page.content.decode()
    return post(http, golden, "pin", **said, previewed=mark[1])


def birth_date(golden: GoldenRecord) -> str:
    (body,) = selectors.profiles([GoldenRecord.objects.get(pk=golden.pk)])
    return body["profile"].get("birth_date", "")


@pytest.mark.parametrize("role", ["approver", "privacy", "configurer", "auditor", "operator"])
def test_who_may_not_decide_pins_nothing(role, golden, person):
    _, http = person("Mallory", role)
    for name in ("pin_choose", "pin_preview", "pin", "unpin"):
        assert post(http, golden, name, **asked(golden)).status_code == 403
    assert not Pin.objects.exists()


def test_what_records_say_is_offered_in_clear_and_that_is_noted(golden, steward):
    page = post(steward, golden, "pin_choose", attribute="birth_date").content.decode()
    assert "1984-03-12" in page
    assert "Ashworth" not in page
    assert 'value="pin:0"' in page
    assert 'value="ignore:0"' in page
    assert AuditEntry.objects.get(action="values.revealed").detail["fields"] == ["birth_date"]
    post(steward, golden, "pin_choose", attribute="birth_date", shown="birth_date")
    assert AuditEntry.objects.filter(action="values.revealed").count() == 1


def test_a_preview_tells_what_would_change_and_changes_nothing(golden, steward):
    events = OutboxEvent.objects.count()
    page = post(steward, golden, "pin_preview", **asked(golden)).content.decode()
    assert "<del>1984-03-12</del>" in page
    assert "<ins>1985-04-13</ins>" in page
    assert not Pin.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="pin.").exists()
    assert OutboxEvent.objects.count() == events
    again = GoldenRecord.objects.get(pk=golden.pk)
    assert (again.version, birth_date(golden)) == (golden.version, "1984-03-12")


def test_a_value_is_pinned_and_taken_back(golden, steward):
    page = do(steward, golden, until="2999-01-31").content.decode()
    assert birth_date(golden) == "1985-04-13"
    pin = Pin.objects.get()
    assert f"{pin.until:%Y-%m-%d}" == "2999-01-31"
    assert pin.author.username == "bob"
    assert "until 2999-01-31" in page
    assert "Seen on her passport" not in page  # masked like the value
    clear = post(steward, golden, "reveal_golden", field="birth_date").content.decode()
    assert "Seen on her passport" in clear
    assert "1984-03-12" in clear
    back = post(steward, golden, "unpin", pin=pin.public_id)
    assert "Taken back" in back.content.decode()
    assert birth_date(golden) == "1984-03-12"
    assert "It had ended already" in post(steward, golden, "unpin", pin=pin.public_id).content.decode()
    assert post(steward, golden, "unpin", pin="pin_nonsense").status_code == 404


def test_one_records_value_is_ignored_and_counted_again(golden, steward):
    page = do(steward, golden, choice="ignore:0").content.decode()
    assert birth_date(golden) == ""
    assert "none taken" in page
    assert "Count it again" in page
    pin = Pin.objects.get()
    assert pin.kind == "ignore"
    post(steward, golden, "unpin", pin=pin.public_id)
    assert birth_date(golden) == "1984-03-12"


def test_what_changed_meanwhile_is_said_and_nothing_is_pinned(golden, steward, take):
    said = asked(golden)
    page = post(steward, golden, "pin_preview", **said).content.decode()
    mark = re.search(r'name="previewed" value="(\w+)"', page)[1]
    take("crm", alice("1", birth_date="1984-03-13", occurred_at="2026-02-01T09:00:00Z"))
    answer = post(steward, golden, "pin", **said, previewed=mark)
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#golden"
    assert "The customer changed while you looked" in answer.content.decode()
    assert not Pin.objects.exists()


def test_what_was_typed_after_the_preview_is_previewed_first(golden, steward):
    page = post(steward, golden, "pin_preview", **asked(golden)).content.decode()
    mark = re.search(r'name="previewed" value="(\w+)"', page)[1]
    other = asked(golden, **{"own.own": "1986-05-14"})
    assert "<ins>1986-05-14</ins>" in post(steward, golden, "pin", **other, previewed=mark).content.decode()
    assert not Pin.objects.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reason": " "}, "Say why"),
        ({"choice": ""}, "Choose a value"),
        ({"own.own": ""}, "Type the value"),
        ({"own.own": "yesterday"}, "This is no value of birth_date"),
        ({"until": "2001-01-01"}, "The end is in the past"),
        ({"until": "soon"}, "The end is a day"),
        ({"attribute": "shoe_size"}, "Name an attribute"),
    ],
    ids=lambda x: str(x)[:30],
)
def test_what_cannot_be_pinned_is_refused_with_the_reason(golden, steward, more, said):
    answer = post(steward, golden, "pin_preview", **asked(golden, **more))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Pin.objects.exists()
    assert birth_date(golden) == "1984-03-12"


@pytest.mark.parametrize(
    ("attribute", "own", "shown"),
    [
        ("name", {"own.given": "Alicia", "own.family": "Ashworth-Hill"}, "Alicia Ashworth-Hill"),
        ("emails", {"own.own": "ali@example.org"}, "ali@example.org"),
        ("addresses", {"own.street": "3 Mill Lane", "own.city": "York", "own.country": "GB"}, "3 Mill Lane, York, GB"),
        ("identifiers", {"own.type": "loyalty_id", "own.value": "L-88"}, "L-88"),
    ],
)
def test_values_of_every_shape_can_be_typed(golden, steward, attribute, own, shown):
    answer = do(steward, golden, attribute=attribute, **own)
    assert answer.status_code == 200
    clear = post(steward, golden, "reveal_golden").content.decode()
    assert shown in clear
    assert "pinned" in clear
    assert not [value for value in SECRETS if value in answer.content.decode()]
