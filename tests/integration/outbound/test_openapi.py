"""What the OpenAPI document says of the connectors' routes is true: made-up requests find no other answer."""

from __future__ import annotations

import pytest

from connectors.outbound import endpoints
from tests.contracts.api.made_up import OF_WEBHOOKS, answers_are_described
from tests.integration.outbound.test_doors import SECRET, shop_with

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_routes_are_described():
    assert sorted(OF_WEBHOOKS) == [
        "DELETE /api/v1/webhook-endpoints/{endpoint_id}",
        "GET /api/v1/webhook-endpoints",
        "GET /api/v1/webhook-endpoints/{endpoint_id}",
        "GET /api/v1/webhook-endpoints/{endpoint_id}/deliveries",
        "GET /api/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}",
        "GET /api/v1/webhook-endpoints/{endpoint_id}/health",
        "PATCH /api/v1/webhook-endpoints/{endpoint_id}",
        "POST /api/v1/sources/{system}/webhooks/{topic}",
        "POST /api/v1/webhook-endpoints",
        "POST /api/v1/webhook-endpoints/{endpoint_id}/pause",
        "POST /api/v1/webhook-endpoints/{endpoint_id}/replay",
        "POST /api/v1/webhook-endpoints/{endpoint_id}/resume",
        "POST /api/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
        "POST /api/v1/webhook-endpoints/{endpoint_id}/test",
    ]
    assert OF_WEBHOOKS["POST /api/v1/sources/{system}/webhooks/{topic}"].definition.raw.get("security") in (None, [{}])


@pytest.mark.parametrize("label", OF_WEBHOOKS)
def test_every_answer_is_described(label, manager):
    shop_with(SECRET)
    endpoints.create(endpoints.Wishes(url="https://example.com/"))
    answers_are_described(OF_WEBHOOKS[label], token=manager.token, number=40)
