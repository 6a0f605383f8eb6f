"""What is hidden from a client or masked for it: no door tells it, none confirms a guess; others are told as ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hub.models import ApiClient
from hub.scopes import SCOPES
from tests.integration.api.conftest import Caller, person, problem_of

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

CONSENT = {"purpose": "marketing", "channel": "email", "contact_point": "alice.ashworth@example.com",
           "state": "granted", "captured_at": "2026-01-01T00:00:00Z", "jurisdiction": "GB"}  # fmt: skip
# What would give each attribute away.
TOLD = {
    "birth_date": ["03-12", "12-03"],
    "emails": ["alice.ashworth", "example.com"],
    "phones": ["79460991", "7946 0991"],
    "addresses": ["Linden", "Leeds", "4AP"],
    "name": ["Ashworth", "Alice", "Alicia"],
    "crosswalk": ["0031-crm", "till-9"],
}


@pytest.fixture
def golden_id(channel: Caller, take: Callable[..., list[str]]) -> str:
    take("crm", person("0031-crm", consents=[CONSENT]))
    take("pos", person("till-9", birth_date="1984-12-03", name={"given": "Alicia", "family": "Ashworth"}))
    found: str = channel.get("/api/v1/crosswalk/crm/0031-crm").json()["golden_id"]
    assert channel.get("/api/v1/crosswalk/pos/till-9").json()["golden_id"] == found
    pin = {"attribute": "phones", "value": {"value": "+44 20 7946 0991"}, "reason": "7946 0991, she said"}
    assert channel.post(f"/api/v1/golden/{found}/pins", pin).status_code == 201
    return found


def may(caller: Caller, **kept_back: list[str]) -> Caller:
    """The client, told less from now on."""
    ApiClient.objects.filter(application__client_id=caller.client_id).update(**kept_back)
    return caller


def answers(client: Caller, golden_id: str) -> list[Any]:
    """What every door says that speaks of a customer's values."""
    now = timezone.now().isoformat().replace("+00:00", "Z")
    golden = f"/api/v1/golden/{golden_id}"
    asked = [
        client.get(golden),
        client.get(f"{golden}?expand=provenance"),
        client.get(f"{golden}?as_of={now}"),
        client.get(f"{golden}/history"),
        client.get(f"{golden}/history?from=2020-01-01T00:00:00Z&to={now}"),
        client.get(f"{golden}/explanation"),
        client.get(f"{golden}/consents"),
        client.get(f"{golden}/consents/check?purpose=marketing&channel=email"),
        client.get(f"{golden}/pins"),
        client.get("/api/v1/golden"),
        client.get("/api/v1/events?limit=1000"),
        client.get("/api/v1/reviews"),
        client.post("/api/v1/golden/search", {"query": "Linden Road 1"}),
    ]
    for answer in asked:
        assert answer.status_code == 200, answer.content
    return asked


@pytest.mark.parametrize("how", ["hidden", "masked"])
@pytest.mark.parametrize("name", sorted(TOLD))
def test_no_door_tells_it(name: str, how: str, channel: Caller, caller: Any, golden_id: str) -> None:
    whole = "".join(answer.content.decode() for answer in answers(channel, golden_id))
    some = may(caller(*SCOPES), **{how: [name]})
    said = "".join(answer.content.decode() for answer in answers(some, golden_id))
    for secret in TOLD[name]:
        assert secret in whole or secret.startswith("7946 ")
        assert secret not in said


def test_masks_and_what_is_withheld_are_named(channel: Caller, caller: Any, golden_id: str) -> None:
    some = may(caller("golden:read"), hidden=["phones", "attributes.*"], masked=["birth_date", "emails"])
    whole, said = (one.get(f"/api/v1/golden/{golden_id}") for one in (channel, some))
    body = said.json()
    assert body["withheld"] == ["phones"]
    assert body["masked"] == ["birth_date", "emails"]
    assert body["profile"]["birth_date"] == "1984"
    assert body["profile"]["emails"][0]["value"] == "a***@***.com"
    assert body["profile"]["name"] == whole.json()["profile"]["name"]
    assert said["ETag"] != whole["ETag"]
    assert some.get(f"/api/v1/golden/{golden_id}", If_None_Match=said["ETag"]).status_code == 304
    # What it may see changes with the client alone, and so does the validator.
    may(some, hidden=[], masked=["birth_date"])
    assert some.get(f"/api/v1/golden/{golden_id}", If_None_Match=said["ETag"]).status_code == 200


