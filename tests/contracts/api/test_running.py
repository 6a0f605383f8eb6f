"""What the OpenAPI document says is true of a whole hub that runs, asked over the network: Granian, workers and all."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from hub.scopes import SCOPES
from tests.contracts.api.made_up import CHECKS
from tests.integration.api.conftest import person
from tests.servers import Stack

pytestmark = pytest.mark.servers


def token_of(stack: Stack) -> str:
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    made = stack.manage("create_client", "fuzzer", *scopes, "--source", "*", "--json")
    assert made.returncode == 0, made.stderr
    form = {"grant_type": "client_credentials", **json.loads(made.stdout.splitlines()[-1])}
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{stack.url}/oauth/token/", data=body, timeout=30) as answer:
        token: str = json.load(answer)["access_token"]
    return token


def test_every_answer_of_a_running_hub_is_described() -> None:
    with Stack(begun=True, environ={"HUB_RATE_LIMIT": "off"}) as stack:
        headers = {"Authorization": f"Bearer {token_of(stack)}"}
        for number in range(3):
            request = urllib.request.Request(
                f"{stack.url}/api/v1/sources/crm/records",
                data=json.dumps(person(str(number))).encode(),
                headers={**headers, "Content-Type": "application/json", "Prefer": "wait=20"},
            )
            assert urllib.request.urlopen(request, timeout=30).status == 200
        schema = schemathesis.openapi.from_url(f"{stack.url}/api/v1/schema/")
        asked = [found.ok() for found in schema.get_all_operations()]
        assert len(asked) > 50
        for operation in asked:

            @given(case=operation.as_strategy())
            @settings(max_examples=8, deadline=None, derandomize=True, database=None,
                      suppress_health_check=list(HealthCheck))  # fmt: skip
            def run(case: Any) -> None:
                case.call_and_validate(base_url=stack.url, headers=headers, checks=CHECKS, timeout=30)

            run()
        assert stack.get("/readyz")[0] == 200
