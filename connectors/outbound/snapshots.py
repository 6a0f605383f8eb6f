"""After a dead letter the next event is a snapshot: what was missed is told with it.

An event of ``golden.*`` holds the whole profile and crosswalk, one of ``consent.*`` all consents. Where the one that
was given up is of the other kind than the one that follows, the follower alone would leave the receiver with what was
true before: it then brings along what the last event of the missed kind before it said, and says ``snapshot``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.events import Fact, opened
from hub.sql import rows

# What an event of each kind says whole. ``origins`` says where values of a profile came from, for release by region.
_WHOLE = {"golden": ("profile", "crosswalk", "origins"), "consent": ("consents",)}


def completed(
    endpoints: Sequence[int], events: Sequence[Fact], data: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The data of each event for the endpoint beside it, with what a dead letter before it withheld."""
    out = list(data)
    missed = [
        (place - 1, kind)
        for place, kind in rows(_MISSED, list(endpoints), [e.golden_id for e in events], [e.sequence for e in events])
        if kind in _WHOLE and not events[place - 1].type.startswith(f"{kind}.")
    ]
    if not missed:
        return out
    found = rows(
        _LAST,
        [events[place].golden_id for place, _ in missed],
        [events[place].sequence for place, _ in missed],
        [kind for _, kind in missed],
    )
    facts = [Fact(*rest) for _, *rest in found]
    for (number, *_), said in zip(found, opened(facts), strict=True):
        place, kind = missed[number - 1]
        whole = {key: said[key] for key in _WHOLE[kind] if key in said and key not in out[place]}
        if whole and not out[place].get("restricted") and not out[place].get("redacted"):
            out[place] = {**out[place], **whole, "snapshot": True}
    return out


# Kinds of which an earlier event was given up, and none delivered since.
_MISSED = """
    SELECT DISTINCT w.place::int, split_part(x.type, '.', 1)
    FROM unnest(%b::bigint[], %b::bigint[], %b::int[]) WITH ORDINALITY AS w(endpoint, golden, sequence, place)
    JOIN hub_delivery b ON b.golden_id = w.golden AND b.endpoint_id = w.endpoint AND b.state = 2
    JOIN hub_outboxevent x ON x.id = b.event_id AND x.sequence < w.sequence
    WHERE NOT EXISTS (
        SELECT 1 FROM hub_delivery l JOIN hub_outboxevent y ON y.id = l.event_id
        WHERE l.endpoint_id = w.endpoint AND l.golden_id = w.golden AND l.state = 1 AND y.sequence > x.sequence
          AND y.sequence < w.sequence AND split_part(y.type, '.', 1) = split_part(x.type, '.', 1))
"""
_LAST = """
    SELECT w.place::int, e.id, e.public_id, e.type, e.subject, e.sequence, e.time, e.golden_id, e.holders, e.data,
           e.trace
    FROM unnest(%b::bigint[], %b::int[], %b::text[]) WITH ORDINALITY AS w(golden, sequence, kind, place)
    CROSS JOIN LATERAL (
        SELECT * FROM hub_outboxevent e
        WHERE e.golden_id = w.golden AND e.sequence < w.sequence AND e.type LIKE w.kind || '.%%'
        ORDER BY e.sequence DESC LIMIT 1) e
    ORDER BY w.place
"""
