"""What counts as a breaking change, and what does not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.api.breaking import breaks

OLD: dict[str, Any] = {
    "paths": {
        "/x": {
            "get": {
                "summary": "As it was",
                "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "Done"}, "404": {"description": "Not there"}},
            }
        }
    },
    "schemas": {
        "X": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "state": {"enum": ["a", "b"]}},
        },
        "Y": {"type": "object", "properties": {"id": {"type": "string"}}},
    },
}


def changed(change: Callable[[dict[str, Any]], Any]) -> list[str]:
    new = copy.deepcopy(OLD)
    change(new)
    assert new != OLD
    return list(breaks(OLD, new))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["paths"].update({"/y": {}}),
        lambda d: d["paths"]["/x"].update(post={}),
        lambda d: d["paths"]["/x"]["get"].update(summary="In other words", deprecated=True),
        lambda d: d["paths"]["/x"]["get"]["responses"].update({"429": {"description": "Slower"}}),
        lambda d: d["paths"]["/x"]["get"]["parameters"].insert(0, {"in": "header", "name": "If-Match"}),
        lambda d: d["schemas"]["X"]["properties"].update(more={"type": "string"}),
        lambda d: d["schemas"]["X"]["properties"]["state"]["enum"].append("c"),
    ],
)
def test_what_is_added_breaks_nothing(change: Callable[[dict[str, Any]], Any]) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["paths"].pop("/x"),
        lambda d: d["paths"]["/x"].pop("get"),
        lambda d: d["paths"]["/x"]["get"]["responses"].pop("404"),
        lambda d: d["paths"]["/x"]["get"]["parameters"].clear(),
        lambda d: d["paths"]["/x"]["get"]["parameters"][0]["schema"].update(type="string"),
        lambda d: d["paths"]["/x"]["get"]["parameters"].append({"in": "query", "name": "who", "required": True}),
        lambda d: d["schemas"]["X"]["properties"].pop("state"),
        lambda d: d["schemas"]["X"]["properties"]["state"]["enum"].remove("a"),
        lambda d: d["schemas"]["X"]["required"].append("state"),
        lambda d: d["schemas"]["X"]["required"].clear(),
        lambda d: d["schemas"]["Y"].update(required=["id"]),
        lambda d: d["schemas"]["Y"].update(type="array"),
    ],
)
def test_what_is_gone_other_or_demanded_breaks(change: Callable[[dict[str, Any]], Any]) -> None:
    assert len(changed(change)) == 1
