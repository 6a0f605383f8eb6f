"""People who live together: couples, three generations, flat-shares, twins, fathers and sons of one name."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from bench.second import phones
from bench.second.cultures import CULTURES, SHARES
from bench.second.people import NOW, Person
from bench.second.places import COUNTRIES, NATIVE, Address
from bench.second.words import Choice, pick
from bench.second.world import World

FOREVER = 9999.0
KINDS = Choice({"single": 36, "couple": 19, "family": 24, "parent": 6, "generations": 4, "flat": 7, "siblings": 4})
COUNTRY = Choice(COUNTRIES)
# At marriage, by country: takes the partner's name, joins both, keeps the own one.
MARRIAGE = {
    "US": (0.62, 0.12),
    "GB": (0.6, 0.13),
    "DE": (0.64, 0.1),
    "FR": (0.55, 0.12),
    "ES": (0.0, 0.0),
    "NL": (0.4, 0.25),
}
KEEPS_NAME = {"es", "vi", "zh"}
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
TITLES = ("Dr.", "Prof.", "Dr")


def birth(rng: Random, low: int, high: int) -> tuple[int, int, int]:
    """A day between the two years, both included; never 29 February."""
    month = 1 + int(rng.random() * 12)
    return low + int(rng.random() * (high - low + 1)), month, 1 + int(rng.random() * DAYS[month - 1])


def person(rng: Random, world: World, country: str, culture: str, sex: str, born: tuple[int, int, int]) -> Person:
    """Somebody new with a name of the culture, nothing else yet."""
    of = CULTURES[culture]
    if culture in ("tr", "ar") and born[0] < 1985 and rng.random() < 0.06:
        born = (born[0], 1, 1)  # registered without a day, as was common
    given = of.given(rng, sex, born[0])
    found = Person(world.next_truth(), sex, born, culture, country, given, of.for_sex(of.family(rng), sex))
    if culture == "es":
        found.second_family = of.family(rng)
    native = culture in ("us", "gb", "de", "fr", "nl")
    if native and rng.random() < (0.7 if culture in ("us", "gb") else 0.3):
        found.middle = of.given(rng, sex, born[0] - 20)
    _habits(rng, found)
    return found


def _habits(rng: Random, found: Person) -> None:
    names = CULTURES[found.culture].nicknames.get(found.given)
    if names and rng.random() < 0.42:
        found.called = pick(rng, names)
    elif rng.random() < 0.03 and found.middle:
        found.called = found.middle  # goes by the middle name
    found.title = pick(rng, TITLES) if rng.random() < 0.02 else ""
    older = max(0.0, found.age(NOW) - 45) / 60
    found.digital = min(0.95, max(0.1, rng.gauss(0.7 - older, 0.2)))
    found.private = rng.random() < 0.14


def household(rng: Random, world: World) -> list[Person]:
    """All persons of one household, with homes, telephones, mailboxes and cards."""
    country = COUNTRY.draw(rng)
    culture = SHARES[country].draw(rng)
    home = with_line(rng, world.places[country].address(rng))
    kind = KINDS.draw(rng)
    members = _members(rng, world, country, culture, kind)
    homes: list[tuple[float, Address]] = [(FOREVER, home)]
    if rng.random() < 0.26:
        before = with_line(rng, world.places[country].address(rng, home))
        homes.insert(0, (2012.5 + rng.random() * 13, before))
    for member in members:
        member.homes = list(homes)
        world.equip(rng, member)
    _drift_apart(rng, world, kind, members)
    _share(rng, world, kind, members)
    return members


def with_line(rng: Random, home: Address) -> Address:
    if rng.random() < 0.5:
        return replace(home, line=phones.landline(rng, home.country, home.area))
    return home


def _members(rng: Random, world: World, country: str, culture: str, kind: str) -> list[Person]:
    if kind == "single":
        return [person(rng, world, country, culture, pick(rng, "mf"), birth(rng, 1932, 2007))]
    if kind == "flat":
        crowd = range(2 + int(rng.random() * 3))
        return [
            person(rng, world, country, SHARES[country].draw(rng), pick(rng, "mf"), birth(rng, 1994, 2006))
            for _ in crowd
        ]
    if kind == "siblings":
        first = person(rng, world, country, culture, pick(rng, "mf"), birth(rng, 1950, 2002))
        return [first, _sibling(rng, world, first, twin=rng.random() < 0.35)]
    if kind == "parent":
        parent = person(rng, world, country, culture, "f" if rng.random() < 0.75 else "m", birth(rng, 1955, 1985))
        return [parent, *_children(rng, world, parent, parent, 1 + int(rng.random() * 2))]
    older = (1935, 1999) if kind == "couple" else (1950, 1984)
    if kind == "generations":
        older = (1938, 1958)
    he, she = _couple(rng, world, country, culture, older)
    if kind == "couple":
        return [he, she]
    children = _children(rng, world, he, she, 1 + int(rng.random() ** 2 * 3))
    if kind == "family" or not children:
        return [he, she, *children]
    young = _children(rng, world, children[0], children[0], 1 + int(rng.random() * 2))
    return [he, she, *children, *young]


def _couple(rng: Random, world: World, country: str, culture: str, years: tuple[int, int]) -> list[Person]:
    other = culture if rng.random() < 0.88 else SHARES[country].draw(rng)
    he = person(rng, world, country, culture, "m", birth(rng, *years))
    gap = int(rng.gauss(-2, 4))
    sex = "f"
    if rng.random() < 0.04:
        he.sex = sex = pick(rng, "mf")
        he.given = CULTURES[culture].given(rng, sex, he.born[0])
        he.family, he.called = CULTURES[culture].for_sex(he.family, sex), ""
    she = person(rng, world, country, other, sex, birth(rng, he.born[0] - gap, he.born[0] - gap))
    takes, joins = MARRIAGE[country]
    chance = rng.random()
    if she.culture in KEEPS_NAME or chance > takes + joins or she.family == he.family:
        return [he, she]
    theirs = CULTURES[he.culture].for_sex(he.family, she.sex)
    she.former_family, she.renamed = she.family, she.born[0] + 22 + rng.random() * 14
    if chance < takes:
        she.family = theirs
    elif country in ("NL", "DE") or rng.random() < 0.3:
        she.family = f"{theirs}-{she.former_family}"
    else:
        she.family = f"{she.former_family}-{theirs}"
    return [he, she]


def _children(rng: Random, world: World, he: Person, she: Person, count: int) -> list[Person]:
    """Children who are sixteen or older; younger ones are no customers."""
    found: list[Person] = []
    for _ in range(count):
        year = she.born[0] + 21 + int(rng.random() * 15)
        if year > 2009:
            continue
        child = person(
            rng,
            world,
            he.country,
            NATIVE[he.country] if rng.random() < 0.25 else he.culture,
            pick(rng, "mf"),
            birth(rng, year, year),
        )
        child.family = CULTURES[he.culture].for_sex(he.family, child.sex)
        child.second_family = she.family if he.second_family else ""
        if child.sex == "m" and he.sex == "m" and not found and rng.random() < 0.06:
            child.given, child.middle, child.called = he.given, he.middle, child.called and he.called
            if he.country in ("US", "GB") and he.culture in ("us", "gb", "es"):
                he.suffix, child.suffix = ("Jr", "III") if he.suffix or rng.random() < 0.12 else ("Sr", "Jr")
        _own_name(rng, child, [he, she, *found] if child.given != he.given else found)
        found.append(child)
        if rng.random() < 0.03:
            found.append(_sibling(rng, world, child, twin=True))
    return found


def _sibling(rng: Random, world: World, first: Person, *, twin: bool) -> Person:
    born = first.born if twin else birth(rng, first.born[0] - 6, min(2008, first.born[0] + 6))
    other = person(rng, world, first.country, first.culture, pick(rng, "mf"), born)
    _own_name(rng, other, [first])
    other.family = CULTURES[first.culture].for_sex(first.family, other.sex)
    other.second_family, other.suffix = first.second_family, ""
    return other


def _own_name(rng: Random, child: Person, relatives: list[Person]) -> None:
    """Another given name as long as a relative has this one: parents do not name two children alike."""
    while any(child.given == relative.given for relative in relatives):
        child.given, child.called = CULTURES[child.culture].given(rng, child.sex, child.born[0]), ""


def _drift_apart(rng: Random, world: World, kind: str, members: list[Person]) -> None:
    """Children leave, students move on, couples part: each has a home of their own from then on."""
    shared = members[0].homes[-1][1]
    for place, member in enumerate(members):
        leaves = 0.0
        if kind == "flat":
            leaves = 2019 + rng.random() * 8 if rng.random() < 0.6 else 0.0
        elif kind != "generations" and place >= (1 if kind in ("parent", "siblings") else 2):
            leaves = member.born[0] + 18 + rng.random() * 12 if rng.random() < 0.75 else 0.0
        elif kind in ("couple", "family") and place == 1 and rng.random() < 0.07:
            leaves = 2013 + rng.random() * 12
            if member.renamed and rng.random() < 0.3:
                member.family, member.former_family, member.renamed = member.former_family, member.family, leaves
        if 0 < leaves < NOW:
            there = member.country
            own = with_line(rng, world.places[there].address(rng, member.homes[-1][1]))
            member.homes = [(until, home) for until, home in member.homes if until < leaves]
            member.homes += [(leaves, shared), (FOREVER, own)]


def _share(rng: Random, world: World, kind: str, members: list[Person]) -> None:
    """One mailbox or one card for several, as older couples and parents of the young have."""
    if len(members) < 2 or kind == "flat":
        return
    first, second = members[0], members[1]
    older = first.age(NOW) > 58
    if kind in ("couple", "family", "generations"):
        if rng.random() < (0.34 if older else 0.13):
            shared = (
                world.mailboxes.household(rng, first)
                if rng.random() < 0.5
                else first.mails[-1][1]
                if first.mails
                else ""
            )
            first.shared_mail = second.shared_mail = shared
        if rng.random() < 0.1 and first.cards:
            second.shared_card = first.cards[-1]
    for child in members[2:] if kind != "parent" else members[1:]:
        if child.age(NOW) < 24 and rng.random() < 0.2 and first.mails:
            child.shared_mail = first.mails[-1][1]
