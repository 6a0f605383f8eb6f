"""A consent ledger's flat rows (CSV, NDJSON, Parquet): one statement a row, for a record that may not be held yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matching.cells import RecordError, boolean_of, instant_of, source_id_of, text_of

COLUMNS = (
    "source_system", "source_id", "purpose", "channel", "contact_point", "state", "captured_at", "effective_from",
    "effective_to", "brand", "jurisdiction", "legal_basis", "proof", "text_version", "double_opt_in", "source",
)  # fmt: skip
_OF_THE_RECORD = ("source_system", "source_id")


def nested_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as a canonical record that is partial: it adds its statement to whatever is held of the record, and
    waits for the rest where nothing is. Raises ``RecordError`` naming the column."""
    source_id = source_id_of(row.get("source_id"))
    said: dict[str, Any] = {}
    for column, value in row.items():
        if column in _OF_THE_RECORD:
            continue
        if column == "double_opt_in":
            if text := text_of(None if isinstance(value, bool) else value, column):
                said[column] = boolean_of(text, column)
            elif isinstance(value, bool):
                said[column] = value
        elif (text := text_of(value, column)) is not None:
            said[column] = text
    if "state" in said:
        said["state"] = said["state"].lower()
    if instant_of(said.get("captured_at"), "captured_at") is None:
        # Filed under the time of the file, an old grant would undo a newer withdrawal.
        raise RecordError("captured_at", "is missing: a ledger must say when each statement was made")
    return {"source_id": source_id, "partial": True, "consents": [said], "occurred_at": said["captured_at"]}
