"""Requests that are made up from what the OpenAPI document says, and whether it describes the answers to them."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from hub.conf.wsgi import application

HOST = {"Host": "localhost"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, headers=HOST)
_FOUND = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
# Requests to the routes of webhooks are made up beside their own tests.
OF_WEBHOOKS = {label: operation for label, operation in _FOUND.items() if "webhook" in label}
OF_THE_HUB = {label: operation for label, operation in _FOUND.items() if "webhook" not in label}


def answers_are_described(operation: Any, *, token: str, number: int) -> None:
    """Sends so many requests, the same ones each time; fails at an answer that the document does not describe."""
    headers = {"Authorization": f"Bearer {token}", **HOST}

    @given(case=operation.as_strategy())
    @settings(
        max_examples=number, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    def run(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    run()
