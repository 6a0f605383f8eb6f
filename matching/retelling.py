"""Provenance in plain words: where each value of a golden profile comes from, and why others lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matching.policy import WORDS

_WON = {
    "owner": "its source owns this attribute and nobody else may set it",
    "source_ranking": "its source ranks highest of those that say one",
    "most_trusted": "it is trusted most, for its source and its age",
    "most_recent": "it is the newest",
    "most_frequent": "most records say it, and of these this one says it best",
    "most_complete": "it is the most complete",
    "longest": "it is the longest",
    "highest_quality": "it is the best in quality: verified, well formed and no dummy",
    "minimum": "it is the least",
    "maximum": "it is the greatest",
    "collect": "every distinct value is kept, and this record says it best",
    "pin": "a steward pinned it over what the records say",
}
assert {*WORDS} <= _WON.keys()


def retell(provenance: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """A sentence or several for each value, by its name in the provenance; no value is repeated in them."""
    return {name: _sentences(name, whence) for name, whence in provenance.items()}


def _sentences(name: str, whence: Mapping[str, Any]) -> str:
    losers = whence["runners_up"]
    if whence["record"] is None:
        text = f"There is no {name}: nobody who may set it says one."
    else:
        since = str(whence["since"])[:10]
        why = _WON.get(str(whence["rule"]), f"rule {whence['rule']}")
        verb = "is set at" if whence["rule"] == "pin" else "comes from"
        text = f"{name} {verb} {whence['record']} ({since}): {why}."
        if "group" in whence:
            text += f" All of {whence['group']} comes from this record, so that no account is put together of several."
    for loser in losers:
        text += f" {loser['record'] or 'What the rules give'} lost: {loser['lost_because']}."
    return text
