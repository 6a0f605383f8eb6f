"""What a receiver is told: of whose customers, which events, which attributes, and by whose leave."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hub.models import Delivery, Endpoint, SourceSystem
from tests.integration.api.conftest import Caller, person, someone_else
from tests.integration.outbound.receivers import Receiver
from tests.integration.told.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)
Listen = Callable[..., Endpoint]
Take = Callable[..., list[str]]
MAIL = "alice.ashworth@example.com"


def granted(state: str = "granted", **more: Any) -> dict[str, Any]:
    return {"purpose": "marketing", "channel": "email", "contact_point": MAIL, "state": state,
            "captured_at": "2026-01-01T00:00:00Z", **more}  # fmt: skip


@pytest.fixture
def outlet(five_sources: None) -> None:
    SourceSystem.objects.create(code="outlet", kind="pos", scope="brand-b")


def test_customers_of_other_scopes_are_not_even_fanned_out(
    listen: Listen, take: Take, outlet: None, receiver: Receiver
) -> None:
    endpoint = listen(within=["brand-b"])
    take("crm", person("1"))
    take("outlet", someone_else("5"))
    take("crm", person("1", phones=[], occurred_at="2026-02-01T00:00:00Z"))
    take("outlet", someone_else("5", phones=[{"value": "+44 20 7946 0000"}], occurred_at="2026-02-01T00:00:00Z"))
    assert deliver() == 2
    assert Delivery.objects.filter(endpoint=endpoint).count() == 2
    assert "Ashworth" not in json.dumps([got.body for got in receiver.got])
    assert [got.body["data"]["previous_sequence"] for got in receiver.got] == [None, 1]


def test_what_waits_of_a_scope_that_is_taken_away_is_dropped(
    listen: Listen, take: Take, outlet: None, receiver: Receiver, channel: Caller
) -> None:
    endpoint = listen()
    receiver.answer = lambda got: 500
    take("crm", person("1"))
    take("outlet", someone_else("5"))
    deliver()
    one = f"/api/v1/webhook-endpoints/{endpoint.public_id}"
    assert channel.patch(one, {"within": ["brand-b"]}, If_Match="*").status_code == 200
    receiver.got.clear()
    receiver.answer = lambda got: 200
    deliver(again=True)
    assert len(receiver.got) == 1
    assert "Ashworth" not in json.dumps(receiver.got[0].body)
    # Wide again: from now on.
    assert channel.patch(one, {"within": None}, If_Match="*").json()["within"] == ["*"]
    take("crm", person("1", phones=[], occurred_at="2026-02-01T00:00:00Z"))
    deliver()
    assert receiver.got[-1].body["sequence"] == 2


def test_attributes_are_hidden_masked_or_alone(listen: Listen, take: Take, receiver: Receiver) -> None:
    listen(hidden=["birth_date"], masked=["emails"])
    take("crm", person("1", attributes={"segment": "gold", "health": "well"}))
    deliver()
    data = receiver.got[0].body["data"]
    assert "birth_date" not in data["profile"]
    assert data["profile"]["emails"]
    assert MAIL not in json.dumps(data)
    assert data["profile"]["name"]["family"] == "Ashworth"
    assert (data["withheld"], data["masked"]) == (["birth_date"], ["emails"])
    Endpoint.objects.update(hidden=[], masked=[], only=["attributes.segment", "name"])
    take("crm", person("1", attributes={"segment": "silver", "health": "ill"}, occurred_at="2026-02-01T00:00:00Z"))
    deliver()
    data = receiver.got[1].body["data"]
    shown = {key: value for key, value in data["profile"].items() if value}
    assert shown == {"name": data["profile"]["name"], "attributes": {"segment": "silver"}}
    assert data["crosswalk"] == []
    assert data["changed"] == ["attributes"]
    assert {"attributes.health", "birth_date", "crosswalk", "emails", "phones"} <= set(data["withheld"])


def test_contact_points_are_told_by_the_customer_s_leave(listen: Listen, take: Take, receiver: Receiver) -> None:
    listen(purpose="marketing:email")
    take("crm", person("1", consents=[granted()]))
    take("pos", someone_else("9"))
    deliver()
    told = {got.body["subject"]: got.body["data"] for got in receiver.got if got.body["type"] == "golden.created"}
    alice, bob = told.values()
    assert [email["value"] for email in alice["profile"]["emails"]] == [MAIL]
    assert alice["profile"]["phones"] == alice["profile"]["addresses"] == []
    assert {"phones", "addresses"} <= set(alice["withheld"])
    assert bob["profile"]["emails"] == []


def test_a_delivery_that_waited_does_not_undo_a_withdrawal(listen: Listen, take: Take, receiver: Receiver) -> None:
    """The event was written while it was granted; it goes out after it was withdrawn."""
    listen(purpose="marketing", events=["golden.created", "golden.updated"])
    receiver.answer = lambda got: 500
    take("crm", person("1", consents=[granted()]))
    deliver()
    take("crm", person("1", consents=[granted("withdrawn", captured_at="2026-03-01T00:00:00Z")],
                       occurred_at="2026-03-01T00:00:00Z"))  # fmt: skip
    receiver.got.clear()
    receiver.answer = lambda got: 200
    deliver(again=True)
    assert receiver.got[0].body["type"] == "golden.created"
    assert [got.body["data"]["profile"]["emails"] for got in receiver.got] == [[]] * len(receiver.got)


def test_the_body_of_who_is_told_everything_is_the_event_itself(
    listen: Listen, take: Take, receiver: Receiver, channel: Caller
) -> None:
    listen()
    take("crm", person("1", consents=[granted()]))
    take("pos", person("9"))
    deliver()
    assert [got.body for got in receiver.got] == channel.get("/api/v1/events").json()["items"]
