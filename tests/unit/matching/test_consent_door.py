"""Which statements are taken, and which are refused with their field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from matching.canonical import from_nested, to_nested
from matching.cells import RecordError
from matching.consentdoor import AHEAD, refuse_future

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SAID = {"purpose": "marketing", "channel": "email", "contact_point": "Alice@Example.com", "state": "granted",
        "captured_at": "2026-01-01T11:00:00Z", "brand": "Main", "jurisdiction": "DE", "legal_basis": "consent",
        "proof": "form-7/v3", "text_version": "v3", "double_opt_in": True, "source": "till 4",
        "effective_from": "2026-01-02", "effective_to": "2027-01-02T00:00:00Z", "shop": {"aisle": 7}}  # fmt: skip


def record(*consents: dict[str, Any], **more: Any) -> Any:
    return from_nested({"source_id": "1", "consents": list(consents), **more}, source_system="crm")


def test_a_statement_is_kept_as_it_was_said() -> None:
    assert to_nested(record(SAID))["consents"] == [SAID]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": None}, "channel"), ({"channel": "  "}, "channel"), ({"purpose": ""}, "purpose"),
        ({"state": None}, "state"), ({"state": "GRANTED"}, "state"), ({"captured_at": "yesterday"}, "captured_at"),
        ({"effective_to": "2026-01-02"}, "effective_to"), ({"effective_to": "soon"}, "effective_to"),
        ({"effective_from": None, "effective_to": "2026-01-01T11:00:00Z"}, "effective_to"),
        ({"brand": ["a"]}, "brand"), ({"double_opt_in": "maybe"}, "double_opt_in"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_refused_by_its_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordError) as caught:
        record(SAID, SAID | {"channel": "sms"} | wrong)
    assert caught.value.field == f"consents[1].{field}"
    assert "alice" not in str(caught.value).lower()


def test_a_payload_that_contradicts_itself_is_refused() -> None:
    no = SAID | {"state": "withdrawn"}
    for other in (no, no | {"contact_point": "alice@example.com "}, no | {"channel": "E-Mail", "brand": "main"},
                  no | {"captured_at": "2026-01-01T12:00:00+01:00"}):  # fmt: skip
        with pytest.raises(RecordError, match=r"^consents\[1\].state: contradicts"):
            record(SAID, other)
    with pytest.raises(RecordError, match="contradicts"):
        record(SAID, {k: v for k, v in no.items() if k != "captured_at"}, occurred_at="2026-01-01T11:00:00Z")
    for fine in (no | {"captured_at": "2026-01-01T11:00:01Z"}, no | {"channel": "sms"}, no | {"brand": "outlet"},
                 no | {"contact_point": "bob@example.com"}, SAID | {"proof": "again"}):  # fmt: skip
        assert len(record(SAID, fine).consents) == 2


def test_a_statement_from_the_future_is_refused_but_may_take_effect_there() -> None:
    soon = (NOON + AHEAD).isoformat()
    later = (NOON + AHEAD + timedelta(seconds=1)).isoformat()
    refuse_future(record(SAID | {"captured_at": soon, "effective_from": "2030-01-01", "effective_to": None}), NOON)
    with pytest.raises(RecordError, match=r"^consents\[1\].captured_at: lies in the future"):
        refuse_future(record(SAID, SAID | {"captured_at": later}), NOON)
    untimed = {k: v for k, v in SAID.items() if k != "captured_at"}
    with pytest.raises(RecordError, match=r"^consents\[0\].captured_at: is missing"):
        refuse_future(record(untimed, occurred_at=later), NOON)
    refuse_future(record(untimed), NOON)
    refuse_future(record(SAID, occurred_at=later), NOON)
