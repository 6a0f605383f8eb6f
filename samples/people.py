"""Who there is: households of persons, and the companies that some of them work for.

Household ── Place (now, before), landline, shared e-mail
  └─ Person ── names (born, married), birth date, e-mails, phones, loyalty card
Company ── Place, switchboard, tax id ── employees
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from samples import ids
from samples.dice import Draw, pick
from samples.lists import lines
from samples.names import GIVEN_BY_INITIAL, NICKNAMES, family_name, given_name
from samples.places import Place, landline, mobile, place

PROVIDERS = (
    "mail.example.com", "mail.example.com", "mail.example.com", "post.example.net", "inbox.example.org",
    "web.example.com", "freemail.example.net", "online.example.org", "me.example.com", "live.example.net",
)  # fmt: skip
_HANDLES = tuple(next(lines("handles.txt"))[0].split())
_FOLD = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ê": "e", "ë": "e", "à": "a", "â": "a", "ç": "c",
    "ï": "i",
     "î": "i", "ô": "o", "û": "u", "ù": "u", "ñ": "n", "á": "a", "ó": "o", "ı": "i", "ş": "s", "ğ": "g", "å": "a",
     " ": "", "'": "", "-": "", ".": ""}
)  # fmt: skip


@dataclass(slots=True)
class Company:
    number: int
    name: str
    where: Place
    switchboard: str
    domain: str
    tax_id: str
    employees: list[Person] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """``era`` times (``moved``, ``married``) are fractions of the sample's years; None: never."""

    number: int
    sex: str
    given: str
    nick: str
    middle: str
    family: str
    born_as: str
    suffix: str
    birth: str
    home: Place
    old_home: Place | None
    moved: float
    married: float
    mobile: str
    old_mobile: str
    landline: str
    email: str
    email2: str
    family_email: str
    twin: bool = False
    namesake: bool = False
    company: Company | None = None
    work_email: str = ""
    work_phone: str = ""
    tax_id: str = ""


@dataclass(slots=True)
class Block:
    """What one block of persons shares: who has been named and addressed already."""

    seed: int
    index: int
    blocks: int
    r: Draw
    taken: set[str] = field(default_factory=set)
    people: list[Person] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)


def populate(block: Block, *, first: int, count: int) -> None:
    """Fill the block with ``count`` persons numbered from ``first``, and with their companies."""
    while len(block.people) < count:
        _household(block)
    del block.people[count:]
    for offset, person in enumerate(block.people):
        person.number = first + offset
    _companies(block)


def _household(block: Block) -> None:
    r = block.r
    country = "US" if (c := r()) < 0.38 else "GB" if c < 0.62 else "DE" if c < 0.84 else "FR"
    home, family = place(r, country), family_name(r, country)
    old = place(r, country) if r() < 0.2 else None
    moved = 0.15 + 0.7 * r() if old else 0.0
    wire = landline(r, home) if r() < 0.62 else ""
    shared = (
        _address_of(block, pick(r, ("family", "familie", "the", "home")) + _plain(family), family) if r() < 0.35 else ""
    )
    shape = r()
    adults = 1 if shape < 0.42 else 2
    head_year = 1938 + int((r() + r()) / 2 * 66)
    sex = "m" if r() < 0.5 else "f"

    def person(sex: str, family: str, year: int) -> Person:
        return _person(block, country, sex, family, year, home, old, moved, wire, shared)

    head = person(sex, family, head_year)
    members = [head]
    if adults == 2:
        other = ("f" if sex == "m" else "m") if r() < 0.95 else sex
        name, spouse_family = r(), family_name(r, country)
        spouse = person(other, family if name < 0.72 else spouse_family, head_year + int(r() * 9) - 4)
        wife = spouse if other == "f" or sex == "m" else head
        if name < 0.72 and r() < 0.5:
            # Half of the weddings fall within the years that the records span.
            wife.born_as, wife.married = spouse_family, 0.1 + 0.8 * r()
            if r() < 0.12:
                wife.family = f"{family}-{spouse_family}"
        members.append(spouse)
    if shape > 0.68:
        members += _children(block, head, family, country, person)
    _tell_apart(r, members, country)
    block.people += members


def _tell_apart(r: Draw, members: list[Person], country: str) -> None:
    """Families do not give one name twice, but for sons named after their fathers."""
    named: set[str] = set()
    for person in members:
        while person.given in named and not person.namesake:
            person.given = given_name(r, country, person.sex)
            person.nick = pick(r, NICKNAMES.get(person.given, (person.given,)))
        named.add(person.given)


