"""Invariant 9: what the erasure ledger names is nowhere any more."""

from __future__ import annotations

from collections.abc import Iterator

from hub import erasures, keyring
from hub.invariants.breach import Breach
from hub.sql import rows

# Where a source record is referred to by number, and must be one that is held. ``hub_review`` keeps 0 for one that was
# erased; messages keep nothing.
_REFERENCES = (
    ("hub_blockingkey", "record_id"), ("hub_consentstatement", "record_id"), ("hub_crosswalk", "record_id"),
    ("hub_pastlink", "record_id"), ("hub_nativelink", "record_id"), ("hub_edge", "a_id"), ("hub_edge", "b_id"),
    ("hub_judgement", "a_id"), ("hub_judgement", "b_id"), ("hub_pin", "record_id"),
    ("hub_prepared", "record_id"), ("hub_recordversion", "record_id"), ("hub_restriction", "record_id"),
    ("hub_inboxmessage", "record_id"),
)  # fmt: skip
_LISTS = (
    ("hub_goldenrecord", "holders", "public_id"), ("hub_goldenrecord", "last_members", "public_id"),
    ("hub_goldenversion", "holders", "golden_id"), ("hub_outboxevent", "holders", "public_id"),
    ("hub_privacyrequest", "records", "public_id"),
)  # fmt: skip


def the_ledger_was_followed() -> Iterator[Breach]:
    """9. This database has forgotten everything that the ledger says, and the ledger is the one that it followed."""
    position, store = erasures.applied()
    end = erasures.end()
    if position < end:
        yield Breach(9, "ledger", f"It names {end - position} erasures that this database has not followed yet.")
    if position > end:
        yield Breach(9, "ledger", f"It ends {position - end} erasures before those that this database followed.")
    if store is not None and bytes(store) != erasures.name():
        yield Breach(9, "ledger", "It is of another key store than the one that this database followed.")


def nothing_erased_is_held() -> Iterator[Breach]:
    """9. Of what the ledger names nothing is live or waits, its keys are destroyed, and its golden ids are gone."""
    position = 0
    while entries := erasures.after(position):
        position = entries[-1].position
        addresses = [address for entry in entries for address in entry.addresses]
        golden_ids = [golden_id for entry in entries for golden_id in entry.golden_ids]
        for table, what in (("hub_sourcerecord", "source record"), ("hub_inboxmessage", "inbox message")):
            for (number,) in rows(
                f"SELECT id FROM {table} WHERE address = ANY(%b::bytea[]) "
                f"{'AND status <> 0' if table == 'hub_inboxmessage' else ''} ORDER BY id",
                addresses,
            ):
                yield Breach(9, f"{what} {number}", "It is of a record that was erased.")
        if number_of_keys := keyring.usable(addresses):
            yield Breach(9, "key store", f"{number_of_keys} keys of erased records can still be used.")
        for public_id, state in rows(
            "SELECT public_id, state FROM hub_goldenrecord WHERE public_id = ANY(%b::text[]) AND state <> 2", golden_ids
        ):
            yield Breach(9, public_id, f"It was erased and does not say so (state {state}).")


def nothing_refers_to_the_erased() -> Iterator[Breach]:
    """9. No row names a source record that is not held: what was erased took every reference with it."""
    for table, column in _REFERENCES:
        for (record,) in rows(
            f"""
            SELECT DISTINCT t.{column} FROM {table} t WHERE t.{column} IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM hub_sourcerecord r WHERE r.id = t.{column}) LIMIT 100
            """
        ):
            yield Breach(9, f"record {record}", f"It is not held, and {table} names it.")
    for table, column, name in _LISTS:
        for public_id, record in rows(
            f"""
            SELECT t.{name}, x.id FROM {table} t CROSS JOIN LATERAL unnest(t.{column}) AS x(id)
            WHERE NOT EXISTS (SELECT 1 FROM hub_sourcerecord r WHERE r.id = x.id) LIMIT 100
            """
        ):
            yield Breach(9, f"{table} {public_id}", f"It names record {record}, which is not held.")
