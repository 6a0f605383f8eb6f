"""The doors: endpoints are managed with a scope, vendors come in by their signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from django.test import Client
from django.utils import timezone

from connectors.outbound import endpoints
from connectors.outbound.deliver import deliver_due
from hub import selectors
from hub.models import Attempt, Delivery, Endpoint, InboxMessage, SourceSystem
from tests import opened
from tests.integration.api.conftest import problem_of
from tests.integration.outbound.conftest import Feed

URL = "/api/v1/webhook-endpoints"
SECRET = "shpss_5f2b"


def test_an_endpoint_is_made_shown_and_deleted(manager):
    made = manager.post(URL, {"url": "https://example.com/hook", "events": ["golden.updated"], "description": "CRM"})
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith("whsec_")
    assert body["state"] == "active"
    one = f"{URL}/{body['endpoint_id']}"
    shown = manager.get(one).json()
    assert shown == {key: value for key, value in body.items() if key != "secret"}
    assert manager.get(URL).json() == {"items": [shown], "next": None}
    assert problem_of(manager.delete(one)) == (428, "precondition-required")
    before = manager.get(one)["ETag"]
    manager.post(f"{one}/pause", {})
    assert problem_of(manager.delete(one, If_Match=before)) == (412, "precondition-failed")
    assert manager.get(one).json()["state"] == "paused"
    assert manager.delete(one, If_Match=manager.get(one)["ETag"]).status_code == 204
    assert problem_of(manager.get(one)) == (404, "not-found")
    assert problem_of(manager.delete(one, If_Match="*")) == (404, "not-found")
    assert manager.get(URL).json()["items"] == []


@pytest.mark.parametrize("asked", [
    {}, {"url": ""}, {"url": "nowhere"}, {"url": "http://example.com/"}, {"url": "https://10.0.0.1/"},
    {"url": "https://169.254.169.254/latest"}, {"url": "https://example.com/", "events": ["golden.lost"]},
    {"url": "https://example.com/", "events": "golden.updated"}, {"url": "https://example.com/", "event": []},
    {"url": "https://example.com/" + "a" * 2000}, {"url": 7}, {"url": "https://example.com/\n"},
])  # fmt: skip
def test_a_bad_endpoint_is_refused_and_nothing_is_made(manager, asked):
    status, slug = problem_of(manager.post(URL, asked))
    assert (status, slug) == (400, "invalid-request")
    assert Endpoint.objects.count() == 0


def test_nobody_manages_endpoints_without_the_scope(caller, manager):
    other = caller("golden:read")
    made = manager.post(URL, {"url": "https://example.com/"}).json()["endpoint_id"]
    assert problem_of(other.get(URL))[0] == 403
    assert problem_of(other.post(URL, {"url": "https://example.com/"}))[0] == 403
    assert problem_of(other.delete(f"{URL}/{made}"))[0] == 403
    assert problem_of(Client().get(URL))[0] == 401
    assert Endpoint.objects.count() == 1


def test_a_new_endpoint_gets_what_happens_from_now_on(transactional_db, receiver, settings):
    settings.HUB_DELIVERY_ALLOW = [f"127.0.0.1:{receiver.port}"]
    feed = Feed()
    feed.tell(1, 2)
    feed.publish()
    endpoint, receiver.secret = endpoints.create(endpoints.Wishes(url=receiver.url))
    feed.tell(2, 3)
    assert feed.publish() == 2
    deliver_due()
    assert receiver.marks == [("gr_2", 2), ("gr_3", 1)]
    endpoints.delete(endpoint)
    assert (Endpoint.objects.count(), Delivery.objects.count(), Attempt.objects.count()) == (0, 0, 0)


def sign(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def send(body: bytes, *, topic: str = "customers/update", system: str = "ecommerce", **headers: str):
    given = {"X-Shopify-Hmac-Sha256": sign(body), "X-Shopify-Triggered-At": "2026-11-20T10:00:00Z", **headers}
    return Client(raise_request_exception=False).post(
        f"/api/v1/sources/{system}/webhooks/{topic}", data=body, content_type="application/json", headers=given
    )


@pytest.fixture
def shop(db):
    shop_with(SECRET)


def shop_with(secret: str) -> None:
    # Other tests empty all tables, rows from migrations too.
    held = {"kind": "ecommerce", "connector": "shopify"}
    shop, _ = SourceSystem.objects.update_or_create(code="ecommerce", defaults=held)
    shop.take_secret(secret, now=timezone.now())
    shop.save()


ALICE = json.dumps({"id": 7, "first_name": "Alice", "last_name": "Ashworth", "email": "alice@example.org"}).encode()


def test_a_signed_payload_is_in_the_inbox_when_it_is_answered(shop):
    answer = send(ALICE)
    assert answer.status_code == 202
    message = InboxMessage.objects.get(public_id=answer.json()["message_id"])
    assert (message.status, message.lane, message.mapping) == (0, 1, "shopify")
    assert selectors.message(message.public_id)["source_id"] == "7"
    kept = opened.payload(message)
    assert kept["_webhook"] == {"topic": "customers/update", "triggered_at": "2026-11-20T10:00:00Z"}
    again = send(ALICE)
    assert (again.status_code, again.json()["message_id"]) == (202, message.public_id)
    assert InboxMessage.objects.count() == 1


def test_a_deletion_is_told_from_the_topic(shop):
    assert send(json.dumps({"id": 7}).encode(), topic="customers/delete").status_code == 202
    assert InboxMessage.objects.count() == 1


@pytest.mark.parametrize("headers", [
    {"X-Shopify-Hmac-Sha256": ""}, {"X-Shopify-Hmac-Sha256": sign(ALICE, "other")},
    {"X-Shopify-Hmac-Sha256": sign(ALICE + b" ")}, {"X-Shopify-Hmac-Sha256": "é"},
])  # fmt: skip
def test_a_bad_signature_is_answered_401_and_nothing_is_kept(shop, headers):
    status, _ = problem_of(send(ALICE, **headers))
    assert status == 401
    assert InboxMessage.objects.count() == 0


def test_without_a_secret_nobody_gets_in(db):
    shop_with("")
    assert problem_of(send(ALICE, **{"X-Shopify-Hmac-Sha256": sign(ALICE, "")}))[0] == 401
    assert InboxMessage.objects.count() == 0


def test_an_unknown_source_or_one_without_a_connector_is_told(shop):
    assert problem_of(send(ALICE, system="nowhere")) == (404, "unknown-source")
    SourceSystem.objects.create(code="till", kind="pos")
    assert problem_of(send(ALICE, system="till")) == (404, "not-found")


@pytest.mark.parametrize(("body", "status"), [
    (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"{}", 422), (b"[]", 202), (b'"text"', 422), (b'{"id": NaN}', 400),
    (b"[" * 10000, 400),
])  # fmt: skip
def test_a_bad_body_under_a_good_signature_says_what_is_wrong(shop, body, status):
    answer = send(body)
    assert answer.status_code == status
    assert InboxMessage.objects.count() == 0
    if status != 202:
        problem_of(answer)


def test_a_body_that_is_too_large_is_not_read(shop):
    assert problem_of(send(b'"' + b"x" * 1_100_000 + b'"'))[0] == 413
