"""An endpoint is no way around what a client is kept from."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.outbound import endpoints
from connectors.outbound.endpoints import Wishes
from hub.models import ApiClient, Endpoint, SourceSystem
from tests.integration.api.conftest import Caller, problem_of

URL = "/api/v1/webhook-endpoints"


@pytest.fixture
def confined(manager: Caller) -> Caller:
    """Of one brand, in one region, shown no birth date and the mask of addresses of any kind."""
    for code, scope in (("crm", "main"), ("outlet", "brand-b")):
        SourceSystem.objects.update_or_create(code=code, defaults={"scope": scope})
    ApiClient.objects.filter(application__client_id=manager.client_id).update(
        within=["brand-b"], region="US", hidden=["birth_date"], masked=["emails", "attributes.health.*"]
    )
    return manager


OWN: dict[str, Any] = {
    "within": ["brand-b"], "region": "US", "hidden": ["birth_date"], "masked": ["emails", "attributes.health.*"],
}  # fmt: skip


@pytest.mark.parametrize("more", [
    {"within": ["*"]}, {"within": ["brand-b", "main"]}, {"region": ""}, {"region": "DE"}, {"hidden": []},
    {"hidden": ["emails"]}, {"masked": ["emails"]}, {"only": ["birth_date", "emails"], "hidden": []},
    {"masked": ["emails", "attributes.health.eyes"]},
])  # fmt: skip
def test_an_endpoint_that_is_told_more_is_not_there(confined: Caller, more: dict[str, Any]) -> None:
    made, _ = endpoints.create(Wishes(url="https://example.com/", **{**OWN, **more}))
    one = f"{URL}/{made.public_id}"
    calls = [
        confined.get(one), confined.patch(one, {"url": "https://example.org/"}, If_Match="*"), confined.delete(one),
        *(confined.post(f"{one}/{do}", {}) for do in ("pause", "resume", "rotate-secret", "test")),
        confined.post(f"{one}/replay", {"from": 0}), confined.get(f"{one}/health"), confined.get(f"{one}/deliveries"),
        confined.get(f"{one}/deliveries/dl_{'0' * 26}"),
    ]  # fmt: skip
    assert {problem_of(answer) for answer in calls} == {(404, "not-found")}
    never = confined.get(f"{URL}/we_{'0' * 26}")
    assert {answer.content for answer in calls} == {never.content}
    assert confined.get(URL).json()["items"] == []
    held = Endpoint.objects.get()
    assert (held.url, held.state) == ("https://example.com/", "active")


@pytest.mark.parametrize("more", [
    {}, {"hidden": ["birth_date", "phones", "emails"]}, {"masked": ["emails", "attributes"]},
    {"only": ["name"], "hidden": [], "masked": []}, {"hidden": ["birth_date", "emails", "attributes"], "masked": []},
])  # fmt: skip
def test_an_endpoint_that_is_told_as_much_or_less_is_its_own(confined: Caller, more: dict[str, Any]) -> None:
    made, _ = endpoints.create(Wishes(url="https://example.com/", **{**OWN, **more}))
    assert confined.get(f"{URL}/{made.public_id}").status_code == 200
    assert len(confined.get(URL).json()["items"]) == 1


def test_what_binds_the_client_binds_what_it_makes(confined: Caller) -> None:
    made = confined.post(URL, {"url": "https://example.com/"})
    shown = made.json()
    assert {name: shown[name] for name in OWN} == {**OWN, "masked": sorted(OWN["masked"])}
    one = f"{URL}/{shown['endpoint_id']}"
    looser = confined.patch(one, {"hidden": [], "masked": None, "within": ["*"], "region": None}, If_Match=made["ETag"])
    assert {name: looser.json()[name] for name in OWN} == {**OWN, "masked": sorted(OWN["masked"])}
    for beyond in ({"within": ["main"]}, {"within": ["brand-b", "main"]}, {"region": "DE"}):
        assert problem_of(confined.post(URL, {"url": "https://example.com/", **beyond})) == (400, "invalid-request")
        assert problem_of(confined.patch(one, beyond, If_Match="*")) == (400, "invalid-request")
    assert Endpoint.objects.count() == 1


def test_a_filter_that_is_taken_back_leaves_the_client_s_own(confined: Caller) -> None:
    narrow, _ = endpoints.create(Wishes(url="https://example.com/", **{**OWN, "only": ["name"], "hidden": []}))
    wide = confined.patch(f"{URL}/{narrow.public_id}", {"only": None}, If_Match="*").json()
    assert (wide["only"], wide["hidden"]) == ([], ["birth_date"])


def test_pages_of_a_client_are_full_of_its_own(confined: Caller) -> None:
    for turn in range(6):
        own = {} if turn % 2 else OWN
        endpoints.create(Wishes(url=f"https://example.com/{turn}", **own))
    first = confined.get(f"{URL}?limit=2").json()
    rest = confined.get(f"{URL}?limit=2&cursor={first['next']}").json()
    assert [one["url"][-1] for one in (*first["items"], *rest["items"])] == ["0", "2", "4"]
    assert rest["next"] is None
