"""Reading the store: what the doors and the desk show."""

from __future__ import annotations

from hub.selectors.goldens import (
    MAIN_SCOPE,
    GoldenView,
    consents_in_force,
    golden,
    golden_by_ids,
    is_scope,
    list_golden,
    profiles,
    provenance,
)
from hub.selectors.inbox import message, outcome_of
from hub.selectors.search import search_golden
from hub.selectors.sources import crosswalk, crosswalk_many, names_of, nested, pair_of, reason_of, records
from hub.selectors.whole import canonical_records, crosswalk_rows, golden_bodies, progress, troubled_receivers

__all__ = [
    "MAIN_SCOPE",
    "GoldenView",
    "canonical_records",
    "consents_in_force",
    "crosswalk",
    "crosswalk_many",
    "crosswalk_rows",
    "golden",
    "golden_bodies",
    "golden_by_ids",
    "is_scope",
    "list_golden",
    "message",
    "names_of",
    "nested",
    "outcome_of",
    "pair_of",
    "profiles",
    "progress",
    "provenance",
    "reason_of",
    "records",
    "search_golden",
    "troubled_receivers",
]
