"""How a golden record came to be, for its page: newest first, in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from hub import history
from hub.errors import HubError
from hub.models import GoldenRecord
from stewardship.people import names

FIRST = 8
ALL = 200
_ID = re.compile(r"(gr_[0-9a-z]{26})")


@dataclass(frozen=True, slots=True)
class Text:
    """A part of a sentence; ``golden_id`` where it names another golden record."""

    text: str
    golden_id: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One step: what changed, as sentences cut into parts, and why, by whom."""

    at: datetime
    version: int
    texts: tuple[tuple[Text, ...], ...]
    why: str
    who: str


def of(golden: GoldenRecord, *, limit: int) -> tuple[list[Moment], bool]:
    """The newest steps of a golden record, and whether there may be older ones."""
    try:
        found = history.timeline(golden.public_id, limit=limit + 1)
    except HubError:  # erased, or being erased
        return [], False
    people = names(moment.actor for moment in found)
    made = [
        Moment(one.at, one.version, tuple(map(_cut, one.texts)), one.why, people.get(one.actor, "")) for one in found
    ]
    return made[:limit], len(made) > limit


def _cut(text: str) -> tuple[Text, ...]:
    return tuple(Text(part, part if _ID.fullmatch(part) else "") for part in _ID.split(text) if part)
