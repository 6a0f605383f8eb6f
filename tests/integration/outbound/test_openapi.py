"""What the OpenAPI document says of the connectors' routes is true: made-up requests find no other answer."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from connectors.outbound import endpoints
from hub.conf.wsgi import application
from tests.integration.outbound.test_doors import SECRET, shop_with

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
HOST = {"Host": "localhost"}
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, headers=HOST).include(path_regex="webhook")
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


def test_the_routes_are_described():
    assert sorted(OPERATIONS) == [
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
    assert OPERATIONS["POST /api/v1/sources/{system}/webhooks/{topic}"].definition.raw.get("security") in (None, [{}])


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_described(label, manager):
    shop_with(SECRET)
    endpoints.create(endpoints.Wishes(url="https://example.com/"))
    headers = {"Authorization": f"Bearer {manager.token}", **HOST}

    @given(case=OPERATIONS[label].as_strategy())
    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def run(case):
        case.call_and_validate(headers=headers, checks=CHECKS)

    run()
