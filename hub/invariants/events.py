"""Invariant 8: the events of a golden id, in order and without gaps, in the feed and in what is delivered."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from hub import keyring
from hub.invariants.breach import Breach
from hub.sealing import EVENT
from hub.sql import rows

_PAGE = 5000


def without_gaps() -> Iterator[Breach]:
    """8. Sequence numbers of a golden id and positions of the feed have no gap."""
    for public_id, sequence, number, highest in rows(
        """
        SELECT g.public_id, g.sequence, count(e.id), coalesce(max(e.sequence), 0) FROM hub_goldenrecord g
        LEFT JOIN hub_outboxevent e ON e.golden_id = g.id
        GROUP BY g.id HAVING count(e.id) <> g.sequence OR coalesce(max(e.sequence), 0) <> g.sequence
                          OR coalesce(min(e.sequence), 1) <> 1
        """
    ):
        yield Breach(8, public_id, f"It counts {sequence} events; {number} are held, the last is {highest}.")
    for number, highest in rows("SELECT count(position), coalesce(max(position), 0) FROM hub_outboxevent"):
        if number != highest:
            yield Breach(8, "feed", f"It reaches position {highest} but holds {number} events.")


def in_feed_order() -> Iterator[Breach]:
    """8. Events of one golden id stand in the feed as they happened, and none before what it must come after."""
    for public_id, position in rows(
        """
        SELECT e.public_id, e.position FROM hub_outboxevent e
        JOIN hub_outboxevent earlier ON earlier.golden_id = e.golden_id AND earlier.sequence = e.sequence - 1
        WHERE e.position IS NOT NULL AND (earlier.position IS NULL OR earlier.position > e.position)
        """
    ):
        yield Breach(8, public_id, f"Its position {position} is before that of the event it follows.")
    for public_id, position, other in rows(
        """
        SELECT e.public_id, e.position, earlier.public_id FROM hub_outboxevent e
        CROSS JOIN unnest(e.after) AS a(golden_id)
        JOIN hub_outboxevent earlier ON earlier.golden_id = a.golden_id AND earlier.id < e.id
        WHERE cardinality(e.after) > 1 AND a.golden_id <> e.golden_id AND e.position IS NOT NULL
          AND (earlier.position IS NULL OR earlier.position > e.position)
        """
    ):
        yield Breach(8, public_id, f"Its position {position} is before that of {other}, which it must come after.")


def of_the_retired_first() -> Iterator[Breach]:
    """8. A merge waits for the events of every id that it retired."""
    last = 0
    while page := rows(
        "SELECT id, public_id, after, holders, data FROM hub_outboxevent WHERE type = 'golden.merged' AND id > %s "
        "ORDER BY id LIMIT %s",
        last,
        _PAGE,
    ):
        last = page[-1][0]
        data = keyring.unsealed([(holders, data) for *_, holders, data in page], EVENT)
        told = [
            (public_id, set(after), orjson.loads(said).get("merged_from", []))
            for (_, public_id, after, *_), said in zip(page, data, strict=True)
            if said is not None  # what an erasure made unreadable
        ]
        number_of = dict(
            rows("SELECT public_id, id FROM hub_goldenrecord WHERE public_id = ANY(%b::text[])",
                 sorted({name for *_, merged in told for name in merged}))
        )  # fmt: skip
        for public_id, after, merged in told:
            for name in merged:
                if number_of.get(name) not in after:
                    yield Breach(8, public_id, f"It says that {name} was merged and does not wait for its events.")


def delivered_in_order() -> Iterator[Breach]:
    """8. What an endpoint got of one golden id came in the order of the feed, each naming the one before it.

    A delivery that was tried before may come later than its followers: it was given up, and replayed. One that was
    made for a replay may come later than all that followed.
    """
    for (public_id,) in rows(
        """
        SELECT d.public_id FROM hub_delivery d JOIN hub_outboxevent e ON e.id = d.event_id
        WHERE (d.golden_id, d.position) IS DISTINCT FROM (e.golden_id, e.position)
        """
    ):
        yield Breach(8, public_id, "The delivery does not stand where its event does.")
    for public_id, said, before in rows(
        """
        SELECT * FROM (
            SELECT d.public_id, d.previous_sequence AS said,
                   lag(e.sequence) OVER (PARTITION BY d.endpoint_id, d.golden_id ORDER BY d.position) AS before
            FROM hub_delivery d JOIN hub_outboxevent e ON e.id = d.event_id
        ) o WHERE o.before IS NOT NULL AND o.said IS DISTINCT FROM o.before
        """
    ):
        yield Breach(8, public_id, f"The delivery names {said} as the one before it, which was {before}.")
    for public_id, other in rows(
        """
        SELECT d.public_id, later.public_id FROM hub_delivery d
        JOIN hub_delivery later ON later.endpoint_id = d.endpoint_id AND later.golden_id = d.golden_id
                                AND later.position > d.position
        WHERE d.state = 0 AND later.state = 1 AND d.replayed_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM hub_attempt t WHERE t.delivery_id = d.id)
        """
    ):
        yield Breach(8, public_id, f"The delivery was never tried, and {other}, which follows it, was delivered.")
