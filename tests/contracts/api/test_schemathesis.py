"""What the OpenAPI document says is true: made-up requests find no answer that it does not describe."""

from __future__ import annotations

from typing import Any

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

from hub.conf.wsgi import application
from hub.scopes import SCOPES
from tests.integration.api.conftest import caller, five_sources, person, take  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
HOST = {"Host": "localhost"}
# All but the routes of webhooks, to which requests are made up beside their own tests.
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, headers=HOST).exclude(path_regex="webhook")
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_described(label: str, caller: Any, take: Any) -> None:  # noqa: F811
    take("crm", person("1"))
    headers = {"Authorization": f"Bearer {caller(*SCOPES).token}", **HOST}

    @given(case=OPERATIONS[label].as_strategy())
    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def run(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    run()
