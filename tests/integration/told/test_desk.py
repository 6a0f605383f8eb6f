"""The operators' pages of receivers: what they show, and what they do to the real receiver."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from hub.models import AuditEntry, Delivery, Endpoint, User
from hub.roles import create_roles, give_role
from hub.sql import rows
from tests.integration.api.conftest import person
from tests.integration.outbound.receivers import Receiver
from tests.integration.told.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)
PERSONAL = ("Ashworth", "alice.ashworth", "1984-03-12", "Linden Road")


@pytest.fixture
def operator(db: None) -> Client:
    create_roles()
    user = User.objects.create_user("olga", is_staff=True)
    give_role(user=user, role="operator")
    http = Client()
    http.force_login(user)
    return http


def test_a_receiver_in_trouble_is_seen_and_helped(listen: Any, take: Any, operator: Client, receiver: Receiver) -> None:
    endpoint = listen(description="Newsletter", hidden=["birth_date"])
    home = f"/deliveries/{endpoint.public_id}/"
    take("crm", person("1"))
    receiver.answer = lambda got: 500
    deliver()
    page = operator.get("/deliveries/").content.decode()
    assert "Newsletter" in page
    rows("UPDATE hub_outboxevent SET time = time - interval '2 hours'")
    told = operator.get("/metrics").content.decode()
    assert 'concord_endpoints{state="failing"} 1.0' in told
    assert "concord_deliveries_oldest_waiting_seconds 72" in told
    assert "Failing" in page
    one = operator.get(home).content.decode()
    assert "It failed (5xx)" in one
    assert "birth_date" in one
    assert not [value for value in PERSONAL if value in page + one]
    assert "It failed (5xx) (500)." in operator.post(f"{home}test").content.decode()
    part = operator.post(f"{home}test", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith("<p ")
    assert operator.post(f"{home}pause")["Location"] == f"{home}?done=paused"
    assert "Paused. Deliveries wait" in operator.get(f"{home}?done=paused").content.decode()
    receiver.answer = lambda got: 200
    assert deliver(again=True) == 0
    assert operator.post(f"{home}resume").status_code == 302
    assert deliver() == 1
    assert "Well" in operator.get(home).content.decode()
    user = User.objects.get(username="olga")
    assert set(AuditEntry.objects.filter(actor=f"user:{user.pk}").values_list("action", flat=True)) >= {
        "endpoint.paused", "endpoint.resumed", "endpoint.tested",
    }  # fmt: skip


def test_deliveries_are_sent_again_from_the_page(listen: Any, take: Any, operator: Client, receiver: Receiver) -> None:
    take("crm", person("1"))
    endpoint = listen()
    home = f"/deliveries/{endpoint.public_id}/"
    take("crm", person("1", phones=[], occurred_at="2026-02-01T00:00:00Z"))
    deliver()
    one = Delivery.objects.get()
    assert one.public_id in operator.get(f"{home}?state=delivered").content.decode()
    assert "There are none." in operator.get(f"{home}?state=dead_letter").content.decode()
    assert operator.post(f"{home}replay", {"delivery": one.public_id})["Location"] == f"{home}?done=replayed"
    assert operator.post(f"{home}replay", {"delivery": "dl_none"})["Location"] == f"{home}?done=nothing"
    assert deliver() == 1
    assert operator.post(f"{home}replay", {"since": "2026-01-01T00:00"})["Location"] == f"{home}?done=replayed"
    deliver()
    assert [got.body["sequence"] for got in receiver.got] == [2, 2, 1, 2]
    refused = operator.post(f"{home}replay", {"since": "yesterday"})
    assert refused.status_code == 400
    assert "Choose the time" in refused.content.decode()


def test_a_secret_is_shown_on_the_page_that_made_it_and_nowhere_else(
    listen: Any, take: Any, operator: Client, receiver: Receiver
) -> None:
    endpoint = listen()
    home = f"/deliveries/{endpoint.public_id}/"
    made = operator.post(f"{home}rotate", {"overlap": "3600"})
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.content.decode())
    assert secret is not None
    assert "no-store" in made["Cache-Control"]
    assert "whsec_" not in operator.get(home).content.decode()
    receiver.secret = secret[0]
    take("crm", person("1"))
    assert deliver() == 1
    assert len(receiver.taken) == 1
    assert operator.post(f"{home}rotate", {"overlap": "7"}).status_code == 400
    assert Endpoint.objects.get().secrets_until


def test_one_that_was_disabled_says_why(listen: Any, take: Any, operator: Client, receiver: Receiver) -> None:
    endpoint = listen()
    receiver.answer = lambda got: 410
    take("crm", person("1"))
    deliver()
    page = operator.get(f"/deliveries/{endpoint.public_id}/").content.decode()
    assert "It answered 410" in page
    assert "receiver fails or is disabled" in operator.get("/admin/").content.decode()
    told = operator.get("/metrics").content.decode()
    assert 'concord_endpoints{state="disabled"} 1.0' in told
    assert 'concord_endpoints{state="failing"} 0.0' in told
    assert f"we_{endpoint.public_id[3:]}" not in told
    assert [(e.action, e.detail) for e in AuditEntry.objects.filter(actor="system", subject=endpoint.public_id)] == [
        ("endpoint.created", {"events": []}), ("endpoint.disabled", {"reason": "gone"}),
    ]  # fmt: skip
    assert "Disabled" in operator.get("/deliveries/").content.decode()


def test_there_may_be_nobody_or_many(operator: Client) -> None:
    assert "Nobody gets webhooks yet." in operator.get("/deliveries/").content.decode()
    for number in range(60):
        Endpoint.objects.create(url=f"https://example.com/{number}", description=f"No. {number:02d}")
    first = operator.get("/deliveries/").content.decode()
    following = re.search(r"\?after=(\d+)", first)
    assert following is not None
    rest = operator.get(f"/deliveries/?after={following[1]}").content.decode()
    assert [page.count("No. ") for page in (first, rest)] == [50, 10]
    assert operator.get("/deliveries/we_none/").status_code == 404
    assert operator.get("/deliveries/?after=x").status_code == 200
