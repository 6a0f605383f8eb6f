"""The invariants of the hub, checked on the live database. Each breach names ids only.

Meant for a hub at rest: while messages wait, clusters may lag behind records. Everything is read in pages or in
columns, so that a million records take minutes and bounded memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hub.errors import Unavailable
from hub.invariants import audit, clusters, consent, events, history, ids, judgements, natives, privacy, records, values
from hub.invariants.breach import Breach

__all__ = ["CHECKS", "Breach", "breaches", "found_by"]

CHECKS: tuple[Callable[[], Iterator[Breach]], ...] = (
    records.nothing_lost,
    records.newest_version_stands,
    records.one_golden_record_each,
    clusters.online_equals_batch,
    values.follow_from_records,
    history.versions_follow_one_another,
    history.versions_point_at_messages,
    history.past_links_end_where_the_next_begins,
    values.follow_the_policy,
    consent.withdrawals_stand,
    judgements.keep_apart,
    judgements.are_well_formed,
    natives.ids_follow_from_native_ones,
    natives.spare_ids_are_spare,
    ids.answer_for_ever,
    ids.crosswalk_dangles_nowhere,
    ids.reviews_join_live_records,
    events.without_gaps,
    events.in_feed_order,
    events.of_the_retired_first,
    events.delivered_in_order,
    audit.chain_holds,
    privacy.the_ledger_was_followed,
    privacy.nothing_erased_is_held,
    privacy.nothing_refers_to_the_erased,
)


def breaches() -> Iterator[Breach]:
    """Every breach of every check."""
    for check in CHECKS:
        yield from found_by(check)


def found_by(check: Callable[[], Iterator[Breach]]) -> Iterator[Breach]:
    """The breaches that one check finds; that it came upon records which nobody can read any more is one."""
    try:
        yield from check()
    except Unavailable:
        yield Breach(9, "none", "Records whose key is destroyed are still here: an erasure is to be followed.")
