"""The columns of the flat form, and the pieces that several systems fill in alike."""

from __future__ import annotations

from random import Random

from bench.second import places, spelling
from bench.second.people import Person
from bench.second.places import Address
from bench.second.words import pick
from bench.second.world import World

COLUMNS = (
    "source_system", "source_id", "kind", "given_name", "middle_name", "family_name", "full_name", "birth_date",
    "email", "email2", "phone", "phone2", "street", "city", "region", "postal_code", "country", "loyalty_id", "tax_id",
    "company_name", "updated_at", "deleted", "gender", "preferred_store",
)  # fmt: skip
Row = dict[str, str]
NAMES_OF = {
    "US": ("USA", "United States", "US"), "GB": ("UK", "United Kingdom", "Great Britain", "England"),
    "DE": ("Germany", "Deutschland", "D"), "FR": ("France", "FRANCE", "F"), "ES": ("España", "Spain", "E"),
    "NL": ("Nederland", "Netherlands", "Holland"),
}  # fmt: skip
HOUSE_NAMES = ("Rose Cottage", "The Old School", "Ivy House", "The Willows", "Mill House", "Orchard View")


def stamp(when: float) -> str:
    """The moment as ISO 8601 in UTC; good enough a calendar for a time of change."""
    year, rest = int(when), (when % 1) * 365
    month, day = min(12, int(rest / 30.5) + 1), min(28, int(rest % 30.5) + 1)
    seconds = int(when * 1e7) % 86400
    return f"{year}-{month:02d}-{day:02d}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"


def address(rng: Random, world: World, row: Row, home: Address, *, plain: float, shorten: float, gaps: float) -> None:
    """Fills street, city, region, postal code and country, with slips; each of them is missing in a share ``gaps``."""
    place = world.places[home.country]
    if rng.random() > gaps:
        street = places.written(rng, place, home, shorten=shorten)
        if home.country == "GB" and rng.random() < 0.02:
            street = f"{pick(rng, HOUSE_NAMES)}, {home.street}"
        chance = rng.random()
        row["street"] = spelling.typo(rng, street) if chance < 0.035 else street
    if rng.random() > gaps:
        row["city"] = city(rng, home)
    if rng.random() > gaps:
        row["postal_code"] = postal_code(rng, home)
    if home.region and rng.random() < (0.75 if home.country == "US" else 0.15):
        row["region"] = home.region
    row["country"] = country(rng, home.country)
    if rng.random() < plain:
        german = float(rng.random() < 0.5)
        for field in ("street", "city"):
            if field in row:
                row[field] = spelling.unmarked(rng, row[field], german=german)


def city(rng: Random, home: Address) -> str:
    chance = rng.random()
    if chance < 0.025:
        return spelling.typo(rng, home.city)
    if chance < 0.05 and " " in home.city:
        return home.city.split()[0] if len(home.city.split()[0]) > 4 else home.city
    return home.city


def postal_code(rng: Random, home: Address) -> str:
    """The code, at times with a slip, without its space, or (US) without the leading zero a spreadsheet ate."""
    code, chance = home.postal_code, rng.random()
    if chance < 0.025:
        return spelling.slipped_digits(rng, code)
    if home.country in ("GB", "NL") and chance < 0.22:
        return code.replace(" ", "") if chance < 0.16 else code.lower()
    if code.startswith("0") and chance < 0.1:
        return code[1:]
    return f"{code}-{int(rng.random() * 9000) + 1000}" if home.country == "US" and chance > 0.94 else code


def country(rng: Random, code: str) -> str:
    chance = rng.random()
    if chance < 0.05:
        return ""
    return pick(rng, NAMES_OF[code]) if chance < 0.12 else code


def gender(rng: Random, person: Person, words: tuple[str, str]) -> str:
    """The word for the person's sex; one in a hundred is wrong."""
    return words[(person.sex == "f") != (rng.random() < 0.01)]


def store(rng: Random, world: World, person: Person) -> str:
    """The usual store's code, or at times another one."""
    stores = world.stores[person.country]
    return stores[person.store].code if rng.random() < 0.85 else pick(rng, stores).code


def card(rng: Random, person: Person) -> str:
    """A loyalty card of the person; the shared one of a couple as often as not."""
    if person.shared_card and rng.random() < 0.6:
        return person.shared_card
    return pick(rng, person.cards) if person.cards else person.shared_card


def day_first(born: tuple[int, int, int], joint: str = "/") -> str:
    return f"{born[2]:02d}{joint}{born[1]:02d}{joint}{born[0]}"


def month_first(born: tuple[int, int, int]) -> str:
    return f"{born[1]:02d}/{born[2]:02d}/{born[0]}"


def iso(born: tuple[int, int, int]) -> str:
    return f"{born[0]}-{born[1]:02d}-{born[2]:02d}"


def wrong_date(rng: Random, born: tuple[int, int, int], often: float) -> tuple[int, int, int]:
    """The date, in a share ``often`` with a slip: day or month or year off, or day and month turned round."""
    if rng.random() > often:
        return born
    year, month, day = born
    kind = rng.random()
    if kind < 0.3:
        return year + pick(rng, (-10, -1, 1, 1, 10)), month, day
    if kind < 0.5 and day <= 12:
        return year, day, month
    if kind < 0.75:
        return year, month, int(rng.random() * 28) + 1
    return year, month % 12 + 1, min(day, 28)
