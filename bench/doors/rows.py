"""Customers written as a hub holds them, for benches that only read: ``python -m bench.doors.rows CUSTOMERS``.

Each row that a read touches is made as the hub makes it, a key for each record among it, and sealed as the hub seals:
source records, crosswalk, golden records, keys. What resolves or delivers (inbox, edges, prepared forms, events) is
left out, so that half a million take a minute and not the first load's many.
"""

from __future__ import annotations

import csv
import os
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AT_ONCE = 20_000
# So many of a hundred customers have a record in a second system.
TWICE = 25
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_CITIES = ("Leeds", "Berlin", "Lyon", "Madrid", "Torino", "Gent", "Graz", "Porto")
_GIVEN = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Klara", "Louis")


def profile(number: int, golden_id: str, systems: Sequence[str]) -> dict[str, Any]:
    """A golden profile (SHAPES: Golden profile), about 900 bytes as JSON."""
    word = f"{number * 2_654_435_761 % 2**32:08x}".translate(str.maketrans("0123456789", "ghijklmnop"))
    email = f"{word}{number}@example.com"
    return {
        "golden_id": golden_id, "kind": "person", "version": 1, "updated_at": "2026-01-01T00:00:00Z",
        "profile": {
            "name": {"given": _GIVEN[number % len(_GIVEN)], "family": word.title()},
            "birth_date": f"{1940 + number % 60}-{1 + number // 60 % 12:02}-{1 + number // 720 % 28:02}",
            "emails": [{"value": email, "type": "home", "primary": True}],
            "phones": [{"value": f"+4930{10_000_000 + number}", "primary": True}],
            "addresses": [{"street": f"{word.title()}str. {1 + number % 90}", "city": _CITIES[number % len(_CITIES)],
                           "postal_code": f"{10_000 + number % 89_999}", "country": "DE", "primary": True}],
            "identifiers": [{"type": "loyalty_id", "issuer": "club", "value": f"90{number:08}"}],
            "attributes": {"tier": ("gold", "silver", "none")[number % 3], "points_balance": number % 5000},
        },
        "crosswalk": [{"source_system": code, "source_id": f"{code}-{number:07}"} for code in systems],
        "consents": [{"purpose": "marketing", "channel": "email", "contact_point": email, "state": "granted",
                      "decided_by": f"cs_{golden_id[3:]}"}],
    }  # fmt: skip


def write(customers: int, crosswalk: Path, *, seed: int = 1) -> None:
    """All of them, into an empty hub; ``crosswalk`` gets ``source_system,source_id,golden_id``."""
    from django.db import transaction

    from hub.models import SourceSystem
    from hub.sql import rows

    dice = random.Random(seed)
    systems = dict(SourceSystem.objects.filter(code__in=("crm", "ecommerce")).values_list("code", "id"))
    with crosswalk.open("w") as out:
        links = csv.writer(out)
        links.writerow(("source_system", "source_id", "golden_id"))
        first = 1
        for start in range(0, customers, AT_ONCE):
            with transaction.atomic(), transaction.atomic(using="keystore"):
                first = _some(range(start, min(start + AT_ONCE, customers)), first, systems, dice, links)
    for table in ("hub_sourcerecord", "hub_goldenrecord"):
        rows(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        rows(f"ANALYZE {table}")
    rows("ANALYZE hub_crosswalk")


def _some(numbers: range, first: int, systems: dict[str, int], dice: random.Random, links: Any) -> int:
    """These customers; the id of the next record. ``first`` is that of their first."""
    from hub import keyring
    from hub.ids import new_id
    from hub.sealing import CANONICAL, GOLDEN, PROVENANCE, joint, seal
    from hub.sql import copy_rows
    from matching.jsontext import dumps

    records: list[tuple[Any, ...]] = []
    crosswalk: list[tuple[Any, ...]] = []
    goldens: list[tuple[Any, ...]] = []
    plan: list[tuple[int, str, list[tuple[int, str, bytes]]]] = []
    record = first
    for number in numbers:
        codes = ("crm", "ecommerce") if dice.randrange(100) < TWICE else ("crm",)
        own = [(record + i, code, keyring.address(code, f"{code}-{number:07}")) for i, code in enumerate(codes)]
        record += len(own)
        plan.append((number, new_id("gr"), own))
    keys = keyring.take([address for *_, own in plan for *_, address in own]).keys
    for number, golden_id, own in plan:
        said = profile(number, golden_id, [code for _, code, _ in own])
        body, key = dumps(said, sort=False), joint(keys[address] for *_, address in own)
        holders = [one for one, *_ in own]
        goldens.append((number + 1, golden_id, "person", "main", 0, 1, 1, seal(key, body, GOLDEN),
                        seal(key, b"{}", PROVENANCE), os.urandom(16), holders, holders, "record", "", [], MOMENT,
                        MOMENT))  # fmt: skip
        for one, code, address in own:
            canonical = seal(keys[address], b"{}", CANONICAL)
            records.append((one, address, systems[code], "person", MOMENT, os.urandom(16), canonical, False, one,
                            MOMENT, MOMENT))  # fmt: skip
            crosswalk.append((one, number + 1, MOMENT))
            links.writerow((code, f"{code}-{number:07}", golden_id))
    copy_rows(
        "COPY hub_sourcerecord (id, address, system_id, kind, occurred_at, content_hash, canonical, deleted, "
        "message_id, first_seen_at, updated_at) FROM STDIN (FORMAT BINARY)",
        ("int8", "bytea", "int2", "varchar", "timestamptz", "bytea", "bytea", "bool", "int8", "timestamptz",
         "timestamptz"), records,
    )  # fmt: skip
    copy_rows("COPY hub_crosswalk (record_id, golden_id, linked_at) FROM STDIN (FORMAT BINARY)",
              ("int8", "int8", "timestamptz"), crosswalk)  # fmt: skip
    copy_rows(
        "COPY hub_goldenrecord (id, public_id, kind, scope, state, version, sequence, body, provenance, content_hash, "
        "holders, messages, cause_type, cause_ref, last_members, created_at, updated_at) FROM STDIN (FORMAT BINARY)",
        ("int8", "varchar", "varchar", "varchar", "int2", "int4", "int4", "bytea", "bytea", "bytea", "int8[]", "int8[]",
         "varchar", "text", "int8[]", "timestamptz", "timestamptz"), goldens,
    )  # fmt: skip
    return record


def main(argv: Sequence[str]) -> int:
    import django

    django.setup()
    from hub import policies

    policies.active()
    write(int(argv[0]), Path(argv[1]))
    return 0


def known(crosswalk: Path) -> Iterator[tuple[str, str, str]]:
    """(source system, source id, golden id) of each record that was written."""
    with crosswalk.open() as file:
        for row in csv.DictReader(file):
            yield row["source_system"], row["source_id"], row["golden_id"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
