"""Vendors' webhooks: let in by a good signature alone, once, and for the source system that it is for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connectors import signatures
from hub import pipeline
from hub.models import InboxMessage, PrivacyRequest, SourceRecord, SourceSystem
from tests.contracts.inbound.payloads import CASES
from tests.integration.api.conftest import problem_of
from tests.security import unchanged

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
SECRET = "a secret of the vendor's"
SIGNING = sorted(name for name, case in CASES.items() if case.sign)
HOST = "https://hub.example.com"
# What the cases of the contract sign, where the vendor signs the address.
TOPIC = "customers/update"


@pytest.fixture
def shop(db: None, settings: Any, request: pytest.FixtureRequest) -> SourceSystem:
    settings.HUB_PUBLIC_URL = HOST
    return make("shop", request.param, SECRET)


def make(code: str, connector: str, secret: str) -> SourceSystem:
    made = SourceSystem(code=code, kind="ecommerce", connector=connector)
    made.take_secret(secret, now=timezone.now())
    made.save()
    return made


def signed(
    connector: str, body: bytes, *, secret: str = SECRET, code: str = "shop", topic: str = TOPIC
) -> dict[str, str]:
    """The headers of a vendor who signs this body, and for some its address."""
    if connector == "square":
        url = f"{HOST}/api/v1/sources/{code}/webhooks/{topic}"
        return {"x-square-hmacsha256-signature": signatures.hmac_sha256_base64(secret, url.encode() + body)}
    sign = CASES[connector].sign
    assert sign is not None
    return dict(sign(secret, body))


def send(body: bytes, headers: dict[str, str], *, code: str = "shop", topic: str = TOPIC) -> Any:
    http = Client(raise_request_exception=False)
    return http.post(f"/api/v1/sources/{code}/webhooks/{topic}", body, content_type="application/json", headers=headers)


def payload(connector: str) -> bytes:
    return json.dumps(CASES[connector].full).encode()


@pytest.mark.parametrize("shop", SIGNING, indirect=True)
def test_a_signature_of_another_body_secret_shop_or_none_lets_nothing_in(shop: SourceSystem) -> None:
    name = shop.connector
    body = payload(name)
    make("other", name, "the secret of another shop")
    make("bare", name, "")
    good = signed(name, body)
    ((header, value),) = good.items()
    before = unchanged.contents()
    values = ["", "=", value[:-4], value.swapcase(), f"{value}, {value}", "ü" * 44]
    others = [signed(name, body, secret="guess"), signed(name, body + b" "), signed(name, body, secret="")]
    for said in ({}, *({header: one} for one in values), *others):
        assert problem_of(send(body, said)) == (401, "invalid-signature"), said
    assert problem_of(send(body + b" ", good)) == (401, "invalid-signature")
    assert problem_of(send(body, good, code="other")) == (401, "invalid-signature")
    for empty in (good, signed(name, body, secret="", code="bare")):
        assert problem_of(send(body, empty, code="bare")) == (401, "invalid-signature")
    assert unchanged.changed(before) == []
    assert send(body, good).status_code == 202


@pytest.mark.parametrize("shop", SIGNING, indirect=True)
def test_a_webhook_that_is_played_again_is_taken_once(shop: SourceSystem) -> None:
    body = payload(shop.connector)
    headers = {**signed(shop.connector, body), "X-Shopify-Triggered-At": "2026-11-20T10:00:00Z"}
    first, again = send(body, headers), send(body, headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["message_ids"] == again.json()["message_ids"]
    assert InboxMessage.objects.count() == len(first.json()["message_ids"])


@pytest.mark.parametrize("shop", SIGNING, indirect=True)
def test_the_secret_before_counts_until_the_overlap_ends(shop: SourceSystem) -> None:
    body = payload(shop.connector)
    old = signed(shop.connector, body)
    shop.take_secret("the next one", now=timezone.now(), overlap=timedelta(hours=1))
    shop.save()
    assert send(body, old).status_code == 202
    assert send(body, signed(shop.connector, body, secret="the next one")).status_code == 202
    SourceSystem.objects.update(webhook_secret_until=timezone.now() - timedelta(seconds=1))
    assert problem_of(send(body, old)) == (401, "invalid-signature")


def shopify(body: dict[str, Any], at: datetime | None, *, topic: str = TOPIC) -> Any:
    raw = json.dumps(body).encode()
    more = {"X-Shopify-Triggered-At": at.isoformat()} if at else {}
    return send(raw, {**signed("shopify", raw), **more}, topic=topic)


@pytest.mark.parametrize("shop", ["shopify"], indirect=True)
@pytest.mark.parametrize("minutes", [-10, 0, 9.9, 11, 60 * 24 * 365])
def test_a_clock_may_be_off_by_ten_minutes_and_nothing_comes_from_the_future(
    shop: SourceSystem, minutes: float
) -> None:
    now = timezone.now()
    assert shopify({"id": 7}, now + timedelta(minutes=minutes), topic="customers/delete").status_code == 202
    pipeline.drain()
    at = SourceRecord.objects.get().occurred_at
    expected = now if minutes > 10 else now + timedelta(minutes=minutes)
    assert abs(at - expected) < timedelta(seconds=20)


@pytest.mark.parametrize("shop", ["shopify"], indirect=True)
@pytest.mark.parametrize(
    "topic",
    [
        "customers_marketing_consent/update",
        "customers/redact",
        "customers_email_marketing_consent/update",
        "customers/merge",
        "customers/data_request",
    ],
)
def test_a_customer_that_was_sent_before_does_not_come_back_as_something_else(shop: SourceSystem, topic: str) -> None:
    """Shopify signs neither topic nor time: whoever caught a body may send it anywhere, at any time."""
    caught = {"id": 7, "customer_id": 7, "first_name": "Alice", "phone": "+442079460991",
              "updated_at": "2026-11-01T10:00:00Z", "sms_marketing_consent": {"state": "subscribed"},
              "email_marketing_consent": {"state": "subscribed"}}  # fmt: skip
    answer = shopify(caught, timezone.now(), topic=topic)
    assert problem_of(answer) == (422, "invalid-record")
    assert not InboxMessage.objects.exists()
    assert not PrivacyRequest.objects.exists()


@pytest.mark.parametrize("shop", ["shopify"], indirect=True)
def test_a_version_that_was_caught_deletes_nothing_newer_and_a_real_deletion_does(shop: SourceSystem) -> None:
    older = {"id": 7, "first_name": "Alice", "last_name": "Ashworth", "updated_at": "2026-11-01T10:00:00Z"}
    newer = {**older, "updated_at": "2026-11-02T10:00:00+01:00"}
    assert shopify(newer, timezone.now()).status_code == 202
    assert shopify(older, timezone.now(), topic="customers/delete").status_code == 202
    pipeline.drain()
    assert not SourceRecord.objects.get().deleted
    assert shopify(newer, timezone.now(), topic="customers/delete").status_code == 202
    pipeline.drain()
    assert SourceRecord.objects.get().deleted


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the standard library's own function, whole and never ``==``."""
    seen = []
    real = signatures.hmac.compare_digest
    monkeypatch.setattr(signatures.hmac, "compare_digest", lambda a, b: (seen.append((a, b)), real(a, b))[1])
    good = signatures.hmac_sha256_base64("s", b"m")
    assert signatures.signed_by_hmac("s", b"m", good)
    assert not signatures.signed_by_hmac("s", b"m", good[:-1])
    assert len(seen) == 2


@pytest.mark.parametrize("shop", ["shopify"], indirect=True)
def test_no_more_is_read_than_the_bound_before_the_signature_is_looked_at(shop: SourceSystem) -> None:
    body = b'"' + b"x" * 1_100_000 + b'"'
    assert problem_of(send(body, {})) == (413, "body-too-large")
    assert problem_of(send(body, signed("shopify", body))) == (413, "body-too-large")