@pytest.mark.parametrize("how", ["hidden", "masked"])
def test_nobody_searches_by_what_it_may_not_see(how: str, channel: Caller, caller: Any, golden_id: str) -> None:
    mail = "alice.ashworth@example.com"
    for text in (mail, "+44 20 7946 0991"):
        assert len(channel.post("/api/v1/golden/search", {"query": text}).json()["items"]) == 1
    some = may(caller("golden:read"), **{how: ["emails", "phones"]})
    for text in (mail, "alice.ashworth@exam", "+44 20 7946 0991"):
        assert some.post("/api/v1/golden/search", {"query": text}).json()["items"] == []
    assert len(some.post("/api/v1/golden/search", {"name": "Ashworth"}).json()["items"]) == 1
    refused = some.post("/api/v1/golden/search", {"name": "Ashworth", "email": mail})
    assert problem_of(refused) == (403, "withheld")
    assert refused.json()["field"] == "email"


def test_evidence_about_it_is_one_line_and_the_rest_adds_up(channel: Caller, caller: Any, golden_id: str) -> None:
    some = may(caller(*SCOPES), masked=["birth_date"], hidden=["emails"])
    question = {key: value for key, value in person("x").items() if key not in ("source_id", "occurred_at")}
    whole, said = (one.post("/api/v1/resolve", question).json()["candidates"][0] for one in (channel, some))
    assert whole["match_weight"] == said["match_weight"]
    names = [line["attribute"] for line in said["explanation"]["comparisons"]]
    assert "withheld" in names
    assert not {"email", "birth_date"} & set(names)
    total = said["explanation"]["prior"] + sum(x["match_weight"] for x in said["explanation"]["comparisons"])
    assert total == pytest.approx(said["explanation"]["total"], abs=0.01)
    pair = some.get("/api/v1/explanation?a=crm:0031-crm&b=pos:till-9").json()
    assert pair["would_flip"] == []
    assert "mail" not in json.dumps(pair)


def test_what_it_may_not_see_it_cannot_pin_nor_take_away_as_a_bundle(caller: Any, golden_id: str) -> None:
    some = may(caller(*SCOPES), masked=["birth_date"])
    pin = {"attribute": "birth_date", "kind": "ignore", "record": "crm:0031-crm", "value": "1984-03-12", "reason": "x"}
    assert problem_of(some.post(f"/api/v1/golden/{golden_id}/pins", pin)) == (403, "withheld")
    ask = {"kind": "access", "golden_id": golden_id, "jurisdiction": "EU"}
    made = some.post("/api/v1/privacy-requests", ask).json()
    for form in ("json", "html"):
        assert problem_of(some.get(f"/api/v1/privacy-requests/{made['request_id']}/bundle.{form}")) == (403, "withheld")
    may(some, masked=[])
    assert some.get(f"/api/v1/privacy-requests/{made['request_id']}/bundle.json").status_code == 200


def test_the_command_makes_such_clients_and_refuses_what_is_no_attribute(five_sources: None) -> None:
    call_command("create_client", "till", "--scope", "golden:read", "--hide", "birth_date", "--mask", "emails",
                 "--mask", "identifiers.tax_id", "--within", "main")  # fmt: skip
    made = ApiClient.objects.get()
    assert (made.within, made.hidden, made.masked) == (["main"], ["birth_date"], ["emails", "identifiers.tax_id"])
    for wrong in (("--hide", "e-mail"), ("--mask", "name.given"), ("--within", "brand-x")):
        with pytest.raises(CommandError):
            call_command("create_client", "till", "--scope", "golden:read", *wrong)
    assert ApiClient.objects.count() == 1
