"""What the door makes of a payload, before anything is stored."""

from __future__ import annotations

import pytest

from hub.stages import ingest
from tests.contracts.inbound.payloads import CASES


@pytest.mark.parametrize("name", [name for name in sorted(CASES) if CASES[name].merged])
def test_a_merge_says_nothing_of_the_record_but_that_it_was_merged(name: str) -> None:
    (record,) = ingest.read(CASES[name].merged, system="any", mapping=name)
    assert record.partial
    assert record.relations[0]["type"] == "merged_into"
    assert record.attributes == {}


def test_a_change_of_consent_alone_passes_the_door() -> None:
    (record,) = ingest.read(CASES["shopify"].withdrawn, system="shop", mapping="shopify")
    assert record.partial
    assert record.consents[0]["state"] == "withdrawn"
    assert record.attributes == {}
