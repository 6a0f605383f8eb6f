"""What persons have in common: places, employers, stores, mailboxes; and what each is equipped with."""

from __future__ import annotations

from random import Random

from bench.second import phones
from bench.second.contacts import Firms, Mailboxes, tax_id
from bench.second.people import NOW, Person
from bench.second.places import COUNTRIES, Address, every_country
from bench.second.words import pick

STORES = 24  # for each country
FOREVER = 9999.0


class Store:
    """A shop with its own address and telephone, which clerks type when a customer gives none."""

    def __init__(self, code: str, home: Address, phone: phones.Phone) -> None:
        self.code, self.home, self.phone = code, home, phone


class World:
    """All that is shared, sized by the number of persons expected."""

    def __init__(self, rng: Random, persons: int) -> None:
        self.places = every_country()
        self.mailboxes = Mailboxes()
        self.firms = {
            country: Firms(rng, country, self.places[country], max(6, int(persons * share / 100 / 45)))
            for country, share in COUNTRIES.items()
        }
        self.stores = {country: [self._store(rng, country, n) for n in range(STORES)] for country in COUNTRIES}
        self._serial = 0
        self._given_up: list[phones.Phone] = []

    def _store(self, rng: Random, country: str, number: int) -> Store:
        home = self.places[country].address(rng)
        return Store(f"{country}{number + 1:03d}", home, phones.landline(rng, country, home.area))

    def next_truth(self) -> str:
        self._serial += 1
        return f"P{self._serial:07d}"

    def equip(self, rng: Random, person: Person) -> None:
        """Telephones, mailboxes, work, cards and a usual store."""
        home, age = person.homes[-1][1], person.age(NOW)
        if rng.random() > (0.3 if age > 78 else 0.04):
            if rng.random() < 0.3:
                old = self._new_mobile(rng, person.country, home)
                person.mobiles.append((2013 + rng.random() * 12, old))
                if rng.random() < 0.2:
                    self._given_up.append(old)
            person.mobiles.append((FOREVER, self._new_mobile(rng, person.country, home)))
        if rng.random() < 0.66 + person.digital * 0.34:
            if rng.random() < 0.3:
                family = person.former_family if person.former_family and rng.random() < 0.6 else person.family
                old_mail = self.mailboxes.personal(rng, person, family)
                person.mails.append((2013 + rng.random() * 12, old_mail))
            person.mails.append((FOREVER, self.mailboxes.personal(rng, person, person.family)))
            if rng.random() < 0.24:
                person.other_mail = self.mailboxes.personal(rng, person, person.family)
        if 20 < age < 66 and rng.random() < 0.28:
            self.firms[person.country].hire(rng, person)
        if rng.random() < 0.5:
            person.cards = [self.card(rng) for _ in range(2 if rng.random() < 0.12 else 1)]
        if rng.random() < 0.2:
            person.tax_id = tax_id(rng, person.country)
        person.store = int(rng.random() ** 1.4 * STORES)

    def _new_mobile(self, rng: Random, country: str, home: Address) -> phones.Phone:
        """A number; one in two hundred was somebody else's before."""
        if self._given_up and rng.random() < 0.005:
            again = pick(rng, self._given_up)
            if again[0] == country:
                return again
        del self._given_up[:-500]
        return phones.mobile(rng, country, home.area)

    @staticmethod
    def card(rng: Random) -> str:
        return f"29{int(rng.random() * 10**10):010d}"
