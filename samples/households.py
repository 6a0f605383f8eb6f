"""Households: who lives together, who is whose child, who has whose name."""

from __future__ import annotations

from dataclasses import dataclass, field

from samples.companies import employ
from samples.dice import pick
from samples.names import GIVEN_BY_INITIAL, NICKNAMES, family_name, given_name
from samples.people import Block, Person, address_of, plain
from samples.places import Place, landline, mobile, place


@dataclass(frozen=True, slots=True)
class House:
    """What the members of a household share, and the given names that it has used up."""

    country: str
    family: str
    home: Place
    old_home: Place | None
    moved: float
    landline: str
    email: str
    named: set[str] = field(default_factory=set)


def populate(block: Block, *, first: int, count: int) -> None:
    """Fill the block with ``count`` persons numbered from ``first``, and with their companies."""
    while len(block.people) < count:
        block.people += _household(block)
    del block.people[count:]
    for offset, person in enumerate(block.people):
        person.number = first + offset
    employ(block)


def _household(block: Block) -> list[Person]:
    r = block.r
    country = "US" if (chance := r()) < 0.38 else "GB" if chance < 0.62 else "DE" if chance < 0.84 else "FR"
    family = family_name(r, country)
    home, old = place(r, country), place(r, country) if r() < 0.2 else None
    called = pick(r, ("family", "familie", "the", "home")) + plain(family)
    house = House(
        country, family, home, old, 0.15 + 0.7 * r() if old else 0.0, landline(r, home) if r() < 0.62 else "",
        address_of(block, called, family) if r() < 0.35 else "",
    )  # fmt: skip
    shape, sex = r(), "m" if r() < 0.5 else "f"
    head = _person(block, house, sex, family, 1938 + int((r() + r()) / 2 * 66))
    members = [head]
    if shape > 0.42:
        members.append(_spouse(block, house, head))
    if shape > 0.68:
        members += _children(block, house, head)
    return members


def _spouse(block: Block, house: House, head: Person) -> Person:
    r = block.r
    sex = ("f" if head.sex == "m" else "m") if r() < 0.95 else head.sex
    name, born_as = r(), family_name(r, house.country)
    year = int(head.birth[:4]) + int(r() * 9) - 4
    spouse = _person(block, house, sex, house.family if name < 0.72 else born_as, year)
    wife = spouse if sex == "f" or head.sex == "m" else head
    if name < 0.72 and r() < 0.5:
        # Half of the weddings fall within the years that the records span.
        wife.born_as, wife.married = born_as, 0.1 + 0.8 * r()
        if r() < 0.12:
            wife.family = f"{house.family}-{born_as}"
    return spouse


def _children(block: Block, house: House, head: Person) -> list[Person]:
    r = block.r
    born = int(head.birth[:4]) + 20 + int(r() * 16)
    found: list[Person] = []
    heir = head.sex == "m" and r() < (0.14 if house.country == "US" else 0.06)
    for _ in range(1 + int(r() * 2.4)):
        if born > 2010:  # children under sixteen are no customers
            break
        sex = "m" if r() < 0.5 else "f"
        if heir and sex == "m" and not head.namesake:
            child = _person(block, house, sex, house.family, born, given=head.given)
            child.namesake = head.namesake = True
            if house.country == "US":
                child.suffix, head.suffix = "Jr.", "Sr."
        else:
            child = _person(block, house, sex, house.family, born)
        if born < 2001 and r() < 0.6:  # grown up, and gone from home within or before the sample's years
            child.old_home, child.home, child.moved = child.home, place(r, house.country), r()
            child.landline = child.family_email = ""
        found.append(child)
        born += 1 + int(r() * 5)
    if found and not found[0].namesake and r() < 0.12:
        found.append(_twin(block, house, found[0]))
    return found


def _twin(block: Block, house: House, one: Person) -> Person:
    """Of the same sex, with another given name that often begins with the same letter."""
    r = block.r
    alike = [n for n in GIVEN_BY_INITIAL[house.country, one.sex].get(one.given[0], ()) if n not in house.named]
    given = pick(r, alike) if alike and r() < 0.4 else ""
    twin = _person(block, house, one.sex, house.family, int(one.birth[:4]), given=given, birth=one.birth)
    one.twin = twin.twin = True
    return twin


def _person(
    block: Block, house: House, sex: str, family: str, year: int, *, given: str = "", birth: str = ""
) -> Person:
    """A member; families give one name twice only where ``given`` says so (a son after his father)."""
    r = block.r
    country, home = house.country, house.home
    while not given:
        drawn = given_name(r, country, sex)
        given = "" if drawn in house.named else drawn
    house.named.add(given)
    if not birth:
        month = 1 + int(r() * 12)
        days = 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
        birth = f"{year}-{month:02d}-{1 + int(r() * days):02d}"
    number = mobile(r, home)
    return Person(
        number=-1, sex=sex, given=given, nick=pick(r, NICKNAMES.get(given, (given,))),
        middle=given_name(r, country, sex) if r() < (0.6 if country in ("US", "GB") else 0.2) else "",
        family=family, born_as="", suffix="", birth=birth, home=home, old_home=house.old_home, moved=house.moved,
        married=0.0, mobile=number, old_mobile=mobile(r, home) if r() < 0.2 else number, landline=house.landline,
        email=address_of(block, given, family, birth),
        email2=address_of(block, given, family, birth) if r() < 0.6 else "", family_email=house.email,
    )  # fmt: skip
