"""The consent ledger as it is stored and read: what says nothing about a person in columns, the rest sealed under the
key of the record that it was said of.

A contact point is found by a blind token of what its spellings have in common, so that a withdrawal is found again
when the record that carried it was deleted at its source or erased.
"""

from __future__ import annotations

from hub import policies
from hub.ledger.statements import (
    COLUMNS,
    Held,
    Row,
    add,
    held,
    held_by,
    ids_of,
    point_token,
    row_of,
    unpacked,
)
from hub.ledger.withdrawals import Forsaken, all_forsaken, forsaken, suppressions, with_forsaken
from matching.consent import ConsentPolicy

__all__ = [
    "COLUMNS",
    "Forsaken",
    "Held",
    "Row",
    "add",
    "all_forsaken",
    "forsaken",
    "held",
    "held_by",
    "ids_of",
    "point_token",
    "policy",
    "row_of",
    "suppressions",
    "unpacked",
    "with_forsaken",
]


def policy() -> ConsentPolicy:
    """The consent section of the policy in force."""
    return policies.active().policy.consent
