"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """``invariant`` by its number in the contract, ``subject`` a public id or address by database id."""

    invariant: int
    subject: str
    text: str
