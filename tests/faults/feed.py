"""What a fault trial sends: customers of two systems in slices, with updates out of order and deletes among them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

Sent = tuple[str, dict[str, Any]]
GIVEN = ["Alice", "Bob", "Charlie", "Alicia", "Dana", "Emil", "Farah", "Greta"]
FAMILY = ["Meyer", "Mayer", "Schmidt", "Okafor", "Rossi", "Larsen"]
STREETS = ["Lindenstr.", "Hauptstr.", "Am Markt"]
PERSONS = 120


def slice_of(seed: int, number: int, *, size: int = 48) -> list[Sent]:
    """The records of one slice by (source code, canonical record); slices speak of the same persons."""
    dice = random.Random(f"{seed}/{number}")
    made: list[Sent] = []
    for place in range(size):
        person = dice.randrange(PERSONS)
        self_ = random.Random(f"{seed}/person/{person}")
        given, family = self_.choice(GIVEN), self_.choice(FAMILY)
        birth = f"19{self_.randrange(50, 99)}-{self_.randrange(1, 13):02d}-{self_.randrange(1, 29):02d}"
        street = f"{self_.choice(STREETS)} {self_.randrange(1, 60)}"
        record: dict[str, Any] = {
            "source_id": f"{person}-{dice.randrange(3)}",
            "name": {"given": given, "family": family if dice.random() < 0.9 else dice.choice(FAMILY)},
            "occurred_at": f"2026-01-{dice.randrange(1, 29):02d}T00:00:{dice.randrange(60):02d}Z",
            "attributes": {"place": f"{number}/{place}"},
        }
        if dice.random() < 0.7:
            record["birth_date"] = birth
        if dice.random() < 0.6:
            record["emails"] = [{"value": f"{given}.{family}{person}@mail.example.com".lower()}]
        if dice.random() < 0.5:
            record["phones"] = [{"value": f"+49151234{50000 + person}"}]
        if dice.random() < 0.5:
            record["addresses"] = [{"street": street, "postal_code": "10969", "country": "DE"}]
        if dice.random() < 0.08:
            record["deleted"] = True
        made.append((dice.choice(["crm", "pos"]), record))
    return made


def golden_state() -> dict[str, str]:
    """Clusters and their golden values: the members' addresses, and a hash of profile and consents. For a process
    with settings.

    The same in every hub that holds the same, whatever ids it gave.
    """
    from hub import selectors

    found: dict[str, str] = {}
    for body in selectors.golden_bodies():
        view = json.loads(body)
        members = [f"{linked['source_system']}:{linked['source_id']}" for linked in view["crosswalk"]]
        consents = [{k: v for k, v in said.items() if k != "decided_by"} for said in view["consents"]]
        values = json.dumps([view["profile"], consents], sort_keys=True).encode()
        found[" ".join(members)] = blake2b(values, digest_size=8).hexdigest()
    return found


def differences(found: dict[str, str], expected: dict[str, str]) -> Sequence[str]:
    """The clusters that only one of two states has, and those whose values differ."""
    return sorted(
        f"{members}: {found.get(members)} instead of {expected.get(members)}"
        for members in found.keys() | expected.keys()
        if found.get(members) != expected.get(members)
    )
