"""The OpenAPI document is a contract: a difference is reviewed, never slipped in.

After an addition that is meant: ``HUB_ACCEPT_CONTRACTS=1 make test``, and read the difference in the commit. A change
that breaks clients takes ``HUB_ACCEPT_CONTRACTS=breaking``, and a line in the changelog that says what they have to do.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from hub.api.problems import TYPES
from hub.api.shapes import SHAPES
from hub.scopes import SCOPES
from tests.contracts.api.breaking import breaks

SNAPSHOT = Path(__file__).parent / "openapi.json"
DOCS = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client().get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_it_is_what_was_agreed(document: dict[str, Any]) -> None:
    own = {
        "paths": document["paths"],
        "schemas": {name: document["components"]["schemas"][name] for name in SHAPES},
    }
    text = json.dumps(own, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    found, agreed = json.loads(text), json.loads(SNAPSHOT.read_text())
    broken = list(breaks(agreed, found))
    accept = os.environ.get("HUB_ACCEPT_CONTRACTS", "")
    if accept == "breaking" or (accept == "1" and not broken):
        SNAPSHOT.write_text(text)
        return
    assert not broken, f"clients of today would break (HUB_ACCEPT_CONTRACTS=breaking, and a CHANGELOG entry): {broken}"
    assert found == agreed, "something was added: read the difference, then HUB_ACCEPT_CONTRACTS=1 make test"


def test_it_is_openapi_3_1_and_refers_to_nothing_that_is_missing(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named <= set(document["components"]["schemas"])
    operations = [op for item in document["paths"].values() for op in item.values()]
    assert len({op["operationId"] for op in operations}) == len(operations)


def test_every_route_of_the_house_is_in_it(document: dict[str, Any]) -> None:
    from hub.api.urls import urlpatterns

    served = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/api/v1/{p.pattern}") for p in urlpatterns} - {"/api/v1/schema/"}
    assert served <= set(document["paths"])


def test_it_says_which_scope_each_route_needs(document: dict[str, Any]) -> None:
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    assert flows["clientCredentials"]["scopes"] == dict(SCOPES)
    assert document["paths"]["/api/v1/resolve"]["post"]["security"] == [{"oauth2": ["resolve"]}]


def test_every_problem_type_is_documented() -> None:
    documented = re.findall(r"^\| `/problems/([a-z0-9-]+)` \| (\d{3}) \|", DOCS.read_text(), re.MULTILINE)
    assert {(slug, int(status)) for slug, status in documented} == {
        (slug, status) for slug, (status, _) in TYPES.items()
    }
