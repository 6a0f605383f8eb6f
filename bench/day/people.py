"""Customers, and what source systems say of them. Pure: a seed gives the same day each time.

Nobody here is a real person: names are drawn from short lists, numbers and addresses from reserved ranges.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.day.plan import HOUR

GIVEN = ("Alice", "Bob", "Charlie", "Dana", "Emil", "Farah", "Greta", "Hugo", "Ines", "Jonas", "Klara", "Luca", "Mara",
         "Nils", "Olga", "Pavel", "Rosa", "Sven", "Tilda", "Umar", "Vera", "Wanda", "Xenia", "Yusuf")  # fmt: skip
FAMILY = ("Meyer", "Schmidt", "Okafor", "Rossi", "Larsen", "Novak", "Silva", "Kowalska", "Dubois", "Haddad", "Jansen",
          "Keller", "Lindqvist", "Moreau", "Nakamura", "Oliveira", "Petrov", "Quinn", "Ricci", "Sato", "Turner", "Ueda",
          "Vogel", "Weber", "Young", "Ziegler")  # fmt: skip
STREETS = ("Lindenstr.", "Hauptstr.", "Am Markt", "Gartenweg", "Seeweg")
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sent:
    """One record as a source system sends it. ``at`` is the source's time, in simulated seconds since midnight; no two
    versions of one source id have the same."""

    source: str
    source_id: str
    at: float
    record: dict[str, Any]

    @property
    def deleted(self) -> bool:
        return bool(self.record.get("deleted"))


class Town:
    """``persons`` customers, drawn once; each system knows some of them, and each spells them its own way."""

    def __init__(self, seed: int, persons: int) -> None:
        self.seed = seed
        self.persons = persons
        self._versions = 0

    def record(self, source: str, person: int, at: float, dice: random.Random, *, prefix: str = "") -> Sent:
        """What ``source`` says of a person at some time of the day."""
        own = random.Random(f"{self.seed}/{person}")
        given, family = own.choice(GIVEN), own.choice(FAMILY)
        born = f"{own.randrange(1940, 2006)}-{own.randrange(1, 13):02d}-{own.randrange(1, 29):02d}"
        mail = f"{given}.{family}.{person}@mail.example.com".lower()
        self._versions += 1
        # Till time has seconds; the millionths only keep two versions of one record apart.
        when = MIDNIGHT + timedelta(seconds=int(at), microseconds=self._versions % 1_000_000)
        source_id = f"{prefix}{person}"
        said: dict[str, Any] = {
            "source_id": source_id,
            "name": {"given": given.upper() if dice.random() < 0.2 else given, "family": family},
            "occurred_at": when.isoformat().replace("+00:00", "Z"),
        }
        if dice.random() < 0.6:
            said["birth_date"] = born
        if dice.random() < 0.8:
            said["emails"] = [{"value": mail}]
        if dice.random() < 0.5:
            said["phones"] = [{"value": f"+4915123{400000 + person}"}]
        if dice.random() < 0.4:
            street = f"{own.choice(STREETS)} {own.randrange(1, 80)}"
            said["addresses"] = [{"street": street, "postal_code": f"1{own.randrange(1000, 9999)}", "country": "DE"}]
        if source == "ecommerce" and dice.random() < 0.4:
            state = dice.choice(["granted", "granted", "withdrawn"])
            said["consents"] = [{"purpose": "marketing", "channel": "email", "contact_point": mail, "state": state,
                                 "captured_at": said["occurred_at"]}]  # fmt: skip
        if dice.random() < 0.02:
            said["deleted"] = True
        return Sent(source, source_id, at, said)


def till(town: Town, store: int, seed: int, *, an_hour: float) -> Iterator[Sent]:
    """What one store sells, all day: its own regulars, a few strangers, and its till's time, which lags."""
    dice = random.Random(f"{seed}/store/{store}")
    regulars = [dice.randrange(town.persons) for _ in range(40)]
    at = dice.random() * HOUR / an_hour
    while at < 24 * HOUR:
        person = dice.choice(regulars) if dice.random() < 0.9 else dice.randrange(town.persons)
        late = dice.random() * 2 * HOUR if dice.random() < 0.05 else 0.0
        yield town.record("pos", person, max(0.0, at - late), dice, prefix=f"{store:03d}-")
        at += dice.expovariate(an_hour / HOUR)
