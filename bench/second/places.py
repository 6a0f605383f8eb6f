"""Towns, villages and addresses of six countries, and how people write them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from bench.second.cultures import CULTURES
from bench.second.words import Skewed, groups, pick, sections, words

COUNTRIES = {"US": 34.0, "GB": 22.0, "DE": 17.0, "FR": 11.0, "ES": 9.0, "NL": 7.0}
NATIVE = {"US": "us", "GB": "gb", "DE": "de", "FR": "fr", "ES": "es", "NL": "nl"}
LETTERS = "ABCDEFGHJLNPQRSTUWXYZ"
UNIT_SHARE = {"US": 0.27, "GB": 0.22, "DE": 0.03, "FR": 0.2, "ES": 0.72, "NL": 0.18}


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives. ``line`` is the landline there, as (country, national digits, extension), or None."""

    country: str
    street: str
    number: str
    unit: str
    postal_code: str
    city: str
    region: str
    area: str
    line: tuple[str, str, str] | None = None


class Places:
    """Addresses of one country. Keeps a few buildings, so that families become neighbours behind one door."""

    def __init__(self, country: str) -> None:
        self.country = country
        file = f"places_{country.lower()}.txt"
        self.towns = [tuple(part.strip() for part in line.split("|")) for line in sections(file)["towns"]]
        self._town = Skewed([str(rank) for rank in range(len(self.towns))], steepness=0.8, shift=1)
        self._start, self._end = words(file, "village_start"), words(file, "village_end")
        self._codes = sections(file)["village_codes"][0].split()
        self._phones = sections(file)["village_phones"][0].split()
        self._street = Skewed(words(file, "streets"), steepness=0.6, shift=3)
        self._types = words(file, "street_types")
        self.short = groups(file, "short")
        self._buildings: list[Address] = []

    def address(self, rng: Random, near: Address | None = None) -> Address:
        """A home; with ``near``, four times in ten one in the same town."""
        if self._buildings and rng.random() < 0.09:
            door = pick(rng, self._buildings)
            return replace(door, unit=self._unit(rng), number=door.number)
        if near is not None and near.country == self.country and rng.random() < 0.4:
            city, area, region = near.city, near.area, near.region
            if self.country == "GB":
                postal = f"{near.postal_code.split()[0]} {self._inward(rng)}"
            else:
                postal = self._postal(rng, near.postal_code[:3])
        elif rng.random() < 0.58:
            city, prefixes, areas, region = self.towns[int(self._town.draw(rng))]
            postal, area = self._postal(rng, pick(rng, prefixes.split())), pick(rng, areas.split())
        else:
            city, postal, area, region = self._village(rng)
        found = Address(
            self.country,
            self.street(rng),
            self._number(rng),
            "",
            postal,
            city,
            region if rng.random() < 0.9 else "",
            area,
        )
        if rng.random() < UNIT_SHARE[self.country]:
            self._buildings.append(found)
            if len(self._buildings) > 300:
                self._buildings[int(rng.random() * 300)] = self._buildings.pop()
            return replace(found, unit=self._unit(rng))
        return found

    def _village(self, rng: Random) -> tuple[str, str, str, str]:
        """A village has one postal code district and one area code, the same each time it is drawn."""
        i, j, k = (int(rng.random() * n) for n in (len(self._start), len(self._end), 4))
        mixed = i * 31 + j * 17 + k * 101
        prefix, area = self._codes[mixed % len(self._codes)], self._phones[mixed % len(self._phones)]
        name = self._start[i] + self._end[j]
        if self.country == "GB":
            return name, f"{prefix}{mixed % 19 + 1} {self._inward(rng)}", area, ""
        if self.country == "NL":
            return name, f"{prefix}{mixed % 10} {pick(rng, LETTERS)}{pick(rng, LETTERS)}", area, ""
        return name, f"{prefix}{mixed * 7 % 100:02d}", area, ""

    def _postal(self, rng: Random, prefix: str) -> str:
        if self.country == "GB":
            return f"{prefix}{int(rng.random() ** 1.5 * 24) + 1} {self._inward(rng)}"
        if self.country == "NL":
            return f"{prefix}{int(rng.random() * 10)} {pick(rng, LETTERS)}{pick(rng, LETTERS)}"
        if self.country == "FR":
            return f"{prefix}{int(rng.random() * (20 if prefix == '750' else 9)) + 1:02d}"
        return f"{prefix}{int(rng.random() ** 1.3 * 60):02d}"

    @staticmethod
    def _inward(rng: Random) -> str:
        return f"{int(rng.random() * 9) + 1}{pick(rng, LETTERS)}{pick(rng, LETTERS)}"

    def street(self, rng: Random) -> str:
        """A street name in full."""
        if rng.random() < 0.5:
            return self._street.draw(rng)
        name, kind = CULTURES[NATIVE[self.country]].family(rng), pick(rng, self._types)
        if self.country in ("US", "GB"):
            way = pick(rng, ("N ", "S ", "E ", "W ")) if self.country == "US" and rng.random() < 0.2 else ""
            return f"{way}{name} {kind}"
        if self.country in ("FR", "ES"):
            given = CULTURES[NATIVE[self.country]].given(rng, "m", 1900)
            return f"{kind} {given} {name}" if rng.random() < 0.6 else f"{kind} {name}"
        return f"{name.split()[-1]}{kind}"

    def _number(self, rng: Random) -> str:
        size = 4000 if self.country == "US" and rng.random() < 0.6 else 140
        number = str(int(rng.random() ** 1.6 * size) + 1)
        if self.country == "DE" and rng.random() < 0.14:
            return number + pick(rng, "abcd")
        if self.country == "FR" and rng.random() < 0.08:
            return number + pick(rng, (" bis", " ter"))
        if self.country == "GB" and rng.random() < 0.05:
            return number + pick(rng, "AB")
        return number

    def _unit(self, rng: Random) -> str:
        n, letter = int(rng.random() ** 1.5 * 30) + 1, pick(rng, "ABCD")
        if self.country == "US":
            return f"{n}{letter}" if rng.random() < 0.4 else str(100 + n * 7)
        if self.country == "ES":
            return f"{n % 9 + 1}º {letter if rng.random() < 0.6 else pick(rng, ('izq', 'dcha'))}"
        if self.country == "NL":
            return pick(rng, ("-1", "-2", "-3", " hs", " bis", "A", "B", " II"))
        if self.country == "FR":
            return f"Apt {n}" if rng.random() < 0.6 else f"Bât {letter}"
        return str(n)