def _children(
    block: Block, head: Person, family: str, country: str, person: Callable[[str, str, int], Person]
) -> list[Person]:
    r = block.r
    born = int(head.birth[:4]) + 20 + int(r() * 16)
    found: list[Person] = []
    for _ in range(1 + int(r() * 2.4)):
        if born > 2010:  # children under sixteen are no customers
            break
        child = person("m" if r() < 0.5 else "f", family, born)
        if born < 2001 and r() < 0.6:  # grown up, and gone from home within or before the sample's years
            child.old_home, child.home, child.moved = child.home, place(r, country), r()
            child.landline = child.family_email = ""
        found.append(child)
        born += 1 + int(r() * 5)
    if found and r() < 0.11:
        one = found[0]
        initial = GIVEN_BY_INITIAL[country, one.sex].get(one.given[0], ())
        like = pick(r, initial) if initial and r() < 0.4 else given_name(r, country, one.sex)
        if like != one.given:
            twin = person(one.sex, family, int(one.birth[:4]))
            twin.given, twin.nick, twin.birth = like, pick(r, NICKNAMES.get(like, (like,))), one.birth
            one.twin = twin.twin = True
            found.append(twin)
    sons = [child for child in found if child.sex == "m" and not child.twin]
    if sons and head.sex == "m" and r() < (0.22 if country == "US" else 0.1):
        son = sons[0]
        son.given, son.nick, son.namesake, head.namesake = head.given, head.nick, True, True
        if country == "US":
            son.suffix, head.suffix = "Jr.", "Sr."
    return found


def _person(
    block: Block, country: str, sex: str, family: str, year: int, home: Place, old: Place | None,
    moved: float, wire: str, shared: str,
) -> Person:  # fmt: skip
    r = block.r
    given = given_name(r, country, sex)
    month = 1 + int(r() * 12)
    day = 1 + int(r() * (28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31))
    number = mobile(r, home)
    birth = f"{year}-{month:02d}-{day:02d}"
    return Person(
        number=-1, sex=sex, given=given, nick=pick(r, NICKNAMES.get(given, (given,))),
        middle=given_name(r, country, sex) if r() < (0.6 if country in ("US", "GB") else 0.2) else "",
        family=family, born_as="", suffix="", birth=birth, home=home, old_home=old, moved=moved, married=0.0,
        mobile=number, old_mobile=mobile(r, home) if r() < 0.2 else number, landline=wire,
        email=_address_of(block, given, family, birth), email2=_address_of(block, given, family,
        birth) if r() < 0.6 else "",
        family_email=shared,
    )  # fmt: skip


def _plain(name: str) -> str:
    return name.lower().translate(_FOLD)


def _address_of(block: Block, given: str, family: str, birth: str = "") -> str:
    """An e-mail address that nobody else has: its number is of the block's residue class, or its provider is."""
    r = block.r
    while True:
        first, last = _plain(given), _plain(family)
        style = r()
        if not birth:
            user = first
        elif style < 0.34:
            user = f"{first}.{last}"
        elif style < 0.46:
            user = f"{first[0]}{last}"
        elif style < 0.56:
            user = f"{first}{last}"
        elif style < 0.62:
            user = f"{last}.{first}"
        elif style < 0.70:
            user = f"{first}_{last[0]}"
        else:
            user = pick(r, _HANDLES) + pick(r, ("", "_", ".")) + pick(r, _HANDLES)
        if r() < 0.42:
            local = f"{pick(r, _HANDLES)}{block.index}" if block.index else pick(r, _HANDLES)
            domain = f"{local}.example.{pick(r, ('org', 'net'))}"
        else:
            domain = pick(r, PROVIDERS)
            if block.blocks == 1 and birth and r() < 0.4:
                user += birth[2:4] if r() < 0.7 else birth[:4]
            elif block.blocks > 1 or r() < 0.6:
                user += str(block.index + block.blocks * int(r() * 97))
        address = f"{user}@{domain}"
        if address not in block.taken:
            block.taken.add(address)
            return address


_TRADES = {
    "US": ("Supply", "Logistics", "Hardware", "Catering", "Dental", "Consulting", "Roofing", "Motors"),
    "GB": ("Engineering", "Joinery", "Catering", "Logistics", "Solicitors", "Motors", "Print", "Textiles"),
    "DE": ("Maschinenbau", "Logistik", "Elektrotechnik", "Bäckerei", "Sanitär", "Druck", "Möbel", "Bau"),
    "FR": ("Transports", "Menuiserie", "Boulangerie", "Informatique", "Imprimerie", "Bâtiment", "Conseil", "Textile"),
}
_FORMS = {"US": ("Inc.", "LLC", "Co."), "GB": ("Ltd", "PLC", "& Sons Ltd"), "DE": ("GmbH", "AG", "GmbH & Co. KG"),
          "FR": ("SARL", "SA", "SAS")}  # fmt: skip


def _companies(block: Block) -> None:
    """One company to about 28 persons; a third of the adults under 66 work for one of their country."""
    r = block.r
    by_country: dict[str, list[Company]] = {}
    for number in range(max(4, len(block.people) // 28)):
        country = ("US", "GB", "DE", "FR")[number % 4]
        name = f"{family_name(r, country)} {pick(r, _TRADES[country])} {pick(r, _FORMS[country])}"
        where = place(r, country)
        domain = f"{_plain(name.split(' ')[0])}-{block.index}-{number}.example.com"
        company = Company(number, name, where, landline(r, where), domain, ids.tax_id(r, country))
        by_country.setdefault(country, []).append(company)
        block.companies.append(company)
    for person in block.people:
        if "1960" < person.birth < "2007" and r() < 0.36:
            company = pick(r, by_country[person.home.country])
            person.company = company
            company.employees.append(person)
            person.work_email = f"{_plain(person.given)}.{_plain(person.family)}@{company.domain}"
            person.work_phone = company.switchboard
        elif r() < 0.06:
            person.tax_id = ids.tax_id(r, person.home.country)
