"""Flat rows read by the column are what they are one by one, refusals included."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from matching.canonical import FLAT_COLUMNS, from_flat, from_nested, to_nested
from matching.cells import RecordError
from matching.flatnested import nested_rows

TEXTS = st.sampled_from(
    ["", " ", "Alice", " Alice ", "1984-03-12", "1984-02-31", "12.03.1984", "2026-01-01T10:00:00Z", "2026-01-01 10:00",
     "2026-01-01T10:00:00.5+02:00", "yesterday", "person", "organisation", "company", "true", "no", "maybe", "\x00a",
     "x" * 501, "x" * 10_001, "é", "\ud800"]
)  # fmt: skip
OTHERS = st.sampled_from(
    [None, 5, 1.0, 1.5, True, float("nan"), [1], {"a": 1}, date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)]
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from([*FLAT_COLUMNS, "tier", "points"]), TEXTS | TEXTS | OTHERS, max_size=8)
    | st.dictionaries(st.sampled_from([*FLAT_COLUMNS, "tier"]), TEXTS, max_size=8).map(
        lambda row: {**row, "source_id": "1"}
    ),
    max_size=5,
)


def one_by_one(row: dict[str, Any], system: str | None) -> dict[str, Any] | str:
    try:
        return to_nested(from_flat(row, source_system=system))
    except RecordError as error:
        return f"{error.field}|{error}"


@given(ROWS, st.sampled_from([None, "crm"]))
def test_by_the_column_is_one_by_one(rows: list[dict[str, Any]], system: str | None) -> None:
    found = nested_rows(rows, source_system=system)
    said = [f"{x.field}|{x}" if isinstance(x, RecordError) else x for x in found]
    assert said == [one_by_one(row, system) for row in rows]
    # What the inbox keeps is read back as it was.
    for nested in found:
        if isinstance(nested, dict):
            assert to_nested(from_nested(nested, source_system="crm")) == nested