def every_country() -> dict[str, Places]:
    """Fresh places of each country, in a fixed order."""
    return {country: Places(country) for country in COUNTRIES}


def abbreviated(rng: Random, places: Places, street: str) -> str:
    """The street with its type shortened in one of the country's ways, where it has one."""
    for full, short in places.short.items():
        if full in street:
            return street.replace(full, pick(rng, short))
    return street


def written(rng: Random, places: Places, home: Address, *, shorten: float = 0.4) -> str:
    """The street line as somebody types it; ``shorten`` is how often street types are abbreviated."""
    street = abbreviated(rng, places, home.street) if rng.random() < shorten else home.street
    number = home.number if rng.random() > 0.015 else ""
    unit = home.unit if rng.random() > 0.22 else ""
    country = home.country
    if country == "US":
        mark = pick(rng, ("Apt ", "#", "Unit ", "Apt. ", "apt ")) if unit else ""
        return f"{number} {street}{', ' if unit and rng.random() < 0.4 else ' '}{mark}{unit}".strip()
    if country == "GB":
        flat = f"{pick(rng, ('Flat ', 'Flat ', 'Apartment ', 'Apt '))}{unit}{pick(rng, (', ', ' '))}" if unit else ""
        return f"{flat}{number} {street}"
    if country == "DE":
        if number and number[-1].isalpha() and rng.random() < 0.3:
            number = f"{number[:-1]} {number[-1]}"
        return f"{street} {number}{f' Whg. {unit}' if unit else ''}".strip()
    if country == "FR":
        line = f"{number}{',' if rng.random() < 0.25 else ''} {street}".strip(" ,")
        return f"{line} {unit}".strip() if rng.random() < 0.6 else f"{unit} {line}".strip()
    if country == "ES":
        joint = pick(rng, (", ", ", ", " ", " nº ", ", nº "))
        tail = pick(rng, (", ", " ", " - ")) + unit if unit else ""
        return f"{street}{joint if number else ''}{number}{tail}"
    if unit.startswith("-") and rng.random() < 0.3:
        unit = f" {unit[1:]}"
    return f"{street} {number}{unit}".strip()
