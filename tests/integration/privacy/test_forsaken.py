"""What an erased customer withdrew holds for their contact points, whoever has them and whoever brings them back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.invariants import breaches
from hub.models import Suppression
from tests.integration.api.conftest import Caller, person, someone_else
from tests.integration.api.test_consents import MAIL, check, said
from tests.integration.privacy.test_erasure import erased, events_of, golden_of

pytestmark = pytest.mark.django_db(transaction=True)

Take = Callable[..., list[str]]


@pytest.mark.parametrize("point", [MAIL, None])
def test_who_shares_the_mailbox_of_an_erased_customer_is_told_at_once(channel: Caller, take: Take, point) -> None:
    take("crm", person("1", consents=[said("withdrawn", 5, contact_point=point)]))
    take("pos", someone_else("9", consents=[said("granted", 4)]))
    bob = golden_of(channel, "pos/9")
    assert check(channel, bob)["allowed"]
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    assert check(channel, bob)["state"] == "withdrawn"
    assert channel.get(f"/api/v1/golden/{bob}").json()["consents"][0]["state"] == "withdrawn"
    told = [e for e in events_of(channel, bob) if e["type"] == "consent.changed"]
    assert told[-1]["data"]["consents"][0]["state"] == "withdrawn"
    assert told[-1]["data"]["cause"]["type"] == "erasure"
    assert list(breaches()) == []


def test_an_older_grant_does_not_bring_an_erased_customer_back_into_the_list(channel: Caller, take: Take) -> None:
    take("crm", person("1", consents=[said("withdrawn", 5, channel="*", purpose="*", contact_point=None)]))
    erased(channel, golden_id=golden_of(channel, "crm/1"))
    assert Suppression.objects.count() == 2  # the e-mail address and the phone
    # Next year's export of another system: a new customer, whose statement is older than the withdrawal.
    take("loyalty", person("7", occurred_at="2030-01-01T00:00:00Z", consents=[said("granted", 3)]))
    again = golden_of(channel, "loyalty/7")
    assert check(channel, again)["state"] == "withdrawn"
    listed = {"purpose": "marketing", "channel": "email", "contact_points": [MAIL, "new@example.com"]}
    answer = channel.post("/api/v1/suppression/check", listed).json()["items"]
    assert [i["suppressed"] for i in answer] == [True, False]
