"""What was shown under another policy and other pins is shown again, exactly, for an instant of then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub import history, pinning, repolicy
from hub.sql import rows
from tests import opened
from tests.integration.policies.conftest import alice, golden_of
from tests.integration.policies.test_activation import OLDEST


def now() -> datetime:
    moment: datetime = rows("SELECT clock_timestamp()")[0][0]
    return moment


def test_pins_and_policies_of_an_instant_are_those_of_then(take: Callable[..., None]) -> None:
    seen: list[tuple[datetime, Any]] = []

    def look() -> None:
        seen.append((now(), opened.body(golden_of())))

    take("crm", alice("1", 2))
    take("pos", alice("9", 9, birth_date="1984-03-21"))
    golden_id = golden_of().public_id
    look()
    made = pinning.pin(golden_id=golden_id, attribute="birth_date", value="1984-04-01", reason="called")
    look()
    pinning.ignore(
        golden_id=golden_id, attribute="emails", value="alice.ashworth@example.com", record="pos:9", reason="x"
    )
    look()
    repolicy.activate(repolicy.keep(OLDEST))
    look()
    pinning.unpin(made, by="user:1")
    look()
    take("crm", alice("1", 20, birth_date="1983-01-02"))
    look()
    assert len({body["version"] for _, body in seen}) >= 5
    for at, body in seen:
        found = history.golden_at(golden_id, at)
        assert found.rendered is not None
        assert found.rendered.exact
        then = found.view
        assert {k: then[k] for k in body} == body
